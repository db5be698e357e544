"""Recognises pipes, sockets and devices, from which a read may never return."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def special_file_type(path: str | Path) -> str | None:
    """The type of what `path` names if it is neither file nor folder: "a pipe", "a socket" or "a device".

    Returns:
        None for a file, for a folder, and if nothing exists there.

    Raises:
        OSError: the system refuses to say.

    Example:
        >>> special_file_type("."), special_file_type("nothing-of-this-name")
        (None, None)
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return None
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
