"""Merges what was found in the tiles of a picture, and in the whole of it: each object once, and uncut.

An object that ends at a border of its tile inside the picture is cut there. Two steps:

1. Cut objects of tiles side by side are joined where their masks agree in what the tiles share. What is still cut is
   left out: the tile beyond the border, or the whole picture, has a better view of it.
2. Of objects whose masks overlap one stays: uncut ones come before joined ones; of equals the best score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.inference.mask_overlap import area_inside, clip_mask
from maskseg_cli.inference.tile_layout import Tile
from maskseg_cli.mask_arithmetic import shared_area, unite

#: An object whose box ends nearer to a border of its tile than this part of the tile's side is cut there.
NEAR_BORDER = 0.015

#: Two cut objects are one where their masks have this intersection over union in what their tiles share.
AGREEMENT = 0.5

#: Two objects of a class are one from this intersection over union of their masks on,
SAME_IOU = 0.4

#: or where the smaller one shares so much of its area with the larger one.
SAME_SHARE = 0.6

#: An uncut object joins a cut one only if the cut one has this part of its area outside of what both tiles show.
_OUTSIDE = 0.2

#: Ranks of objects that overlap: the lowest one stays.
_UNCUT, _JOINED = range(2)

# Sides of a box or tile, in the order of `Tile`.
_TOP, _LEFT, _BOTTOM, _RIGHT = range(4)


def merge_tiles(
    whole: Detections, tiles: Sequence[tuple[Tile, Detections]], duplicates: float | None = None
) -> Detections:
    """Merges the objects of a picture's tiles with those of the whole picture.

    Args:
        whole: what was found in the whole picture.
        tiles: each tile, and what was found in it, in pixels of the picture (see `placed`).
        duplicates: objects of different classes are one from this intersection over union of their masks on; None:
            never.

    Returns:
        each object once, best score first.
    """
    parts = [_Part(tile, found, _cut_sides(tile, found, whole.image_size)) for tile, found in tiles]
    joined, ranks = _join(parts, whole)
    every = Detections.concatenate([whole, joined])
    every_rank = np.concatenate([np.full(len(whole), _UNCUT), ranks])
    kept = _distinct(every, every_rank, duplicates)
    return every[kept[np.argsort(-every.confidence[kept], kind="stable")]]


def placed(found: Detections, tile: Tile, image_size: tuple[int, int]) -> Detections:
    """Moves what was found in a tile to its place in the picture of (height, width)."""
    shift = np.array([tile.left, tile.top, tile.left, tile.top], np.float32)
    masks = tuple(MaskCrop(mask.top + tile.top, mask.left + tile.left, mask.bitmap) for mask in found.masks)
    return replace(found, xyxy=found.xyxy + shift, masks=masks, image_size=image_size)


@dataclass(frozen=True, eq=False)
class _Part:
    """The objects of one tile; `cut` is bool (N, 4): cut at the tile's top, left, bottom or right."""

    tile: Tile
    found: Detections
    cut: NDArray[np.bool_]

    @property
    def boxes(self) -> NDArray[np.float32]:
        """float32 (N, 4) in the order of `Tile`."""
        return self.found.xyxy[:, [1, 0, 3, 2]]


def _cut_sides(tile: Tile, found: Detections, image_size: tuple[int, int]) -> NDArray[np.bool_]:
    """Sides of the tile, bool (N, 4), at which objects end, without the sides of the picture of (height, width)."""
    height, width = image_size
    inner = np.array([tile.top > 0, tile.left > 0, tile.bottom < height, tile.right < width])
    down, across = (max(1.0, NEAR_BORDER * side) for side in (tile.bottom - tile.top, tile.right - tile.left))
    distance = np.abs(found.xyxy[:, [1, 0, 3, 2]] - np.array(tile))
    return (distance <= [down, across, down, across]) & inner


def _join(parts: list[_Part], whole: Detections) -> tuple[Detections, NDArray[np.int64]]:
    """Joins the pieces of cut objects.

    Returns:
        the objects of all tiles that are not cut any more, and the rank of each.
    """
    every = Detections.concatenate([whole[:0], *(part.found for part in parts)])
    starts = np.cumsum([0, *(len(part.found) for part in parts)])
    group = np.arange(len(every))  # the number of a group is that of its first member
    for (first, a), (second, b) in combinations(enumerate(parts), 2):
        for i, j in _pairs(a, b):
            one, two = group[starts[first] + i], group[starts[second] + j]
            group[group == max(one, two)] = min(one, two)
    tile_of = np.repeat(np.arange(len(parts)), np.diff(starts))
    cut = np.concatenate([np.zeros((0, 4), bool), *(part.cut for part in parts)])
    tiles = np.array([part.tile for part in parts]).reshape(-1, 4)
    boxes, scores, classes, masks, ranks = [], [], [], [], []
    for first in np.unique(group):
        rows = np.flatnonzero(group == first)
        if (cut[rows] & ~_continued(tiles[tile_of[rows]])).any():
            continue
        best = rows[np.argmax(every.confidence[rows])]
        xyxy = every.xyxy[rows]
        boxes.append(np.concatenate([xyxy[:, :2].min(axis=0), xyxy[:, 2:].max(axis=0)]))
        scores.append(every.confidence[best])
        classes.append(every.class_id[best])
        masks.append(every.masks[best] if len(rows) == 1 else unite([every.masks[row] for row in rows]))
        ranks.append(_UNCUT if len(rows) == 1 else _JOINED)
    objects = replace(
        whole[:0],
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        class_id=np.array(classes, np.int32),
        confidence=np.array(scores, np.float32),
        masks=tuple(masks),
    )
    return objects, np.array(ranks, np.int64)


