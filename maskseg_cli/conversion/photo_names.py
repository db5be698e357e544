"""Names of the photos of a data set, as converted annotations have them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from maskseg_cli.datasets.annotated_images import ImageRecord


def photo_names(records: Sequence[ImageRecord], folder: Path) -> list[str]:
    """The name of each photo, with forward slashes: as its annotations have it, but no whole path.

    A whole path becomes the path from the folder of the photos or, outside that, from the folder that has all those
    photos in it.

    Args:
        records: of the photos.
        folder: of the photos.

    Example:
        >>> records = [ImageRecord(1, Path("/data/x/a.jpg"), 4, 6, None, "/data/x/a.jpg")]
        >>> records += [ImageRecord(2, Path("b/c.jpg"), 4, 6, None, "b\\\\c.jpg")]
        >>> photo_names(records, Path("/data")), photo_names(records, Path("photos"))
        (['x/a.jpg', 'b/c.jpg'], ['a.jpg', 'b/c.jpg'])
    """
    base = folder.resolve()
    outside = {
        str(path.parent)
        for record in records
        if _is_whole(record.file_name) and not (path := Path(record.file_name)).is_relative_to(base)
    }
    common = Path(os.path.commonpath(outside)) if outside else base
    names = []
    for record in records:
        path = Path(record.file_name)
        if not _is_whole(record.file_name):
            names.append(record.file_name.replace("\\", "/"))
        else:
            names.append(path.relative_to(base if path.is_relative_to(base) else common).as_posix())
    return names


def _is_whole(name: str) -> bool:
    return os.path.isabs(name) or PurePosixPath(name).is_absolute()
