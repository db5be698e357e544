"""The own colours of objects along their edges, where pixels show some of the background too."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.effects.mattes import Matte, Picture, region_of

#: Pixels around an edge pixel whose colours are averaged.
_REACH = 3

#: Of these, at least this many in 255 must belong to the object, or the mean would be too coarse.
_LEAST_SHARE = 25


def own_colours(picture: Picture, matte: Matte, masks: Iterable[MaskCrop]) -> Picture:
    """Replaces the colours of pixels at edges by the mean of the whole object pixels near them.

    Args:
        picture: uint8 (H, W, 3), BGR; not changed.
        matte: uint8 (H, W), of these masks.
        masks: they say where to look.

    Returns:
        a copy; pixels whose matte is 0 or 255 are as they were, and so are those with few whole pixels near.
    """
    result = picture.copy()
    region = region_of(masks, picture.shape[:2], _REACH + 1)
    if region is None:
        return result
    alpha = np.ascontiguousarray(matte[region])
    places = np.flatnonzero(np.asarray(cv2.inRange(alpha, 1, 254), np.uint8).view(bool))
    if not places.size:
        return result
    rows, columns = np.divmod(places, alpha.shape[1])
    whole = np.asarray(cv2.inRange(alpha, 255, 255), np.uint8)
    side = (2 * _REACH + 1, 2 * _REACH + 1)
    part = cv2.copyTo(picture[region], whole)
    # Means over all pixels around, those beside the object as black; its share makes them means over the object.
    means = cv2.blur(part, side, borderType=cv2.BORDER_REPLICATE)[rows, columns].astype(np.float32)
    shares = cv2.blur(whole, side, borderType=cv2.BORDER_REPLICATE)[rows, columns].astype(np.float32)
    known = shares >= _LEAST_SHARE
    colours = np.minimum(means[known] * (255 / shares[known, None]), 255)
    result[region][rows[known], columns[known]] = np.rint(colours).astype(np.uint8)
    return result
