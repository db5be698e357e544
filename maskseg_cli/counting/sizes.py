"""`object_sizes`: area, length and width of each object, from its mask."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop


def object_sizes(detections: Detections) -> NDArray[np.float64]:
    """The size of each object in pixels, float64 (N, 3): area, length, width.

    The area is the number of pixels in the mask. Length and width are the sides of the smallest rectangle, turned as
    it may be, around all its pixels; the length is the longer one. All are 0 for an empty mask.
    """
    return np.array([_size(mask) for mask in detections.masks], np.float64).reshape(-1, 3)


def _size(mask: MaskCrop) -> tuple[float, float, float]:
    bitmap = mask.bitmap
    area = mask.area
    if not area:
        return 0.0, 0.0, 0.0
    # Only the first and last pixel of each row can be corners of the convex hull; each pixel is a square of side 1.
    rows = np.flatnonzero(bitmap.any(axis=1))
    left = bitmap[rows].argmax(axis=1)
    right = bitmap.shape[1] - bitmap[rows][:, ::-1].argmax(axis=1)
    columns = np.concatenate([left, left, right, right])
    corners = np.stack([columns, np.concatenate([rows, rows + 1, rows, rows + 1])], axis=1)
    (_, sides, _) = cv2.minAreaRect(corners.astype(np.float32))
    return float(area), max(sides), min(sides)
