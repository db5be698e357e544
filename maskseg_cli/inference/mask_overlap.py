"""Pixels that masks share, and their union, counted in the crops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskseg_cli.detections import MaskCrop
from maskseg_cli.inference.tile_layout import Tile

#: Most pixels that are compared at once, so that two masks as large as a photo need no third one.
_AT_ONCE = 1 << 22


def shared_area(a: MaskCrop, b: MaskCrop) -> int:
    """Number of pixels that belong to both masks.

    Example:
        >>> shared_area(MaskCrop(0, 0, np.ones((4, 4), bool)), MaskCrop(2, 3, np.ones((4, 4), bool)))
        2
    """
    top, left = max(a.top, b.top), max(a.left, b.left)
    bottom = min(a.top + a.bitmap.shape[0], b.top + b.bitmap.shape[0])
    right = min(a.left + a.bitmap.shape[1], b.left + b.bitmap.shape[1])
    if bottom <= top or right <= left:
        return 0
    step = max(1, _AT_ONCE // (right - left))
    return sum(
        int(
            np.count_nonzero(
                a.bitmap[y - a.top : y_end - a.top, left - a.left : right - a.left]
                & b.bitmap[y - b.top : y_end - b.top, left - b.left : right - b.left]
            )
        )
        for y, y_end in ((y, min(bottom, y + step)) for y in range(top, bottom, step))
    )


def area_inside(mask: MaskCrop, part: Tile) -> int:
    """Number of the mask's pixels inside a part of the picture."""
    return clip_mask(mask, part).area


def clip_mask(mask: MaskCrop, part: Tile) -> MaskCrop:
    """The mask inside a part of the picture, as a view."""
    height, width = mask.bitmap.shape
    top, left = max(mask.top, part.top), max(mask.left, part.left)
    bottom, right = min(mask.top + height, part.bottom), min(mask.left + width, part.right)
    bitmap = mask.bitmap[top - mask.top : max(top, bottom) - mask.top, left - mask.left : max(left, right) - mask.left]
    return MaskCrop(top, left, bitmap)


def unite(masks: Sequence[MaskCrop]) -> MaskCrop:
    """The union of masks, of which there is at least one.

    Example:
        >>> both = unite([MaskCrop(0, 0, np.ones((1, 2), bool)), MaskCrop(1, 1, np.ones((1, 2), bool))])
        >>> both.bitmap.astype(int).tolist()
        [[1, 1, 0], [0, 1, 1]]
    """
    filled = [mask for mask in masks if mask.bitmap.size] or list(masks[:1])
    top, left = min(mask.top for mask in filled), min(mask.left for mask in filled)
    bottom = max(mask.top + mask.bitmap.shape[0] for mask in filled)
    right = max(mask.left + mask.bitmap.shape[1] for mask in filled)
    bitmap = np.zeros((bottom - top, right - left), bool)
    for mask in filled:
        height, width = mask.bitmap.shape
        bitmap[mask.top - top : mask.top - top + height, mask.left - left : mask.left - left + width] |= mask.bitmap
    return MaskCrop(top, left, bitmap)
