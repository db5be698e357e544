"""`WorkQueue`: a bounded queue of calls in front of a few threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


class QueueFullError(Exception):
    """There is no place in the queue."""


class WorkQueue(Generic[Given, Result]):
    """Calls a function in threads, with several waiting values at once where it takes batches.

    Args:
        work: called with 1 to `batch` values; returns a result or an exception for each.
        threads: how many calls are made at the same time.
        places: values in work or waiting, at most.
        batch: values that one call gets, at most. A call never waits for a batch to become full.

    Example:
        >>> with WorkQueue(lambda values: [value + 1 for value in values], threads=1, places=2) as queue:
        ...     queue.submit(4).result()
        5
    """

    def __init__(
        self,
        work: Callable[[Sequence[Given]], Sequence[Result | Exception]],
        threads: int,
        places: int,
        batch: int = 1,
    ) -> None:
        self._work, self._places, self._batch = work, places, batch
        self._waiting: deque[tuple[Given, Future[Result]]] = deque()
        self._running = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._loop, name=f"maskseg-service-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def used(self) -> int:
        """Values in work or waiting."""
        with self._changed:
            return self._running + len(self._waiting)

    def submit(self, value: Given) -> Future[Result]:
        """Adds a value; cancelling the future before the call has begun frees its place.

        Raises:
            QueueFullError: all places are taken, or the queue is closed.
        """
        future: Future[Result] = Future()
        with self._changed:
            if self._closed or self._running + len(self._waiting) >= self._places:
                raise QueueFullError
            self._waiting.append((value, future))
            self._changed.notify()
        future.add_done_callback(self._forget)
        return future

    def close(self) -> None:
        """Cancels what waits, and ends the threads after the calls that they have begun."""
        with self._changed:
            self._closed = True
            waiting = [future for _, future in self._waiting]
            self._changed.notify_all()
        for future in waiting:
            future.cancel()
        for thread in self._threads:
            thread.join(timeout=10)

    def _forget(self, future: Future[Result]) -> None:
        if future.cancelled():
            with self._changed:
                self._waiting = deque(one for one in self._waiting if one[1] is not future)

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                taken = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                self._running += len(taken)
            # Outside the lock: the callbacks of a future take it.
            started = [one for one in taken if one[1].set_running_or_notify_cancel()]
            try:
                results: Sequence[Result | Exception] = self._work([value for value, _ in started]) if started else []
            except Exception as error:
                results = [error] * len(started)
            with self._changed:
                self._running -= len(taken)
            for (_, future), result in zip(started, results, strict=True):
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)
            taken, started, results = [], [], []  # no picture is kept while the thread waits

    def __enter__(self) -> WorkQueue[Given, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
