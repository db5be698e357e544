"""Fits a picture into another size without distorting it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fit(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Scales a picture into width x height pixels, with black borders where the aspect ratios differ.

    Example:
        >>> fit(np.full((10, 40, 3), 255, np.uint8), 20, 20)[:, 0, 0].tolist().count(255)
        5
    """
    if image.shape[:2] == (height, width):
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    inner_width = min(width, max(1, round(image.shape[1] * scale)))
    inner_height = min(height, max(1, round(image.shape[0] * scale)))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    framed = np.zeros((height, width, image.shape[2]), np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    framed[top : top + inner_height, left : left + inner_width] = cv2.resize(
        image, (inner_width, inner_height), interpolation=method
    )
    return framed
