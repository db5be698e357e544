"""The folder of an inspection's results: checked before the work, written at its end."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.outputs import check_writable, refuse_inputs

#: Names of pictures that an inspection writes; only such ones of an earlier run are removed.
_PICTURE = re.compile(r"\d\d-[a-z0-9-]+\.(jpg|png)")


def check_folder(folder: Path, names: Sequence[str], overwrite: bool) -> None:
    """Checks that results can be written into a folder, which may not exist yet.

    Args:
        names: files that every run writes there, the page first.

    Raises:
        UsageError: it is a file.
        MasksegError: one of the files exists, and `overwrite` is False; or the folder cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; the pictures are written into a folder.")
    if not overwrite:
        _refuse_earlier(folder, names)
    check_writable(folder)


def _refuse_earlier(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        if os.path.lexists(folder / name):
            raise MasksegError(f"{folder / name} exists already: --overwrite replaces it.")


def write_folder(
    folder: Path, files: Mapping[str, bytes], inputs: list[Path], figures: str | None = None, overwrite: bool = False
) -> None:
    """Writes files into a folder in their order; pictures of an earlier run that are not among them are removed.

    Args:
        files: name -> content; the last one is the page, so that it is there only where all others are.
        inputs: files that must not be replaced.
        figures: the file, one of `files`, whose entry "files" names the pictures of a run; None: there are none.
        overwrite: replace files that exist.

    Raises:
        UsageError: one of the files is an input.
        MasksegError: one exists, and `overwrite` is False; or one cannot be written: none of those that are new stays.
    """
    refuse_inputs([folder / name for name in files], inputs)
    if not overwrite:
        _refuse_earlier(folder, files)
    earlier = set() if figures is None else _earlier_pictures(folder / figures)
    new: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            if not path.exists():
                new.append(path)
            write_atomic(path, data)
    except BaseException as error:
        for path in new:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise MasksegError(f"{error.filename or folder} cannot be written: {error.strerror or error}.") from error
        raise
    for name in earlier - files.keys():
        with contextlib.suppress(OSError):
            (folder / name).unlink(missing_ok=True)


def _earlier_pictures(figures: Path) -> set[str]:
    """Pictures that an earlier run wrote, by its own list; nothing where that cannot be read."""
    try:
        names = json.loads(figures.read_bytes())["files"]
        return {name for name in names if isinstance(name, str) and _PICTURE.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
