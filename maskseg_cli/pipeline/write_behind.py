"""Drawing, encoding and writing results behind the network, with bounded memory and in order."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.disk_errors import is_disk_unwritable
from maskseg_cli.pipeline.ordered_queue import OrderedQueue
from maskseg_cli.pipeline.read_ahead import BUDGET
from maskseg_cli.pipeline.workers import Workers

Item = TypeVar("Item")


class WriteBehind(Generic[Item]):
    """Results that are being prepared and written in threads.

    They are prepared (drawn and encoded) side by side, but written one after the other in the order of the items: what
    is on the disk when a run is killed is the beginning of the whole. After an error that ends all writing
    (`is_disk_unwritable`) nothing more is written.

    Args:
        workers: the threads.
        behind: so many items at most are under way.
        budget: bytes at most that they take together.

    Example:
        >>> written = []
        >>> with Workers(2) as workers:
        ...     results = WriteBehind(workers)
        ...     for item in "abc":
        ...         results.put(item, 1, lambda item=item: item.upper(), written.append)
        ...     for item, future in results.take(everything=True):
        ...         future.result()
        >>> written
        ['A', 'B', 'C']
    """

    def __init__(self, workers: Workers, behind: int = 4, budget: int = BUDGET) -> None:
        self._workers = workers
        self._queue: OrderedQueue[Item] = OrderedQueue(behind - 1, budget)
        self._last: Future[Any] | None = None
        self._stopped = False

    def put(self, item: Item, size: int, prepare: Callable[[], Any], write: Callable[[Any], Any]) -> None:
        """Begins to write an item's result; never waits, see `take`.

        Args:
            item: comes back from `take`.
            size: bytes that the item takes until it is written.
            prepare: called in a thread.
            write: called in a thread with what `prepare` returned, when all items before are written; what it
                returns is the future's result.
        """
        self._last = self._workers.submit(self._do, prepare, write, self._last)
        self._queue.put(item, self._last, size)

    def take(self, everything: bool = False) -> Iterator[tuple[Item, Future[Any]]]:
        """Yields the items that are done, in their order, and waits for more of them as long as too many are under way.

        Args:
            everything: wait for all.

        Yields:
            each item and its future, which is done.
        """
        return self._queue.take(everything)

    def _do(self, prepare: Callable[[], Any], write: Callable[[Any], Any], before: Future[Any] | None) -> Any:
        prepared = prepare()
        if before is not None:
            concurrent.futures.wait([before])
        if self._stopped:
            raise MasksegError("Nothing more can be written.")
        try:
            return write(prepared)
        except OSError as error:
            self._stopped = is_disk_unwritable(error)
            raise
