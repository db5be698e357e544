"""Translucent masks."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.drawing_options import Color


def draw_masks(canvas: NDArray[np.uint8], masks: Sequence[MaskCrop], colors: Sequence[Color], alpha: float) -> None:
    """Fills each object with its colour, in the order given: (1 - alpha) * picture + alpha * colour.

    Only the pixels of each crop are read or written; where masks overlap, the later one is drawn over the earlier one.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        masks: N crops inside the canvas.
        colors: N times (blue, green, red).
        alpha: 0..1.
    """
    if alpha <= 0:
        return
    for mask, color in zip(masks, colors, strict=True):
        height, width = mask.bitmap.shape
        if not mask.bitmap.size:
            continue
        region = canvas[mask.top : mask.top + height, mask.left : mask.left + width]
        # Two passes over bytes take a fraction of the time of a weighted sum with an image of one colour, if
        # the colour's share is in whole numbers (at most half a level off).
        blended = cv2.convertScaleAbs(region, alpha=1 - alpha)
        cv2.add(blended, np.rint([*(alpha * part for part in color), 0]), dst=blended)
        cv2.copyTo(blended, np.ascontiguousarray(mask.bitmap).view(np.uint8), region)
