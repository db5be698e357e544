"""Signals that end a command, as exceptions: what tidies up after Ctrl-C tidies up after all of them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

#: The exit codes that a shell gives to a program stopped by Ctrl-C, by SIGTERM, and by the end of its terminal.
INTERRUPTED, TERMINATED, HUNG_UP = 130, 143, 129

#: What a program gets whose terminal is closed or whose SSH connection is lost; None on Windows, which has no such.
SIGHUP: int | None = getattr(signal, "SIGHUP", None)


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
    """What stands for a signal.

    Example:
        >>> exception_for(signal.SIGINT).__name__, exception_for(signal.SIGTERM).__name__
        ('KeyboardInterrupt', 'Terminated')
    """
    if number == SIGHUP:
        return HungUp
    return Terminated if number == signal.SIGTERM else KeyboardInterrupt


def is_heeded(number: int) -> bool:
    """Whether the program was not told to ignore a signal, as `nohup` tells, and as shells tell in the background."""
    return signal.getsignal(number) is not signal.SIG_IGN


def let_go_of_terminal() -> None:
    """Lets go to nowhere what would be said on a terminal that is gone: each word would be an error."""
    for descriptor in (1, 2):
        try:
            os.write(descriptor, b"")
        except OSError:
            with contextlib.suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """In this block SIGTERM and SIGHUP raise their exceptions, as Ctrl-C does anyway."""
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before: dict[int, Any] = {signal.SIGTERM: signal.signal(signal.SIGTERM, _raise)}
    if SIGHUP is not None and is_heeded(SIGHUP):
        before[SIGHUP] = signal.signal(SIGHUP, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _raise(number: int, _: object) -> NoReturn:
    if number == SIGHUP:
        let_go_of_terminal()
        # A shell passes on the one that it gets itself, so that a second is usual: it shall not disturb the tidying up.
        signal.signal(number, signal.SIG_IGN)
    raise exception_for(number)
