"""`MaskedEffect`: changes the objects of a picture, or everything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.mattes import Matte, Picture, blend, matte_of, region_of, with_objects
from maskseg_cli.frame import Frame

#: A part of a picture, its matte of objects, and the frame -> a new array: the same part, changed everywhere.
Change = Callable[[Picture, Matte, Frame], Picture]


@dataclass(frozen=True)
class MaskedEffect:
    """Changes the objects of a picture, or everything else, with smooth edges.

    Args:
        change: changes a whole picture; the matte says where it will be seen.
        on: "objects" or "background".
        choose: the objects that count.
    """

    change: Change
    on: str = "background"
    choose: Choice = EVERYTHING

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """See `Effect.__call__`. Where no object was chosen, the background is the whole picture."""
        masks = self.choose(detections).masks
        size = picture.shape[:2]
        matte = matte_of(masks, size)
        if self.on == "background":
            return with_objects(self.change(picture, matte, frame), picture, matte, masks)
        region = region_of(masks, size)
        if region is None:
            return picture
        result = picture.copy()
        part = np.ascontiguousarray(picture[region])
        seen = np.ascontiguousarray(matte[region])
        result[region] = blend(part, self.change(part, 255 - seen, frame), seen)
        return result
