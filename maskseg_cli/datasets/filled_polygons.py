"""Polygons whose corners are pixels and whose border belongs to them, as programs draw them with OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import tighten
from maskseg_cli.datasets.field_values import far_number
from maskseg_cli.detections import MaskCrop


def fill_polygons(
    outer: Sequence[Sequence[float]], holes: Sequence[Sequence[float]], height: int, width: int
) -> MaskCrop | None:
    """The pixels that `cv2.fillPoly` fills; corners are pixels, (0, 0) the first one, of which fractions are cut off.

    Args:
        outer: polygons x1, y1, x2, y2, ... whose union is the object, borders included.
        holes: polygons that are cut out of it, their borders included.
        height, width: of the picture, which cuts the polygons off.

    Returns:
        None if a polygon is broken or far outside the picture, or no pixel is left.
    """
    both = [*outer, *holes]
    if not outer or any(len(one) < 2 or len(one) % 2 or far_number(one, height, width) is not None for one in both):
        return None
    rings = [np.asarray(one, np.float64).astype(np.int32).reshape(-1, 2) for one in both]
    corners = np.concatenate(rings[: len(outer)])
    left, top = np.maximum(corners.min(axis=0), 0).tolist()
    right, bottom = np.minimum(corners.max(axis=0) + 1, (width, height)).tolist()
    if right <= left or bottom <= top:
        return None
    canvas: NDArray[np.uint8] = np.zeros((bottom - top, right - left), np.uint8)
    shift: Any = np.array([left, top], np.int32)
    for number, ring in enumerate(rings):
        # One call each: in one call, what two polygons share would be filled by neither.
        cv2.fillPoly(canvas, [ring - shift], 1 if number < len(outer) else 0)
    mask = tighten(MaskCrop(top, left, canvas.view(bool)))
    return mask if mask.bitmap.size else None
