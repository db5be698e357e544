"""Polygons whose corners are pixels and whose border belongs to them, as programs draw them with OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import tighten
from maskseg_cli.datasets.field_values import far_number
from maskseg_cli.detections import MaskCrop


def fill_polygons(
    outer: Sequence[Sequence[float]],
    holes: Sequence[Sequence[float]],
    height: int,
    width: int,
    joined: bool = False,
) -> MaskCrop | None:
    """The pixels that `cv2.fillPoly` fills; corners are pixels, (0, 0) the first one, of which fractions are cut off.

    Args:
        outer: polygons x1, y1, x2, y2, ... whose union is the object, borders included.
        holes: polygons that are cut out of it, their borders included.
        height, width: of the picture, which cuts the polygons off.
        joined: the polygons may have holes, which are joined to them by lines there and back (`split_ring`).

    Returns:
        None if a polygon is broken or far outside the picture, or no pixel is left.
    """
    both = [*outer, *holes]
    if not outer or any(len(one) < 2 or len(one) % 2 or far_number(one, height, width) is not None for one in both):
        return None
    rings = [np.asarray(one, np.float64).astype(np.int32).reshape(-1, 2) for one in both]
    corners = np.concatenate(rings[: len(outer)])
    left, top = np.maximum(corners.min(axis=0), 0).tolist()
    right, bottom = np.minimum(corners.max(axis=0) + 1, (width, height)).tolist()
    if right <= left or bottom <= top:
        return None
    canvas: NDArray[np.uint8] = np.zeros((bottom - top, right - left), np.uint8)
    shift: Any = np.array([left, top], np.int32)
    for number, ring in enumerate(rings):
        # One call each: in one call, what two polygons share would be filled by neither.
        parts = split_ring(ring) if joined else [ring]
        cv2.fillPoly(canvas, [part - shift for part in parts], 1 if number < len(outer) else 0)
    mask = tighten(MaskCrop(top, left, canvas.view(bool)))
    return mask if mask.bitmap.size else None


def split_ring(ring: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """A ring without the holes that are joined to it, and the holes.

    A line that is drawn there and back belongs to the ring's own thin parts, unless what lies between both is drawn in
    the other direction than the ring: then it leads to a hole, and would fill pixels across it.

    Args:
        ring: int32 (n, 2), x y.

    Example:
        >>> ring = np.array([(0, 0), (9, 0), (9, 9), (6, 6), (6, 3), (3, 3), (6, 6), (9, 9), (0, 9)], np.int32)
        >>> [part.tolist() for part in split_ring(ring)]
        [[[0, 0], [9, 0], [9, 9], [0, 9]], [[6, 6], [6, 3], [3, 3]]]
    """
    corners = [(x, y) for x, y in ring.tolist()]
    areas = list(accumulate(_cross(corners[i - 1], corners[i]) for i in range(len(corners))))  # doubled, to each corner
    path: list[int] = []  # numbers of corners
    places: dict[tuple[tuple[int, int], tuple[int, int]], list[int]] = {}
    holes = []
    for number, corner in enumerate(corners):
        last = corners[path[-1]] if path else corner
        first = next(reversed(places.get((corner, last), ())), None) if last != corner else None
        if first is not None:
            start, end = path[first + 1], number - 1  # equal corners, with what lies between them
            inside = areas[end] - areas[start] + _cross(corners[end], corners[start])
            if inside * areas[-1] < 0:
                holes.append(path[first + 1 :])
                for place in range(first, len(path) - 1):
                    places[corners[path[place]], corners[path[place + 1]]].pop()
                del path[first + 1 :]
                continue
        if path:
            places.setdefault((last, corner), []).append(len(path) - 1)
        path.append(number)
    return [np.array([corners[one] for one in part], np.int32) for part in (path, *holes)]


def _cross(a: tuple[int, int], b: tuple[int, int]) -> int:
    """Twice the area between the corner (0, 0) and the line from a to b, with a sign that depends on its direction."""
    return a[0] * b[1] - b[0] * a[1]
