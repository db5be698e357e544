"""Whether two paths name the same file, one that exists or one that is still to be written."""

from __future__ import annotations

import os
from pathlib import Path


def same_file(a: str | Path, b: str | Path) -> bool:
    """Whether two paths lead to one file that exists: links and other spellings of its name included."""
    identity = file_identity(a)
    return identity is not None and identity == file_identity(b)


def file_identity(path: str | Path) -> tuple[int, int] | None:
    """Device and inode of a file or folder; None if there is none, or if the name is not possible for a file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a null character
        return None
    return status.st_dev, status.st_ino


def same_name(a: Path, b: Path) -> bool:
    """Whether two paths, which may not exist yet, name one file."""
    if os.path.abspath(a) == os.path.abspath(b):
        return True
    return fold_name(a) == fold_name(b) and ignores_case(a)


def fold_name(path: Path) -> str:
    """The absolute path without the difference of upper and lower case."""
    return os.path.abspath(path).casefold()


def ignores_case(path: Path) -> bool:
    """Whether the file system in which `path` would be created takes `A` and `a` for one name."""
    for folder in Path(os.path.abspath(path)).parents:
        other = folder.with_name(folder.name.swapcase()) if folder.name else folder
        if folder.exists() and other != folder:
            return other.exists() and other.samefile(folder)
    return os.name == "nt"
