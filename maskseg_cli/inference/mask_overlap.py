"""Masks inside parts of a picture, as views of their crops."""

from __future__ import annotations

from maskseg_cli.inference.tile_layout import Tile
from maskseg_cli.mask_arithmetic import shared_area, unite
from maskseg_cli.mask_crop import MaskCrop

__all__ = ["area_inside", "clip_mask", "shared_area", "unite"]


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
