"""Folders on object storage or shared file systems, by an address such as s3://bucket/photos, with fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from maskseg_cli.errors import MasksegError, UsageError, last_line

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://\S")

#: Schemes whose paths begin with a slash.
_LOCAL = ("file", "local")


class StoragePath(PurePosixPath):
    """A path on a storage, whose text is the address.

    Example:
        >>> str(StoragePath("s3://bucket/a") / "b.jpg"), str(StoragePath("file:///tmp/a").parent)
        ('s3://bucket/a/b.jpg', 'file:///tmp')
    """

    def __str__(self) -> str:
        scheme, _, rest = super().__str__().partition(":/")
        return f"{scheme}://{'/' if scheme in _LOCAL else ''}{rest}"

    def __fspath__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[type[StoragePath], tuple[str]]:
        return StoragePath, (str(self),)


def is_storage(text: str | None) -> bool:
    """Whether a text is the address of a storage, and no path.

    Example:
        >>> is_storage("s3://bucket/photos"), is_storage("photos/"), is_storage("C:/photos")
        (True, False, False)
    """
    return text is not None and _ADDRESS.match(text) is not None


def open_storage(address: str) -> tuple[Any, str]:
    """The file system of fsspec for an address, and the path in it.

    Raises:
        UsageError: a package is missing, or there is no such storage.
    """
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise UsageError(f"{address} needs a Python package: {last_line(error)}") from error
    except ValueError as error:
        raise UsageError(f"{address} is on no storage that can be reached: {last_line(error)}") from error
    return system, str(path)


def list_folders(address: str, recursive: bool) -> Iterator[tuple[PurePosixPath, list[str]]]:
    """The files of a folder and of those below it, folder by folder in the order of their names; hidden ones left out.

    Yields:
        path of a folder below the address, and the names of its files, sorted; nothing for a folder that is not there.

    Raises:
        MasksegError: it cannot be read.
    """
    system, root = open_storage(address)
    waiting = [PurePosixPath()]
    while waiting:
        folder = waiting.pop()
        try:
            entries = system.ls(f"{root.rstrip('/')}/{folder}" if folder.parts else root, detail=True)
        except FileNotFoundError:
            continue
        except Exception as error:
            raise MasksegError(f"{address} cannot be read: {last_line(error)}") from error
        names = {entry["name"].rstrip("/").rpartition("/")[2]: entry["type"] for entry in entries}
        shown = sorted(name for name in names if name and not name.startswith("."))
        yield folder, [name for name in shown if names[name] == "file"]
        if recursive:
            waiting += [folder / name for name in reversed(shown) if names[name] == "directory"]