def _continued(tiles: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For the tiles (N, 4) of one object, whether another of them goes on beyond each side, bool (N, 4)."""
    return np.concatenate([tiles[:, :2] > tiles[:, :2].min(axis=0), tiles[:, 2:] < tiles[:, 2:].max(axis=0)], axis=1)


def _pairs(a: _Part, b: _Part) -> list[tuple[int, int]]:
    """Rows of two tiles that are pieces of one object, each row once, those that agree best first."""
    shared = Tile(
        max(a.tile.top, b.tile.top),
        max(a.tile.left, b.tile.left),
        min(a.tile.bottom, b.tile.bottom),
        min(a.tile.right, b.tile.right),
    )
    if shared.bottom <= shared.top or shared.right <= shared.left:
        return []
    cut_a, cut_b = _cut_towards(a, b.tile), _cut_towards(b, a.tile)
    rows_a, rows_b = (np.flatnonzero(_touches(part.boxes, shared)) for part in (a, b))
    found = []
    for i in rows_a.tolist():
        for j in rows_b.tolist():
            if a.found.class_id[i] != b.found.class_id[j] or not (cut_a[i] or cut_b[j]):
                continue
            agreement = _agreement(a.found.masks[i], b.found.masks[j], shared)
            if agreement < AGREEMENT:
                continue
            alone = [part.found.masks[row] for part, row, is_cut in ((a, i, cut_a[i]), (b, j, cut_b[j])) if is_cut]
            if len(alone) == 1 and area_inside(alone[0], shared) > (1 - _OUTSIDE) * alone[0].area:
                continue
            found.append((agreement, i, j))
    taken: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for _, i, j in sorted(found, key=lambda one: -one[0]):
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return pairs


def _cut_towards(part: _Part, other: Tile) -> NDArray[np.bool_]:
    """Objects, bool (N,), that are cut at a side of their tile beyond which the other tile goes on."""
    tile = part.tile
    beyond = [other.top < tile.top, other.left < tile.left, other.bottom > tile.bottom, other.right > tile.right]
    return (part.cut & np.array(beyond)).any(axis=1)


def _touches(boxes: NDArray[np.float32], part: Tile) -> NDArray[np.bool_]:
    return (
        (boxes[:, _TOP] < part.bottom)
        & (boxes[:, _BOTTOM] > part.top)
        & (boxes[:, _LEFT] < part.right)
        & (boxes[:, _RIGHT] > part.left)
    )


def _agreement(a: MaskCrop, b: MaskCrop, shared: Tile) -> float:
    """Intersection over union of two masks inside a part of the picture."""
    a, b = clip_mask(a, shared), clip_mask(b, shared)
    both = shared_area(a, b)
    return both / (a.area + b.area - both) if both else 0.0


def _distinct(found: Detections, ranks: NDArray[np.int64], duplicates: float | None) -> NDArray[np.int64]:
    """Rows of the objects that stay, those of the lowest rank and of the best score first."""
    order = np.lexsort((-found.confidence, ranks))
    boxes, classes, areas = found.xyxy.astype(np.float64), found.class_id, np.maximum(found.area, 1)
    kept: list[int] = []
    for row in order:
        others = np.array(kept, np.int64)
        if duplicates is None:
            others = others[classes[others] == classes[row]]
        sizes = np.minimum(boxes[others, 2:], boxes[row, 2:]) - np.maximum(boxes[others, :2], boxes[row, :2])
        # no more pixels than the boxes share can be common; 2 pixels for rounding
        most = np.prod(np.maximum(sizes + 2, 0), axis=1) if len(others) else np.zeros(0)
        near = others[most >= min(SAME_IOU, SAME_SHARE, duplicates or 1) * np.minimum(areas[others], areas[row])]
        if not any(_same(found, areas, row, other, duplicates) for other in near):
            kept.append(int(row))
    return np.array(kept, np.int64)


def _same(found: Detections, areas: NDArray[np.int64], a: int, b: int, duplicates: float | None) -> bool:
    """Whether two rows are one object."""
    both = shared_area(found.masks[a], found.masks[b])
    iou = both / (areas[a] + areas[b] - both)
    if found.class_id[a] != found.class_id[b]:
        return duplicates is not None and bool(iou >= duplicates)
    return bool(iou >= SAME_IOU or both >= SAME_SHARE * min(areas[a], areas[b]))
