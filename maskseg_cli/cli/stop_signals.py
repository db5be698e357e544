"""Ctrl-C and SIGTERM as a wish that is granted at a good moment; asked twice, at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from maskseg_cli.cli.main import INTERRUPTED, TERMINATED, Terminated


class StopSignals:
    """In its `with` block the first signal only sets `requested`; the second ends the program at once.

    So no half-written file is closed in the middle of a write, and the output made so far can be finished. When the
    block has ended, `raise_if_requested` turns the wish into the exception that `main` knows.

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
        """
        if self._signal is not None:
            raise Terminated if self._signal == signal.SIGTERM else KeyboardInterrupt

    def __enter__(self) -> StopSignals:
        if threading.current_thread() is threading.main_thread():  # only there handlers may be set
            for number in (signal.SIGINT, signal.SIGTERM):
                # A program started in the background ignores Ctrl-C, and shall go on doing so.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._signal is None:
            self._signal = number
            return
        try:
            self._at_once()
        finally:
            sys.stderr.flush()
            # The threads of TensorFlow and FFmpeg would be waited for by an ordinary exit.
            os._exit(TERMINATED if number == signal.SIGTERM else INTERRUPTED)
