"""Files with known names in a folder that others may write to: what lies there instead of a file is not followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, Any


def unlinked_size(path: Path) -> int:
    """The size of a file; 0: there is none. A link or a pipe in its place, which somebody has put there, is removed."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return 0
    if not stat.S_ISREG(status.st_mode):
        path.unlink()
        return 0
    return status.st_size


def open_unlinked(path: Path, mode: str) -> IO[Any]:
    """Opens a file, but not through a symbolic link, which could lead to any file of the user.

    Raises:
        OSError: it cannot be opened, or is a symbolic link.
    """
    return open(path, mode, opener=_not_following)


def _not_following(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)
