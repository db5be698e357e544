"""A smooth blur, as of a lens that focuses on the objects. What hides objects is in `hiding.py`."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.effects.mattes import Matte, Picture

#: Standard deviation of the blur at strength 1, as a share of the diagonal of the picture.
_SHARE = 0.012

#: The blur is computed at a size where its standard deviation is about so many pixels.
_SMALL_SIGMA = 2.5


def defocus(picture: Picture, matte: Matte, strength: float = 1.0) -> Picture:
    """Blurs what lies beside the objects; their own colours do not run into it.

    Args:
        picture: uint8 (H, W, 3), BGR.
        matte: uint8 (H, W): 255 on what stays sharp.
        strength: 1 is a standard deviation of 1.2 % of the diagonal.

    Returns:
        the blurred picture; what it shows under the matte is a continuation of the surroundings.
    """
    height, width = matte.shape
    sigma = _SHARE * strength * math.hypot(height, width)
    scale = min(1.0, _SMALL_SIGMA / max(sigma, 1e-3))
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = _shrunk(picture, small_size)
    free = 1 - _shrunk(matte, small_size).astype(np.float32) / 255
    # A mean weighted by what is free of objects; far inside of objects there is nothing, and any colour will do.
    weights = cv2.merge([free + 1e-3] * 3)
    weighted = cv2.multiply(small, weights, dtype=cv2.CV_32F)
    spread = max(sigma * scale, 0.3)
    blurred = cv2.GaussianBlur(weighted, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
    sums = cv2.GaussianBlur(weights, (0, 0), spread, borderType=cv2.BORDER_REPLICATE)
    mean = cv2.divide(blurred, sums, dtype=cv2.CV_8U)
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _shrunk(array: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Means of the pixels of each cell; halving first is ten times as fast as one step of another ratio."""
    while array.shape[1] >= 2 * size[0] and array.shape[0] >= 2 * size[1]:
        halved = (array.shape[1] // 2, array.shape[0] // 2)
        array = np.asarray(cv2.resize(array, halved, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.uint8)
