"""`MaskPictures`: a sink that writes a PNG of 16 bits for each picture, whose pixels are the numbers of objects."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.picture_annotations import PictureAnnotations
from maskseg_cli.export.scores import score_of
from maskseg_cli.frame import Frame

#: The largest number of 16 bits.
_MOST = 65535


class MaskPictures(PictureAnnotations):
    """Writes NAME.png: 0 is the background, each object has the `object` number of the table of objects, from 1.

    Where objects were tracked, the number is the id plus 1 instead, the same in all frames. A pixel belongs to one
    object only: of two that overlap the one with the better score is on top, of marked ones the smaller.
    """

    suffix = ".png"

    def convert(self, frame: Frame, detections: Detections) -> bytes:
        """The PNG."""
        numbers = instance_numbers(detections)
        if detections.tracker_id is not None and (detections.tracker_id < 0).any():
            self.note("Pictures of masks hold the ids of tracked objects: those without an id are left out of them.")
        elif np.count_nonzero(numbers) < int(detections.area.sum()):
            top = "smaller one" if np.isnan(detections.confidence).any() else "better score"
            self.note(f"In pictures of masks a pixel has one object: where two overlap, the {top} is on top.")
        if np.isnan(detections.confidence).any() and _hidden(numbers, detections):
            self.note("In pictures of masks, objects that lie wholly under others are missing.")
        if any(score_of(one) is None and not mask.area for one, mask in _rows(detections)):
            self.note("Pictures of masks have no place for boxes without an outline: they are left out.")
        done, data = cv2.imencode(".png", numbers)
        if not done:
            raise MasksegError(f"{frame.source}: the picture of masks cannot be encoded.")
        return data.tobytes()

    def encode(self, made: object, frame: Frame, path: Path, image: Path | None) -> bytes:
        """The PNG as it is."""
        assert isinstance(made, bytes)
        return made


class MaskFolder(MaskPictures):
    """The same for a data set: the pictures of masks are in the folder `masks`, the photos in `images` beside it."""

    annotations_in = "masks"
    pictures_in = "images"


def _rows(detections: Detections) -> Iterable[tuple[np.float32, MaskCrop]]:
    return zip(detections.confidence, detections.masks, strict=True)


def _hidden(numbers: NDArray[np.uint16], detections: Detections) -> bool:
    return len(np.unique(numbers[numbers > 0])) < int(np.count_nonzero(detections.area))


def instance_numbers(detections: Detections) -> NDArray[np.uint16]:
    """uint16 (H, W): the number of the object of each pixel, the better score on top; 0 is the background.

    Objects without a score are above those with one, the smaller on top.

    Of tracked objects it is the id plus 1, and those without an id are left out.

    Raises:
        MasksegError: a number does not fit 16 bits.
    """
    numbers = np.arange(1, len(detections) + 1)
    if detections.tracker_id is not None:
        numbers = detections.tracker_id.astype(np.int64) + 1
    if len(numbers) and numbers.max() > _MOST:
        raise MasksegError(f"Pictures of masks hold {_MOST} ids at most, and there are more.")
    canvas = np.zeros(detections.image_size, np.uint16)
    areas = np.where(np.isnan(detections.confidence), -detections.area, 0)
    for i in np.lexsort((areas, detections.confidence)).tolist():
        if numbers[i] > 0:
            mask = detections.masks[i]
            h, w = mask.bitmap.shape
            canvas[mask.top : mask.top + h, mask.left : mask.left + w][mask.bitmap] = numbers[i]
    return canvas
