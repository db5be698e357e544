"""Names of temporary files and folders, and the removal of those that a killed process has left behind."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from maskseg_cli.media.cleanups import register_cleanup, unregister_cleanup
from maskseg_cli.media.file_lock import LOCK_SUFFIX, remove_stale_lock
from maskseg_cli.media.process_tag import is_gone, this_process

#: A temporary name; its group is the tag of the process that made it.
_TEMPORARY = re.compile(r"\.maskseg-([0-9a-f]{12}-\d+)-[0-9a-f]{8}(?:\.[.a-z]+)?")

#: Folders in which this process has looked for leftovers.
_cleaned: set[str] = set()


def temporary_name(suffix: str = "") -> str:
    """A new name for a temporary file: hidden, short, and with the tag of this process."""
    return f".maskseg-{this_process()}-{secrets.token_hex(4)}{suffix}"


def remove_leftovers(folder: Path) -> None:
    """Removes what killed processes have left in a folder: temporary files and locks. Each folder is done once.

    Files of processes that run, of other computers, and with other names are not touched.
    """
    key = os.path.abspath(folder)
    if key in _cleaned:
        return
    _cleaned.add(key)
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = [name for name in os.listdir(folder) if name.startswith(".")]
    for name in names:
        match = _TEMPORARY.fullmatch(name)
        if match is not None and is_gone(match[1]):
            _remove(Path(folder, name))
        elif name.endswith(LOCK_SUFFIX):
            with contextlib.suppress(OSError):
                remove_stale_lock(Path(folder, name))


def forget_cleaned() -> None:
    """Makes `remove_leftovers` look into each folder again, where another process has ended since."""
    _cleaned.clear()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yields a new folder for temporary files, which is removed at the end of the block, or by a later process."""
    base = Path(tempfile.gettempdir())
    remove_leftovers(base)
    folder = base / temporary_name()
    folder.mkdir(mode=0o700)

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    register_cleanup(remove)
    try:
        yield folder
    finally:
        remove()
        unregister_cleanup(remove)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
