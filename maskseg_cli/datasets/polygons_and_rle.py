"""COCO's outlines, polygons and RLE: checking them, and the pixels that they cover.

Polygons are rasterized by pycocotools, so that training and measuring agree on every pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.example import tighten
from maskseg_cli.detections import MaskCrop
from maskseg_cli.rle import counts_to_mask, rle_counts


def outline_problem(outline: Any, totals: tuple[int, int] | None, height: int, width: int) -> str | None:
    """The kind of problem (a key of `problems.KINDS`) of an outline in COCO's format, or None if it is sound.

    An outline without area is sound here; the arguments are those of `rle_problem`.
    """
    if isinstance(outline, list):
        sound = sound_polygons(outline, need_area=False)
        return None if sound and len(sound) == len(outline) else "outline"
    return rle_problem(outline, totals, height, width, need_area=False)


def sound_polygons(polygons: Sequence[Any], need_area: bool) -> list[Sequence[float]]:
    """The polygons of at least three points with finite coordinates and, if `need_area`, an area above zero."""
    return [one for one in polygons if is_polygon(one) and (not need_area or has_area(one))]


def is_polygon(polygon: Any) -> bool:
    """Whether this is x1 y1 x2 y2 ... of at least three points, all finite numbers."""
    if not isinstance(polygon, (list, tuple)) or len(polygon) < 6 or len(polygon) % 2:
        return False
    try:
        return math.isfinite(sum(polygon))
    except (TypeError, OverflowError):
        return False


def has_area(polygon: Sequence[float]) -> bool:
    """Whether the lines of a polygon enclose an area above zero."""
    xs, ys = polygon[::2], polygon[1::2]
    # Shoelace formula about the first point. Crossing lines may cancel out, which only a width and a height show.
    twice = sum(
        (xs[i - 1] - xs[0]) * (ys[i] - ys[0]) - (xs[i] - xs[0]) * (ys[i - 1] - ys[0]) for i in range(1, len(xs))
    )
    return abs(twice) > 1e-6 or not _on_one_line(xs, ys)


def _on_one_line(xs: Sequence[float], ys: Sequence[float]) -> bool:
    far = max(range(len(xs)), key=lambda i: (xs[i] - xs[0]) ** 2 + (ys[i] - ys[0]) ** 2)
    dx, dy = xs[far] - xs[0], ys[far] - ys[0]
    return all(abs(dx * (y - ys[0]) - dy * (x - xs[0])) < 1e-6 for x, y in zip(xs, ys, strict=True))


def rle_problem(rle: Any, totals: tuple[int, int] | None, height: int, width: int, need_area: bool) -> str | None:
    """The kind of problem (a key of `problems.KINDS`) of an RLE, compressed or not, or None if it is sound.

    Args:
        totals: what `rle_totals` yields for it.
        height, width: of its image, in pixels.
        need_area: an RLE without a pixel is a problem, too.
    """
    size = rle.get("size") if isinstance(rle, dict) else None
    if isinstance(size, list) and size != [height, width]:
        return "outline-size"
    if totals is None or not isinstance(size, list) or totals[0] != height * width:
        return "outline"
    return "outline" if need_area and totals[1] == 0 else None


def to_rle(outline: Any, height: int, width: int) -> dict[str, Any]:
    """A sound outline (polygons, counts or compressed RLE) as compressed RLE of this size, counts as bytes."""
    if isinstance(outline, list):
        merged: dict[str, Any] = coco_mask.merge(coco_mask.frPyObjects(outline, height, width))
        return merged
    counts = outline["counts"]
    if isinstance(counts, list):
        encoded: dict[str, Any] = coco_mask.frPyObjects(outline, height, width)
        return encoded
    return {"size": [height, width], "counts": counts.encode("ascii") if isinstance(counts, str) else counts}


def from_polygons(polygons: Sequence[Sequence[float]], height: int, width: int) -> MaskCrop:
    """The union of sound polygons, rasterized within their own bounds; the same pixels as at full size."""
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
    """The mask of a sound outline: polygons or RLE."""
    if isinstance(outline, dict):
        return counts_to_mask(rle_counts(outline), height, width)
    return from_polygons(outline, height, width)
