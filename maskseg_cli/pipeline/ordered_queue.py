"""`OrderedQueue`: results of calls in worker threads, taken in the order in which the calls were made."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class OrderedQueue(Generic[Item]):
    """Items whose calls are under way, with a limit on their number and on the bytes that they hold.

    Args:
        limit: calls beyond which `take` waits for the first one.
        budget: bytes beyond which `take` waits likewise.

    Example:
        >>> from maskseg_cli.pipeline.workers import Workers
        >>> queue = OrderedQueue[int](limit=3, budget=2**20)
        >>> with Workers(2) as workers:
        ...     for number in range(3):
        ...         queue.put(number, workers.submit(pow, number, 2))
        ...     [(item, future.result()) for item, future in queue.take(everything=True)]
        [(0, 0), (1, 1), (2, 4)]
    """

    def __init__(self, limit: int, budget: int) -> None:
        self._limit = limit
        self._budget = budget
        self._calls = 0
        self._bytes = 0
        self._waiting: deque[tuple[Item, Future[Any], int, int]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def bytes_in_flight(self) -> int:
        """Bytes of the items that have not been taken yet."""
        return self._bytes

    @property
    def first(self) -> Future[Any] | None:
        """The future that is taken next; None if there is none."""
        return self._waiting[0][1] if self._waiting else None

    def put(self, item: Item, future: Future[Any], size: int = 0, calls: int = 1) -> None:
        """Adds an item; never waits.

        Args:
            item: comes back from `take` with its future.
            size: bytes that it holds until it is taken.
            calls: how much it counts against `limit`; 0 for an item that needed no call.
        """
        self._waiting.append((item, future, size, calls))
        self._bytes += size
        self._calls += calls

    def take(self, everything: bool = False) -> Iterator[tuple[Item, Future[Any]]]:
        """Yields the items at the front whose calls have ended, and more as long as a limit is exceeded.

        Args:
            everything: yield all items.

        Yields:
            each item and its future, which is done.
        """
        while self._waiting:
            item, future, size, calls = self._waiting[0]
            full = self._calls > self._limit or self._bytes > self._budget
            if not (everything or full or future.done()):
                return
            concurrent.futures.wait([future])
            self._waiting.popleft()
            self._bytes -= size
            self._calls -= calls
            yield item, future
            del item, future  # an image is not kept until the next item is asked for
