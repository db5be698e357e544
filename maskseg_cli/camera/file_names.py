"""Names for new files, which overwrite nothing."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path


def dated_path(folder: Path, suffix: str) -> Path:
    """A new name with the date and time, such as `maskseg-20261120-171502.jpg`, in `folder`."""
    return unused_path(folder / f"maskseg-{time.strftime('%Y%m%d-%H%M%S')}{suffix}")


def unused_path(path: Path) -> Path:
    """`path`, or if it exists `name-2.ext`, `name-3.ext`, ...

    Example:
        >>> unused_path(Path("/nowhere/film.mp4")).as_posix()
        '/nowhere/film.mp4'
    """
    if not os.path.lexists(path):
        return path
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))
    return next(name for name in numbered if not os.path.lexists(name))
