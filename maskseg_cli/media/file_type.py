"""Names under which no file stands: pipes, sockets and devices, on which a reader may wait for ever."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def special_kind(path: str | Path) -> str | None:
    """What stands there if it is neither file nor folder, in words: "a pipe", "a socket", "a device".

    Returns:
        None for a file, a folder, and where there is nothing.

    Raises:
        OSError: the system does not tell.

    Example:
        >>> special_kind("."), special_kind("nothing-of-this-name")
        (None, None)
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
