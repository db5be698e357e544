"""Masks as polygons, for formats that have no masks: the one place where exports convert them.

Coordinates are those of COCO: pixel (0, 0) reaches from 0 to 1, and all corners lie on borders of pixels. The polygons
of masks below `_EXACT` pixels give back the very same pixels in pycocotools; those of larger ones have fewer corners,
and are checked to give back nearly all (`_LEAST_IOU`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.polygons_and_rle import from_polygons
from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.outlines import outline_rings

Ring = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.int32)

#: Masks of fewer pixels keep every corner.
_EXACT = 500
#: Intersection over union with the mask that a polygon with fewer corners must reach.
_LEAST_IOU = 0.995
#: Corners nearer than this to the line without them, in pixels, are dropped; the first that is exact enough counts.
_TOLERANCES = (0.75, 0.4)

#: The parts of masks that are still in use: several formats of one run, and frames that keep a result, trace it once.
_CACHE: WeakKeyDictionary[MaskCrop, list[Part]] = WeakKeyDictionary()
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Part:
    """A separate part of a mask.

    Attributes:
        outer: float64 (n, 2), x y in pixels, closed from the last corner to the first.
        holes: the rings of its holes, of the same form.
    """

    outer: Ring
    holes: tuple[Ring, ...]

    def simple(self) -> Ring:
        """One ring without holes: each hole is joined to the outer ring by a line there and back.

        Such a line has no area, so that a rasterizer with the even-odd or the non-zero rule leaves the hole empty.
        """
        return join_rings([self.outer, *(hole for hole in self.holes)])


def mask_parts(mask: MaskCrop) -> list[Part]:
    """The parts of a mask, largest first; pixels that touch at a corner belong to one part. Do not change the list.

    Example:
        >>> [part] = mask_parts(MaskCrop(10, 20, np.ones((1, 1), dtype=bool)))
        >>> part.outer.tolist()
        [[20.5, 10.0], [20.0, 10.5], [20.5, 11.0], [21.0, 10.5]]
    """
    with _LOCK:
        known = _CACHE.get(mask)
    if known is None:
        known = _trace(mask)
        with _LOCK:
            _CACHE[mask] = known
    return known


def keep_polygons(mask: MaskCrop, polygons: Sequence[Sequence[float]], height: int, width: int) -> None:
    """Makes polygons that people have drawn the parts of their mask, in place of a traced outline.

    Those that leave the picture or lie over each other are not kept: joined to one ring they would be another mask.

    Args:
        mask: the pixels of the polygons.
        polygons: [x1, y1, x2, y2, ...] each, with an area.
        height, width: of the picture.
    """
    rings = [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in polygons]
    corners = np.concatenate(rings)
    if (corners < 0).any() or (corners > (width, height)).any():
        return
    parts = [Part(ring, ()) for ring in rings]
    if len(parts) > 1 and from_polygons([one_ring(parts).ravel().tolist()], height, width).area != mask.area:
        return
    with _LOCK:
        _CACHE[mask] = parts


def _trace(mask: MaskCrop) -> list[Part]:
    parts = [Part(_moved(outer), tuple(_moved(hole) for hole in holes)) for outer, holes in outline_rings(mask)]
    parts.sort(key=lambda part: -abs(ring_area(part.outer)))
    if mask.area < _EXACT:
        return parts
    for tolerance in _TOLERANCES:
        fewer = [_simplified(part, tolerance) for part in parts]
        if _iou(fewer, mask) >= _LEAST_IOU:
            return fewer
    return parts


def coco_polygons(parts: Sequence[Part]) -> list[list[float]]:
    """COCO's polygons [[x1, y1, x2, y2, ...], ...], one a part, with holes joined to the outer ring."""
    return [np.round(part.simple(), 2).ravel().tolist() for part in parts]


def one_ring(parts: Sequence[Part]) -> Ring:
    """All parts and holes as one ring, joined by lines there and back, for formats with one polygon an object."""
    return join_rings([part.simple() for part in parts]) if parts else np.zeros((0, 2))


def ring_area(ring: Ring) -> float:
    """The area inside a ring in square pixels, with a sign that depends on its direction."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _moved(ring: NDArray[np.float32]) -> Ring:
    return ring.astype(np.float64) + 0.5


def _simplified(part: Part, tolerance: float) -> Part:
    outer, *holes = (
        np.asarray(cv2.approxPolyDP(ring.astype(np.float32), tolerance, closed=True), np.float64)[:, 0]
        for ring in (part.outer, *part.holes)
    )
    if len(outer) < 3:
        return part
    return Part(outer, tuple(hole if len(hole) > 2 else part.holes[i] for i, hole in enumerate(holes)))


def _iou(parts: Sequence[Part], mask: MaskCrop) -> float:
    # Within the mask's own bounds and a margin: what polygons cover lies nowhere else.
    height, width = (size + 4 for size in mask.bitmap.shape)
    shift = np.array([mask.left - 2, mask.top - 2], np.float64)
    rings = [(part.simple() - shift).ravel().tolist() for part in parts]
    covered = from_polygons(rings, height, width).full(height, width)
    wanted = np.pad(mask.bitmap, 2)
    return float(np.count_nonzero(covered & wanted) / np.count_nonzero(covered | wanted))


def join_rings(rings: Sequence[NDArray[Number]]) -> NDArray[Number]:
    """Joins rings to the first, each at its corner that is nearest to what is joined already, by a line and back."""
    joined = rings[0]
    for ring in rings[1:]:
        at, start = _nearest_corners(joined, ring)
        around = np.roll(ring, -start, axis=0)
        joined = np.concatenate([joined[: at + 1], around, around[:1], joined[at:]])
    return joined


def _nearest_corners(a: NDArray[Any], b: NDArray[Any]) -> tuple[int, int]:
    best, found = np.inf, (0, 0)
    for start in range(0, len(b), 256):  # in pieces: both rings may have thousands of corners
        distances = ((a[:, None].astype(np.float64) - b[None, start : start + 256]) ** 2).sum(axis=2)
        i, j = np.unravel_index(int(distances.argmin()), distances.shape)
        if distances[i, j] < best:
            best, found = float(distances[i, j]), (int(i), start + int(j))
    return found
