"""Ctrl-C and SIGTERM end a training run after the step at hand, with its state saved; a second one ends it at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class StopRequest:
    """Remembers the first SIGINT or SIGTERM inside its block.

    Attributes:
        signal: the signal's number, or None as long as none has come.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        # only a program's main thread may set handlers; elsewhere signals are not ours to catch
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        for caught, handler in self._before.items():
            signal.signal(caught, handler)
