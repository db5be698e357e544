"""Names of files that every file system takes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

#: Characters that some file system does not take in a name, and control characters.
_UNFIT = re.compile(r'[\x00-\x1f<>:"\\|?*]')


def fit_name(part: str) -> str:
    """A part of a path without the characters that some file system does not take.

    Example:
        >>> fit_name("http:"), fit_name("12:30 a?.jpg")
        ('http_', '12_30 a_.jpg')
    """
    return _UNFIT.sub("_", part)


def safe_path(name: str) -> PurePosixPath:
    """A name with folders as a path that stays below any folder, with characters that every file system takes.

    Example:
        >>> safe_path("../trip/a?.jpg").as_posix()
        'trip/a_.jpg'
    """
    parts = [fit_name(part) for part in name.split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*parts) if parts else PurePosixPath("frame")
