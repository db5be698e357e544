"""Signals that end a command, as exceptions: code that cleans up after Ctrl-C cleans up after all of them."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

#: Exit codes of a program stopped by SIGINT, SIGTERM and SIGHUP, as shells report them.
INTERRUPTED, TERMINATED, HUNG_UP = 130, 143, 129

#: Sent when the terminal is closed or the SSH connection is lost; None on Windows, which does not have it.
SIGHUP: int | None = getattr(signal, "SIGHUP", None)

#: All signals that end a command.
SIGNALS: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM, *([] if SIGHUP is None else [SIGHUP]))

#: Seconds in which a second SIGHUP is taken for the same one.
_ECHO = 2.0


class Terminated(KeyboardInterrupt):
    """SIGTERM."""

    exit_code = TERMINATED


class HungUp(Terminated):
    """SIGHUP."""

    exit_code = HUNG_UP


def exit_code_of(stop: KeyboardInterrupt) -> int:
    """The exit code of a program that such an exception ends."""
    return stop.exit_code if isinstance(stop, Terminated) else INTERRUPTED


def exception_for(number: int) -> type[KeyboardInterrupt]:
    """The exception class for a signal.

    Example:
        >>> exception_for(signal.SIGINT).__name__, exception_for(signal.SIGTERM).__name__
        ('KeyboardInterrupt', 'Terminated')
    """
    if number == SIGHUP:
        return HungUp
    return Terminated if number == signal.SIGTERM else KeyboardInterrupt


def is_handled(number: int) -> bool:
    """Whether a signal is not ignored: `nohup` ignores SIGHUP, shells ignore SIGINT for programs in the background."""
    return signal.getsignal(number) is not signal.SIG_IGN


def redirect_lost_terminal() -> None:
    """Redirects stdout and stderr to the null device where their terminal is gone: each write would be an error."""
    for descriptor in (1, 2):
        try:
            os.write(descriptor, b"")
        except OSError:
            with contextlib.suppress(OSError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, descriptor)
                os.close(null)


class Received:
    """The signals of a block.

    Attributes:
        signal: number of the first one, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._hung_up = -math.inf

    def handle(self, number: int, _: FrameType | None) -> None:
        """Raises the exception for a signal; the handler of all of them."""
        if number == SIGHUP:
            redirect_lost_terminal()
            # Shells pass on the SIGHUP that they get, so that a second one is usual: it must not interrupt the
            # clean-up. A later one counts: C code may have lost the first exception.
            before, self._hung_up = self._hung_up, time.monotonic()
            if self._hung_up - before < _ECHO:
                return
        self.signal = self.signal or number
        raise exception_for(number)


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[Received]:
    """Makes SIGINT, SIGTERM and SIGHUP raise their exceptions in this block; yields what has come."""
    received = Received()
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():  # Python allows handlers in the main thread only
        for number in SIGNALS:
            if number == signal.SIGTERM or is_handled(number):
                before[number] = signal.signal(number, received.handle)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def exit_at_signals() -> None:
    """Makes signals end the process at once and without a traceback, while nothing has begun or all is done."""
    for number in SIGNALS:
        if is_handled(number):
            signal.signal(number, _exit)


def is_the_program() -> bool:
    """Whether this process is `maskseg`, and does not merely import its command line."""
    started = getattr(sys.modules.get("__main__"), "__spec__", None)
    if started is not None:
        return bool(started.name == "maskseg_cli.__main__")
    return os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0] == "maskseg"


def _exit(number: int, _: FrameType | None) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it is in the middle of a write, or gone
            stream.flush()
    os._exit(exit_code_of(exception_for(number)()))
