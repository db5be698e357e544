"""Signals that end a command, as exceptions: code that cleans up after Ctrl-C cleans up after all of them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

#: Exit codes of a program stopped by SIGINT, SIGTERM and SIGHUP, as shells report them.
INTERRUPTED, TERMINATED, HUNG_UP = 130, 143, 129

#: Sent when the terminal is closed or the SSH connection is lost; None on Windows, which does not have it.
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


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[None]:
    """Makes SIGTERM and SIGHUP raise their exceptions in this block, as SIGINT does anyway."""
    if threading.current_thread() is not threading.main_thread():  # Python allows handlers in the main thread only
        yield
        return
    before: dict[int, Any] = {signal.SIGTERM: signal.signal(signal.SIGTERM, _raise)}
    if SIGHUP is not None and is_handled(SIGHUP):
        before[SIGHUP] = signal.signal(SIGHUP, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _raise(number: int, _: object) -> NoReturn:
    if number == SIGHUP:
        redirect_lost_terminal()
        # Shells pass on the SIGHUP that they get, so that a second one is usual: it must not interrupt the clean-up.
        signal.signal(number, signal.SIG_IGN)
    raise exception_for(number)
