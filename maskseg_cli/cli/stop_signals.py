"""`StopSignals`: Ctrl-C, SIGTERM and SIGHUP as a stop request; a second one ends the program at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

from maskseg_cli.cli.interrupts import (
    INTERRUPTED,
    SIGHUP,
    SIGNALS,
    TERMINATED,
    exception_for,
    is_handled,
    redirect_lost_terminal,
)
from maskseg_cli.media.cleanups import remove_unfinished
from maskseg_cli.stop_token import StopToken


class StopSignals(StopToken):
    """Defers SIGINT, SIGTERM and SIGHUP to a safe point; a second one exits at once. Use it in `with` blocks.

    In the block the first signal only requests a stop. So no half-written file is closed in the middle of a write, and
    the output made so far can be finished. After the block `raise_if_requested` raises the exception that `cli.main`
    turns into an exit code. SIGHUP, which says that the terminal is gone, never counts as the second one: it is sent by
    the shell and by the system, often both.

    Args:
        at_once: cleans up before the second signal ends the program; it must be short.

    Attributes:
        signal: number of the first signal, or None.

    Example:
        >>> with StopSignals() as stop:
        ...     stop.requested
        False
    """

    def __init__(self, at_once: Callable[[], object] = remove_unfinished) -> None:
        super().__init__()
        self.signal: int | None = None
        self._at_once = at_once
        self._before: dict[int, Any] = {}
        self._depth = 0

    @property
    def requested(self) -> bool:
        """Whether a signal came, or `request` was called."""
        # A signal handler must not take the lock of a `threading.Event`, which the interrupted code may hold.
        return self.signal is not None or super().requested

    def raise_if_requested(self) -> None:
        """Raises the exception for the signal that came.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            Terminated: SIGTERM.
            HungUp: SIGHUP.
        """
        if self.signal is not None:
            raise exception_for(self.signal)

    def __enter__(self) -> StopSignals:
        self._depth += 1
        # Python allows handlers in the main thread only.
        if self._depth == 1 and threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                # A program started in the background ignores Ctrl-C, one started by nohup SIGHUP: keep it so.
                if is_handled(number):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _handle(self, number: int, _: FrameType | None) -> None:
        if number == SIGHUP:
            redirect_lost_terminal()
        if self.signal is None or number == SIGHUP:
            self.signal = self.signal or number
            return
        try:
            self._at_once()
        finally:
            sys.stderr.flush()
            # An ordinary exit would wait for the threads of TensorFlow and FFmpeg.
            os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Defers signals to the end of the block, in which libraries are loaded: they lose or garble exceptions.

    Raises:
        KeyboardInterrupt: at the end of the block, where a signal came; see `StopSignals.raise_if_requested`.
    """
    with StopSignals() as stop:
        yield
    stop.raise_if_requested()
