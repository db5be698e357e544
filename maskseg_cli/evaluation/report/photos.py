"""`Photos`: reads those photos again that the report shows, and draws in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.picture_files import check_picture_size, find_photos
from maskseg_cli.datasets.polygons_and_rle import outline_mask
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.report.error_picture import Outlined, error_picture
from maskseg_cli.media.images import read_image
from maskseg_cli.pages.thumbnails import Thumbnail, thumbnail

#: Longer side of the pictures in pixels.
_SIDE = 640


class Photos:
    """The photos of a data set, read when they are drawn.

    Args:
        folder: of the photos; None: there are none.

    Attributes:
        missing: file names of photos that should have been drawn and could not be read, and why.
    """

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder)
        self.missing: dict[str, str] = {}

    @property
    def known(self) -> bool:
        """Whether there is a folder of photos at all."""
        return self._folder is not None

    def drawn(self, record: dict[str, Any], objects: Sequence[Outlined], caption: str) -> Thumbnail | None:
        """A photo with objects drawn in it; None where it cannot be read, which `missing` then says.

        Args:
            record: of the photo, with file_name, width and height.
            objects: in this photo.
            caption: below it.
        """
        if self._folder is None:
            return None
        try:
            image = self._read(self._folder, record)
        except (MasksegError, OSError) as error:
            self.missing[record["file_name"]] = str(error)
            return None
        return thumbnail(error_picture(image, objects, _SIDE), caption, side=0)

    def _read(self, folder: Path, record: dict[str, Any]) -> NDArray[np.uint8]:
        path = find_photos(folder, [record["file_name"]])[record["file_name"]]
        image = read_image(path)
        check_picture_size(path, image.shape, (record["height"], record["width"]))
        return image


def outlined(record: dict[str, Any], image: dict[str, Any], caption: str = "", wrong: bool = True) -> Outlined:
    """An annotation or a row of results as something to draw; a row of results has a score.

    Args:
        image: the record of its photo.
        caption, wrong: see `Outlined`.
    """
    outline = record.get("segmentation")
    mask = outline_mask(outline, image["height"], image["width"]) if outline else None
    return Outlined(record["bbox"], mask, "score" not in record, wrong, caption)
