"""COCO's outlines, polygons and RLE: checking them, and the pixels that they cover.

Polygons are rasterized by pycocotools, so that training and measuring agree on every pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.example import tighten
from maskseg_cli.datasets.field_values import FAR, far_number, is_number, shown, whole_number
from maskseg_cli.detections import MaskCrop
from maskseg_cli.rle import counts_to_mask, rle_counts

#: Pixels along the lines of an outline, above which it is refused: pycocotools takes 40 bytes for each.
_LONGEST = 10_000_000


class CheckedOutline(NamedTuple):
    """An outline after `check_outline`.

    Attributes:
        outline: what is sound of it: polygons, or an RLE of the image's size; None: nothing.
        problem: the kind of problem (a key of `problem_kinds.KINDS`), or None if all of it is sound.
        value: what is wrong, for the sentence about the problem.
    """

    outline: Any
    problem: str | None = None
    value: object = ""


def as_polygons(outline: Any) -> Any:
    """COCO's list of polygons [[x1, y1, x2, y2, ...], ...] for what programs write in its place.

    Known are one polygon without the outer list, points as pairs or as {"x": x, "y": y}, and lists that are nested once
    more; anything else comes back as it is.

    Example:
        >>> as_polygons([1, 2, 5, 2, 5, 6]), as_polygons([[[1, 2], [5, 2], [5, 6]]])
        ([[1, 2, 5, 2, 5, 6]], [[1, 2, 5, 2, 5, 6]])
    """
    if not isinstance(outline, list) or not outline:
        return outline
    if len(outline) < 3 or len(outline[0] if isinstance(outline[0], list) else outline) > 2:
        nested = (one[0] for one in outline if isinstance(one, list) and one)
        if isinstance(outline[0], list) and not any(isinstance(first, (list, dict)) for first in nested):
            return outline  # as nearly all are
    return list(_polygons(outline, _DEEPEST))


#: Lists may be nested so deep in an outline.
_DEEPEST = 6


def _polygons(outline: list[Any], depth: int) -> Iterator[Any]:
    points = [_point(one) for one in outline]
    if len(points) > 2 and all(point is not None for point in points):
        yield [number for point in points for number in point or ()]
    elif depth == 0 or not any(isinstance(one, list) for one in outline) or any(map(is_number, outline)):
        yield outline
    else:
        for one in outline:
            if isinstance(one, list):
                yield from _polygons(one, depth - 1)
            else:
                yield one


def _point(value: Any) -> list[Any] | None:
    """x and y, if this is a point by itself."""
    if isinstance(value, dict) and {"x", "y"} <= value.keys():
        return [value["x"], value["y"]]
    is_pair = isinstance(value, list) and len(value) == 2 and not any(isinstance(one, (list, dict)) for one in value)
    return value if is_pair else None


def check_outline(
    outline: Any, totals: tuple[int, int] | None, height: int, width: int, need_area: bool
) -> CheckedOutline:
    """Checks an outline in COCO's format, so that pycocotools can be given what is sound of it.

    Args:
        outline: polygons or RLE, as `as_polygons` leaves them.
        totals: what `rle_totals` yields for it.
        height, width: of its image, in pixels.
        need_area: polygons without area and an RLE without a pixel are a problem, too.
    """
    if not isinstance(outline, list):
        return _check_rle(outline, totals, height, width, need_area)
    sound: list[Sequence[float]] = []
    wild, item, odd = None, None, False
    for polygon in outline:
        if not isinstance(polygon, (list, tuple)):
            item = _item(polygon)
        elif (far := far_number(polygon, height, width)) is not None:
            wild = far
        elif len(polygon) > 6 and len(polygon) % 2:
            odd = True
        elif len(polygon) >= 6 and len(polygon) % 2 == 0 and (not need_area or has_area(polygon)):
            sound.append(polygon)
    if any(_is_long(polygon, height, width) for polygon in sound):
        return CheckedOutline(None, "outline-long")
    if wild is not None or item is not None:
        return CheckedOutline(sound or None, "outline-number" if item is None else "outline-item", item or wild)
    if not sound:
        return CheckedOutline(None, "outline" if odd else "outline-empty")
    return CheckedOutline(sound, "outline-part" if len(sound) < len(outline) else None)


def _item(value: Any) -> str:
    """Names what stands in the place of a polygon."""
    if isinstance(value, dict):
        return "run lengths (RLE)" if "counts" in value else f"the record {shown(value)}"
    kind = "the text " if isinstance(value, str) else "" if value is None else "the single value "
    return f"{kind}{shown(value)}"


def _is_long(polygon: Sequence[float], height: int, width: int) -> bool:
    """Whether the lines of a polygon have more pixels than can be rasterized."""
    if len(polygon) // 2 * (2 * FAR + 1) * max(height, width) <= _LONGEST:
        return False
    points = np.asarray(polygon, np.float64).reshape(-1, 2)
    return float(np.abs(points - np.roll(points, 1, axis=0)).max(axis=1).sum()) > _LONGEST


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


def _check_rle(rle: Any, totals: tuple[int, int] | None, height: int, width: int, need_area: bool) -> CheckedOutline:
    size = rle.get("size") if isinstance(rle, dict) else None
    if not isinstance(size, list):
        return CheckedOutline(None, "outline")
    if [whole_number(side) for side in size] != [height, width]:
        return CheckedOutline(None, "outline-size", size)
    if rle.get("counts") in ([], ""):
        return CheckedOutline(None, "outline-empty")
    if totals is None:
        return CheckedOutline(None, "outline")
    if totals[0] != height * width:
        return CheckedOutline(None, "outline-length", f"{totals[0]} pixels, not {height * width}")
    if need_area and totals[1] == 0:
        return CheckedOutline(None, "outline-empty")
    return CheckedOutline(rle if type(size[0]) is type(size[1]) is int else {**rle, "size": [height, width]})


def outline_bounds(outline: Any) -> tuple[float, float, float, float]:
    """x1 y1 x2 y2 round a sound outline: the polygons' own corners, or the pixels of an RLE."""
    if isinstance(outline, list):
        numbers = outline[0] if len(outline) == 1 else [number for polygon in outline for number in polygon]
        xs, ys = numbers[::2], numbers[1::2]
        return min(xs), min(ys), max(xs), max(ys)
    x, y, width, height = coco_mask.toBbox(to_rle(outline, *outline["size"])).tolist()
    return x, y, x + width, y + height


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
