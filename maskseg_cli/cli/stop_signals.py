"""Ctrl-C, SIGTERM and SIGHUP as a wish that is granted at a good moment; asked twice, at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from maskseg_cli.cli.interrupts import (
    INTERRUPTED,
    SIGHUP,
    TERMINATED,
    exception_for,
    is_heeded,
    let_go_of_terminal,
)


class StopSignals:
    """In its `with` block the first signal only sets `requested`; a second one ends the program at once.

    So no half-written file is closed in the middle of a write, and the output made so far can be finished. When the
    block has ended, `raise_if_requested` turns the wish into the exception that `main` knows. SIGHUP, which says that
    the terminal is gone, is never the second: it comes by itself after others, and from a shell as well as the system.

    Args:
        at_once: tidies up before the second signal ends the program; it must be short.

    Example:
        >>> with StopSignals() as stop:
        ...     stop.requested
        False
    """

    def __init__(self, at_once: Callable[[], object] = lambda: None) -> None:
        self._at_once = at_once
        self._signal: int | None = None
        self._before: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether the user wants to stop."""
        return self._signal is not None

    def raise_if_requested(self) -> None:
        """Raises what stands for the signal that came.

        Raises:
            KeyboardInterrupt: Ctrl-C.
            Terminated: SIGTERM.
            HungUp: SIGHUP.
        """
        if self._signal is not None:
            raise exception_for(self._signal)

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():  # only there handlers may be set
            for number in (signal.SIGINT, signal.SIGTERM, *([] if SIGHUP is None else [SIGHUP])):
                # A program started in the background ignores Ctrl-C, one started by nohup SIGHUP: so it stays.
                if is_heeded(number):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _handle(self, number: int, _: FrameType | None) -> None:
        if number == SIGHUP:
            let_go_of_terminal()
        if self._signal is None or number == SIGHUP:
            self._signal = self._signal or number
            return
        try:
            self._at_once()
        finally:
            sys.stderr.flush()
            # The threads of TensorFlow and FFmpeg would be waited for by an ordinary exit.
            os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)
