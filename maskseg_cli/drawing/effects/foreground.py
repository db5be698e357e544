"""The own colours of objects along their edges, where pixels show some of the background too."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.effects.mattes import Matte, Picture, region_of

#: Pixels around an edge pixel whose colours are averaged.
_REACH = 3


def own_colours(picture: Picture, matte: Matte, masks: Iterable[MaskCrop]) -> Picture:
    """Replaces the colours of pixels at edges by the mean of the whole object pixels near them.

    Args:
        picture: uint8 (H, W, 3), BGR; not changed.
        matte: uint8 (H, W), of these masks.
        masks: they say where to look.

    Returns:
        a copy; pixels whose matte is 0 or 255 are as they were, and so are those with no whole pixel near.
    """
    result = picture.copy()
    for mask in masks:
        region = region_of([mask], picture.shape[:2], _REACH + 1)
        if region is None:
            continue
        alpha = matte[region]
        edge = cv2.inRange(alpha, 1, 254)
        rows, columns = np.nonzero(edge)
        if not rows.size:
            continue
        whole = cv2.inRange(alpha, 255, 255)
        side = (2 * _REACH + 1, 2 * _REACH + 1)
        part = cv2.copyTo(np.ascontiguousarray(picture[region]), whole)
        sums = cv2.boxFilter(part, cv2.CV_16U, side, normalize=False, borderType=cv2.BORDER_REPLICATE)
        counts = cv2.boxFilter(whole // 255, cv2.CV_16U, side, normalize=False, borderType=cv2.BORDER_REPLICATE)
        count = counts[rows, columns].astype(np.float32)
        known = count > 0
        rows, columns, count = rows[known], columns[known], count[known]
        means = sums[rows, columns].astype(np.float32) / count[:, None]
        result[region][rows, columns] = np.rint(means).astype(np.uint8)
    return result
