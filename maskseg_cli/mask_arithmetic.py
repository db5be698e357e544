"""Masks together: the pixels that two share, and those that are in any, or in an odd number, of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskseg_cli.mask_crop import MaskCrop

#: Most pixels that are compared at once, so that two masks as large as a photo need no third one.
_AT_ONCE = 1 << 22


class Extent(NamedTuple):
    """A part of a picture: the first row and column in it, and the first behind it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def pixels(self) -> int:
        """How many pixels are in it."""
        return max(0, self.bottom - self.top) * max(0, self.right - self.left)


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


def extent(masks: Sequence[MaskCrop]) -> Extent:
    """The part of the picture in which the crops of masks, at least one, lie; empty crops do not count.

    Example:
        >>> extent([MaskCrop(0, 0, np.ones((1, 2), bool)), MaskCrop(1, 1, np.ones((1, 2), bool))])
        Extent(top=0, left=0, bottom=2, right=3)
    """
    filled = [mask for mask in masks if mask.bitmap.size] or list(masks[:1])
    return Extent(
        min(mask.top for mask in filled),
        min(mask.left for mask in filled),
        max(mask.top + mask.bitmap.shape[0] for mask in filled),
        max(mask.left + mask.bitmap.shape[1] for mask in filled),
    )


def unite(masks: Sequence[MaskCrop]) -> MaskCrop:
    """The union of masks, of which there is at least one.

    Example:
        >>> both = unite([MaskCrop(0, 0, np.ones((1, 2), bool)), MaskCrop(1, 1, np.ones((1, 2), bool))])
        >>> both.bitmap.astype(int).tolist()
        [[1, 1, 0], [0, 1, 1]]
    """
    return _combined(masks, np.logical_or)


def odd_pixels(masks: Sequence[MaskCrop]) -> MaskCrop:
    """The pixels that are in an odd number of masks, of which there is at least one: of a ring and its hole, the ring.

    Example:
        >>> ring = odd_pixels([MaskCrop(0, 0, np.ones((1, 4), bool)), MaskCrop(0, 1, np.ones((1, 2), bool))])
        >>> ring.bitmap.astype(int).tolist()
        [[1, 0, 0, 1]]
    """
    return _combined(masks, np.logical_xor)


def _combined(masks: Sequence[MaskCrop], operation: np.ufunc) -> MaskCrop:
    top, left, bottom, right = extent(masks)
    bitmap = np.zeros((bottom - top, right - left), bool)
    for mask in masks:
        if mask.bitmap.size:
            height, width = mask.bitmap.shape
            part = bitmap[mask.top - top : mask.top - top + height, mask.left - left : mask.left - left + width]
            operation(part, mask.bitmap, out=part)
    return MaskCrop(top, left, bitmap)
