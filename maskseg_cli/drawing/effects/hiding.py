"""Hides objects, so that nobody can be recognised: their grown masks show a few means of colour only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.mattes import Matte, Picture, blend
from maskseg_cli.drawing.effects.pixelate import in_cells
from maskseg_cli.frame import Frame

#: Cells along the longer side of an object at strength 1: of a head that fills a third of it, four are left.
CELLS = 12

#: A mask grows by this share of its longer side, which is about a cell and a half of the network's mask; and by at
#: least so many pixels.
GROWTH, LEAST_GROWTH = 0.06, 2

#: Longer side of the small mask with which growing is computed.
_SMALL = 96


@dataclass(frozen=True)
class HiddenObjects:
    """An effect that hides objects behind their own mean colours.

    The details cannot be restored from one picture: what is left of an object are the means of at most 12 x 12 cells at
    strength 1, and with `smooth` a blur over these.

    Args:
        smooth: a blur; otherwise squares.
        strength: 2 has half as many cells along each side.
        choose: the objects that are hidden.
        also: further masks that are hidden in a frame, such as of an object that was not found in it.
    """

    smooth: bool = True
    strength: float = 1.0
    choose: Choice = EVERYTHING
    also: Callable[[Frame], Iterable[MaskCrop]] = lambda frame: ()

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """See `Effect.__call__`."""
        masks = [*self.choose(detections).masks, *self.also(frame)]
        return hide(picture, masks, self.smooth, self.strength) if masks else picture


def hide(picture: Picture, masks: Iterable[MaskCrop], smooth: bool = True, strength: float = 1.0) -> Picture:
    """A copy of the picture with these objects hidden; see `HiddenObjects`."""
    result = picture.copy()
    for mask in masks:
        if not mask.bitmap.any():
            continue
        top, left, alpha = grown(mask, picture.shape[:2])
        region = (slice(top, top + alpha.shape[0]), slice(left, left + alpha.shape[1]))
        # From the picture itself, not from the result: what was hidden before is under it either way.
        part = np.ascontiguousarray(picture[region])
        longest = max(alpha.shape)
        cell = longest * strength / CELLS
        columns, rows = (max(1, round(side / cell)) for side in (alpha.shape[1], alpha.shape[0]))
        hidden = in_cells(part, columns, rows, smooth)
        result[region] = blend(np.ascontiguousarray(result[region]), hidden, alpha)
    return result


def grown(mask: MaskCrop, size: tuple[int, int]) -> tuple[int, int, Matte]:
    """The mask grown by `GROWTH` of its longer side, inside the picture.

    Args:
        mask: with at least one pixel.
        size: (height, width) of the picture.

    Returns:
        top and left of the matte in the picture, and the matte: 255 everywhere on the grown mask, fading beyond it.
    """
    height, width = mask.bitmap.shape
    longest = max(height, width)
    radius = max(LEAST_GROWTH, round(GROWTH * longest))
    scale = min(1.0, _SMALL / longest)
    # Whole cells of 1 / scale pixels, so that the small mask covers a known part of the picture.
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    hard = np.ascontiguousarray(mask.bitmap).view(np.uint8) * np.uint8(255)
    small = cv2.resize(hard, small_size, interpolation=cv2.INTER_AREA) > 0
    steps = [max(1, round(radius * cells / side)) for cells, side in zip(small_size, (width, height), strict=True)]
    fade = 1
    columns, rows = (step + fade for step in steps)
    padded = cv2.copyMakeBorder(small.astype(np.uint8) * 255, rows, rows, columns, columns, cv2.BORDER_CONSTANT)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * steps[0] + 1, 2 * steps[1] + 1))
    dilated = cv2.dilate(padded, kernel)
    # Size in the picture of the padding that was added around the small mask.
    beside, above = round(columns * width / small_size[0]), round(rows * height / small_size[1])
    full = cv2.resize(dilated, (width + 2 * beside, height + 2 * above), interpolation=cv2.INTER_LINEAR)
    alpha = cv2.convertScaleAbs(full, alpha=2)  # full cover up to the edge of the small mask's pixels
    top, left = mask.top - above, mask.left - beside
    cut_top, cut_left = max(0, -top), max(0, -left)
    bottom, right = min(size[0], top + alpha.shape[0]), min(size[1], left + alpha.shape[1])
    inside = alpha[cut_top : bottom - top, cut_left : right - left]
    return top + cut_top, left + cut_left, np.ascontiguousarray(inside, np.uint8)
