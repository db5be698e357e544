"""Pixelation: a picture in large squares."""

from __future__ import annotations

import math

import cv2
import numpy as np

from maskseg_cli.drawing.effects.mattes import Picture

#: Side of a square at strength 1, as a share of the diagonal of the picture.
_SHARE = 0.015


def in_cells(picture: Picture, columns: int, rows: int, smooth: bool = False) -> Picture:
    """A picture of which only the mean of each cell is left.

    Args:
        picture: uint8 (H, W, 3), BGR.
        columns, rows: number of cells, at most one a pixel.
        smooth: cells run into each other.
    """
    height, width = picture.shape[:2]
    cells = (min(max(columns, 1), width), min(max(rows, 1), height))
    # INTER_AREA weighs pixels that two cells share
    means = cv2.resize(picture, cells, interpolation=cv2.INTER_AREA)
    if not smooth:
        return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    means = cv2.GaussianBlur(means, (0, 0), 0.8, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def pixelate(picture: Picture, strength: float = 1.0) -> Picture:
    """Squares whose side is 1.5 % of the diagonal at strength 1."""
    height, width = picture.shape[:2]
    side = max(2.0, _SHARE * strength * math.hypot(height, width))
    return in_cells(picture, math.ceil(width / side), math.ceil(height / side))
