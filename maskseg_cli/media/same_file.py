"""Whether two paths name the same file, one that exists or one that is still to be written."""

from __future__ import annotations

import os
from collections.abc import Iterable
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


def is_stream(path: Path) -> bool:
    """Whether a path is written to and not replaced: a device, a pipe, or an open file of this process.

    Example:
        >>> is_stream(Path("/dev/stdout")), is_stream(Path("stdout"))
        (True, False)
    """
    # The last kind may lead to an ordinary file: --json /dev/stdout > file.
    place = os.path.abspath(path)
    if place in ("/dev/stdout", "/dev/stderr") or os.path.dirname(place) in ("/dev/fd", "/proc/self/fd"):
        return True
    return path.exists() and not path.is_file() and not path.is_dir()


def same_name(a: Path, b: Path) -> bool:
    """Whether two paths, which may not exist yet, name one file."""
    return name_key(a) == name_key(b)


def name_key(path: Path) -> str:
    """A text that is equal for all names of one file, which may not exist yet.

    Links to folders are followed, and the difference of upper and lower case is left out where the file system does
    not make it. A link in the place of the file itself is not followed: writing replaces it.
    """
    return name_keys([path])[0]


def name_keys(paths: Iterable[Path]) -> list[str]:
    """`name_key` of each path; each folder is looked at once."""
    folders: dict[str, tuple[str, bool]] = {}
    keys = []
    for path in paths:
        folder = os.path.dirname(os.path.abspath(path))
        if folder not in folders:
            folders[folder] = os.path.realpath(folder), ignores_case(path)
        real, folds = folders[folder]
        key = os.path.join(real, path.name)
        keys.append(key.casefold() if folds else key)
    return keys


def ignores_case(path: Path) -> bool:
    """Whether the file system in which `path` would be created takes `A` and `a` for one name."""
    for folder in Path(os.path.abspath(path)).parents:
        other = folder.with_name(folder.name.swapcase()) if folder.name else folder
        if folder.exists() and other != folder:
            return other.exists() and other.samefile(folder)
    return os.name == "nt"
