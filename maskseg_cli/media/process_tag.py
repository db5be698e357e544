"""Names a process in a file's name, so that a later process can tell whether it still runs."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import socket
import sys
from pathlib import Path


def this_process() -> str:
    """The tag of this process: 12 hexadecimal digits for the computer and its start, and the number of the process.

    Example:
        >>> this_process().rpartition("-")[2] == str(os.getpid())
        True
    """
    return f"{_place()}-{os.getpid()}"


def is_gone(tag: str) -> bool:
    """Whether the process with a tag has ended for certain; False for one of another computer, which is not known."""
    place, _, number = tag.rpartition("-")
    here = _place()
    if place[:6] != here[:6]:
        return False
    return place != here or not process_exists(int(number))


def process_exists(number: int) -> bool:
    """Whether a process with this number runs on this computer."""
    if sys.platform == "win32":  # where os.kill would end the process
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, number)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return bool(kernel.GetLastError() == 5)  # it exists, and access is denied
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259  # STILL_ACTIVE
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to another user
        return True
    return True


@functools.cache
def _place() -> str:
    """Six hexadecimal digits for the computer (and container), and six for its last start where that is known."""
    names, start = [socket.gethostname()], ""
    with contextlib.suppress(OSError):
        names.append(os.readlink("/proc/self/ns/pid"))  # containers number their processes on their own
    with contextlib.suppress(OSError):
        start = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    return "".join(hashlib.sha256(text.encode()).hexdigest()[:6] for text in (" ".join(names), start))
