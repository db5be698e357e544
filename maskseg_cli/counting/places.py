"""Where objects are: the point of each that crosses lines and enters zones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop

#: The point of an object that counts: the centroid of its mask, or the middle of its lower edge.
Anchor = Literal["centre", "bottom"]


def object_places(detections: Detections, anchor: Anchor = "centre") -> NDArray[np.float64]:
    """The point of each object in pixels, float64 (N, 2) x y; (0, 0) is the picture's upper left corner.

    Args:
        anchor: "centre" is the centroid of the mask; "bottom" has its column, and the row below its lowest pixel. An
            object without mask has the same points of its box.
    """
    boxes = detections.xyxy.tolist()
    places = [_place(mask, box, anchor) for mask, box in zip(detections.masks, boxes, strict=True)]
    return np.array(places, np.float64).reshape(-1, 2)


def _place(mask: MaskCrop, box: Sequence[float], anchor: Anchor) -> tuple[float, float]:
    bitmap = mask.bitmap
    moments = cv2.moments(np.ascontiguousarray(bitmap).view(np.uint8), binaryImage=True) if bitmap.size else {"m00": 0}
    if not moments["m00"]:
        x1, y1, x2, y2 = box
        return (x1 + x2) / 2, (y2 if anchor == "bottom" else (y1 + y2) / 2)
    x = mask.left + moments["m10"] / moments["m00"] + 0.5
    if anchor == "bottom":
        return x, float(mask.top + np.flatnonzero(bitmap.any(axis=1))[-1] + 1)
    return x, mask.top + moments["m01"] / moments["m00"] + 0.5


def jitter_width(image_size: tuple[int, int]) -> float:
    """How many pixels a place may move by itself on a picture of (height, width): 0.5 % of the diagonal, at least 1.

    A track has crossed a line, or left a zone, when it is farther away than that.
    """
    return max(1.0, 0.005 * float(np.hypot(*image_size)))


def tracks_of(detections: Detections) -> list[int]:
    """The id of each object's track; -1 where it has none."""
    ids = detections.tracker_id
    return [-1] * len(detections) if ids is None else [int(number) for number in ids.tolist()]
