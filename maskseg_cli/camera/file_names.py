"""Names for new files, which overwrite nothing."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

from maskseg_cli.media.file_lock import lock_file


def dated_path(folder: Path, suffix: str) -> Path:
    """A new name with the date and time, such as `maskseg-20261120-171502.jpg`, in `folder`."""
    return unused_path(folder / f"maskseg-{time.strftime('%Y%m%d-%H%M%S')}{suffix}")


def unused_path(path: Path) -> Path:
    """`path`, or if it exists or another process writes it `name-2.ext`, `name-3.ext`, ...

    Example:
        >>> unused_path(Path("/nowhere/film.mp4")).as_posix()
        '/nowhere/film.mp4'
    """
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    names = itertools.chain([path], numbered)
    return next(name for name in names if not (os.path.lexists(name) or os.path.lexists(lock_file(name))))
