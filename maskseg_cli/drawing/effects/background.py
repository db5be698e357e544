"""Replaces the background, or the objects, by a colour, a picture, the frames of a video, a blur, or nothing."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.effects.backdrops import Backdrop
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.foreground import own_colours
from maskseg_cli.drawing.effects.mattes import Region, blend, matte_of, regions_of, with_objects
from maskseg_cli.frame import Frame


class Background:
    """An effect that shows a backdrop in place of the background, or in place of the objects.

    Args:
        backdrop: gives the new background of a frame; None: it becomes transparent, and the result is BGRA.
        on: "objects" or "background".
        choose: the objects that count.
    """

    def __init__(self, backdrop: Backdrop | None, on: str = "background", choose: Choice = EVERYTHING) -> None:
        self.backdrop, self.on, self.choose = backdrop, on, choose

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """See `Effect.__call__`."""
        masks = self.choose(detections).masks
        matte = matte_of(masks, picture.shape[:2])
        if self.on == "objects":
            matte = np.asarray(cv2.bitwise_not(matte), np.uint8)
            kept = picture
        else:
            # The edge of an object shows some of the old background, which would be a rim on the new one.
            kept = own_colours(picture, matte, masks)
        if self.backdrop is None:
            return with_alpha(kept, matte, None if self.on == "objects" else regions_of(masks, matte.shape))
        backdrop = self.backdrop(frame, picture, matte)
        if self.on == "objects":
            return blend(backdrop, kept, matte)
        return with_objects(backdrop, kept, matte, masks)


def with_alpha(
    picture: NDArray[np.uint8], alpha: NDArray[np.uint8], regions: Iterable[Region] | None = None
) -> NDArray[np.uint8]:
    """BGRA, black where it is wholly transparent, so that nothing of what is hidden there is left in a file.

    Args:
        picture: uint8 (H, W, 3), BGR.
        alpha: uint8 (H, W).
        regions: parts of the picture, which may overlap; beyond them alpha is 0, and nothing is computed. None: all of
            it.
    """
    result = np.zeros((*alpha.shape, 4), np.uint8)
    for region in [(slice(None), slice(None))] if regions is None else regions:
        shown = np.ascontiguousarray(alpha[region])
        coloured = cv2.merge([*cv2.split(np.ascontiguousarray(picture[region])), shown])
        result[region] = cv2.copyTo(coloured, shown)
    return result
