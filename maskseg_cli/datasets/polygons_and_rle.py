"""COCO's outlines: is one sound, and which pixels does it cover.

Polygons are rasterized by pycocotools, so that training and measuring agree on every pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import tighten
from maskseg_cli.detections import MaskCrop


def sound_polygon(polygon: Any) -> bool:
    """Whether this is x1 y1 x2 y2 ... of at least three points, all finite, around an area above zero."""
    if not isinstance(polygon, (list, tuple)) or len(polygon) < 6 or len(polygon) % 2:
        return False
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in polygon):
        return False
    xs, ys = polygon[::2], polygon[1::2]
    # Shoelace formula about the first point. Crossing lines may cancel out, which only a width and a height show.
    twice = sum(
        (xs[i - 1] - xs[0]) * (ys[i] - ys[0]) - (xs[i] - xs[0]) * (ys[i - 1] - ys[0]) for i in range(1, len(xs))
    )
    if abs(twice) > 1e-6:
        return True
    return not _on_one_line(xs, ys)


def _on_one_line(xs: Sequence[float], ys: Sequence[float]) -> bool:
    far = max(range(len(xs)), key=lambda i: (xs[i] - xs[0]) ** 2 + (ys[i] - ys[0]) ** 2)
    dx, dy = xs[far] - xs[0], ys[far] - ys[0]
    return all(abs(dx * (y - ys[0]) - dy * (x - xs[0])) < 1e-6 for x, y in zip(xs, ys, strict=True))


def run_lengths(outline: dict[str, Any]) -> list[int]:
    """The counts of an RLE, compressed or not: runs of 0 and 1 in turn, down the columns.

    Raises:
        ValueError: they are no such counts.
    """
    counts = outline["counts"]
    if isinstance(counts, list):
        if not all(isinstance(count, int) and count >= 0 for count in counts):
            raise ValueError("counts are whole numbers from 0")
        return counts
    return _decompress(counts.encode("ascii") if isinstance(counts, str) else bytes(counts))


def _decompress(text: bytes) -> list[int]:
    """COCO's compressed counts: five bits a character, from the third on as differences to the last but one."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = character - 48
        if not 0 <= bits < 64:
            raise ValueError("a character that no RLE has")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            if counts[-1] < 0:
                raise ValueError("a run of negative length")
            value = shift = 0
    if shift:
        raise ValueError("cut off")
    return counts


def from_runs(counts: Sequence[int], height: int, width: int) -> MaskCrop:
    """The mask of run lengths that add up to height x width."""
    values = np.arange(len(counts)) % 2 == 1
    return MaskCrop.from_full(np.repeat(values, counts).reshape(width, height).T)


def from_polygons(polygons: Sequence[Sequence[float]], height: int, width: int) -> MaskCrop:
    """The union of sound polygons, rasterized within their own bounds; the same pixels as at full size."""
    from pycocotools import mask as coco_mask

    xs = [x for polygon in polygons for x in polygon[::2]]
    ys = [y for polygon in polygons for y in polygon[1::2]]
    # A margin of two pixels: the rasterizer rounds.
    left, top = max(0, math.floor(min(xs)) - 2), max(0, math.floor(min(ys)) - 2)
    right, bottom = min(width, math.ceil(max(xs)) + 2), min(height, math.ceil(max(ys)) + 2)
    if right <= left or bottom <= top:
        return MaskCrop(0, 0, np.zeros((0, 0), bool))
    shift: NDArray[np.float64] = np.array([left, top], np.float64)
    moved = [(np.asarray(polygon, np.float64).reshape(-1, 2) - shift).ravel().tolist() for polygon in polygons]
    runs = coco_mask.merge(coco_mask.frPyObjects(moved, bottom - top, right - left))
    return tighten(MaskCrop(top, left, coco_mask.decode(runs).astype(bool)))


def outline_mask(outline: Any, height: int, width: int) -> MaskCrop:
    """The mask of an outline that has been found sound: polygons or RLE."""
    if isinstance(outline, dict):
        return from_runs(run_lengths(outline), height, width)
    return from_polygons(outline, height, width)
