"""Keeps the stack on which a thread's signal handlers run, which OpenVINO's processor plugin replaces.

The plugin gives the thread that loads it an alternative signal stack (sigaltstack) and unmaps its memory when it is
unloaded, perhaps in another thread. The first thread would then crash at its next signal, such as Ctrl-C.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator


class _Stack(ctypes.Structure):
    """C's stack_t on Linux."""

    _fields_ = (("address", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


@contextlib.contextmanager
def kept_signal_stack() -> Iterator[None]:
    """After the block the calling thread has the signal stack from before it. Only Linux needs it."""
    if not sys.platform.startswith("linux"):
        yield
        return
    library = ctypes.CDLL(None)
    before = _Stack()
    known = library.sigaltstack(None, ctypes.byref(before)) == 0
    try:
        yield
    finally:
        if known:
            library.sigaltstack(ctypes.byref(before), None)
