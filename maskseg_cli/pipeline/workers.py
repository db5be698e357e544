"""`Workers`: threads that make calls, for reading, the network and writing."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")

#: Threads for reading, and as many for writing: decoding a large photo takes about as long as the network.
THREADS = min(4, max(2, (os.cpu_count() or 2) // 2))

#: Seconds that calls under way get to end.
_PATIENCE = 5.0

_Call = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Workers:
    """Threads that make calls, in the order of submission; use it in a `with` block.

    An error of a call waits in its future. The threads are daemons: one that waits for a dead network drive does not
    keep the program from ending, as the threads of `concurrent.futures` would.

    Args:
        threads: how many; with 0 each call is made at once, by the caller itself.

    Example:
        >>> with Workers(2) as workers:
        ...     [future.result() for future in [workers.submit(pow, 2, n) for n in range(4)]]
        [1, 2, 4, 8]
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"maskseg-worker-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Submits a call; the future gets its result or error."""
        future: Future[Result] = Future()
        if self._threads:
            self._calls.put((future, function, arguments))
        else:
            future.set_running_or_notify_cancel()
            try:
                future.set_result(function(*arguments))
            except Exception as error:  # Ctrl-C goes to the caller
                future.set_exception(error)
        return future

    def close(self, patience: float = _PATIENCE) -> None:
        """Cancels the calls that have not begun, and ends the threads.

        Args:
            patience: seconds for which calls under way are waited for. The program aborts when it ends while a thread
                is about to come back from a C++ library, as OpenCV is; one that has not come back by then is waiting
                for a device, and does no harm.
        """
        while True:
            try:
                call = self._calls.get_nowait()
            except queue.Empty:
                break
            if call is not None:
                _cancel(call[0])
        for _ in self._threads:
            self._calls.put(None)
        until = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            _make(*call)
            del call  # a photo is not kept until the next call comes


def _make(future: Future[Any], function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function(*arguments)
    except BaseException as error:  # raised again by the thread that waits for the future
        future.set_exception(error)
    else:
        future.set_result(result)


def _cancel(future: Future[Any]) -> None:
    if future.cancel():
        future.set_running_or_notify_cancel()  # wakes those who wait for it
