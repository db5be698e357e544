"""Outlines in COCO's form of the shapes that annotation tools have: ellipses, rotated boxes, polygons with masks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from maskseg_cli.datasets.polygons_and_rle import check_outline, from_polygons
from maskseg_cli.detections import MaskCrop
from maskseg_cli.mask_arithmetic import extent, unite
from maskseg_cli.rle import encode_rle

#: Corners of the polygon that stands for a circle or an ellipse.
_CORNERS = 72

#: What counts as a broken outline where it stands for one in COCO's format.
BROKEN = "a broken shape"

#: A mask with a box of more pixels is not decoded.
MOST_PIXELS = 2**28


def ellipse(x: float, y: float, rx: float, ry: float, angle: float = 0.0) -> list[float]:
    """The corners x1, y1, x2, y2 ... of a polygon for an ellipse.

    Args:
        x, y: its centre.
        rx, ry: half its axes.
        angle: by which it is turned, in radians, clockwise on the screen.
    """

    def corners() -> Iterator[float]:
        for corner in range(_CORNERS):
            turn = 2 * math.pi * corner / _CORNERS
            along, across = rx * math.cos(turn), ry * math.sin(turn)
            yield x + along * math.cos(angle) - across * math.sin(angle)
            yield y + along * math.sin(angle) + across * math.cos(angle)

    return list(corners())


def rotated_box(x1: float, y1: float, x2: float, y2: float, angle: float) -> list[float]:
    """The corners x1, y1, x2, y2 ... of a box that is turned about its centre.

    Args:
        angle: in radians, clockwise on the screen.
    """
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    corners = [(x - cx, y - cy) for x, y in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))]
    return [number for x, y in corners for number in (cx + x * cos - y * sin, cy + x * sin + y * cos)]


def joined(polygons: Sequence[list[float]], masks: Sequence[MaskCrop], size: tuple[int, int] | None) -> Any:
    """One object's polygons and masks as COCO's `segmentation`: its polygons, or an RLE where one of them is a mask.

    Args:
        size: height and width of the picture; None: unknown.

    Returns:
        `BROKEN` where a mask reaches over the edge of its picture, a polygon beside it is broken, or all of them
        together have more pixels than `MOST_PIXELS`.
    """
    if not masks:
        return list(polygons)
    if size is None:
        return BROKEN
    height, width = size
    if any(_reaches_out(mask, height, width) for mask in masks):
        return BROKEN
    parts = list(masks)
    if polygons:
        if check_outline(list(polygons), None, height, width, need_area=True).problem is not None:
            return BROKEN
        parts.append(from_polygons(polygons, height, width))
    if len(parts) > 1 and extent(parts).pixels > MOST_PIXELS:
        return BROKEN
    return encode_rle(parts[0] if len(parts) == 1 else unite(parts), height, width)


def _reaches_out(mask: MaskCrop, height: int, width: int) -> bool:
    h, w = mask.bitmap.shape
    return mask.top < 0 or mask.left < 0 or mask.top + h > height or mask.left + w > width
