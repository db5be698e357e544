"""A bounded queue between two threads that either side can end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Channel(Generic[Item]):
    """A queue of at most `capacity` items: `put` waits while it is full, iterating waits while it is empty.

    It ends in two ways. After `close` no items are added, and the reader still gets those inside. After `abort` both
    sides return at once, and the items inside are dropped. So neither side can wait for ever, as with `queue.Queue`.

    Args:
        capacity: items that may wait, at least 1.

    Example:
        >>> numbers = Channel(2)
        >>> numbers.put(1), numbers.put(2)
        (True, True)
        >>> numbers.close()
        >>> list(numbers)
        [1, 2]
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._aborted = False

    def put(self, item: Item) -> bool:
        """Adds an item, waiting for room.

        Returns:
            False if it was not added, because the channel was closed or aborted.
        """
        with self._changed:
            while len(self._items) >= self.capacity and not self._closed and not self._aborted:
                self._changed.wait()
            if self._closed or self._aborted:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def close(self) -> None:
        """Ends adding; the items inside can still be read."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Ends adding and reading, and drops the items inside."""
        with self._changed:
            self._aborted = True
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Item]:
        """The items in their order, until the channel is closed and empty, or aborted."""
        while True:
            with self._changed:
                while not self._items and not self._closed and not self._aborted:
                    self._changed.wait()
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
