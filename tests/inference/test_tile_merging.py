"""Merging tiles: an object comes out once and whole, wherever seams cut it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.inference.mask_overlap import clip_mask, shared_area, unite
from maskseg_cli.inference.tile_layout import Tile, lay_tiles
from maskseg_cli.inference.tile_merging import merge_tiles

HEIGHT, WIDTH = 240, 320
NONE = Detections.empty((HEIGHT, WIDTH))


def found(*objects: tuple[MaskCrop, int, float]) -> Detections:
    """Detections of masks with their class and score; boxes are those of the masks."""
    boxes = []
    for mask, _, _ in objects:
        height, width = mask.bitmap.shape
        boxes.append([mask.left, mask.top, mask.left + width, mask.top + height])
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([kind for _, kind, _ in objects], np.int32),
        np.array([score for _, _, score in objects], np.float32),
        tuple(mask for mask, _, _ in objects),
        (HEIGHT, WIDTH),
    )


def box(top: int, left: int, bottom: int, right: int) -> MaskCrop:
    return MaskCrop(top, left, np.ones((bottom - top, right - left), bool))


def ellipse(top: int, left: int, height: int, width: int) -> MaskCrop:
    y, x = np.ogrid[:height, :width]
    inside = ((y + 0.5) / height - 0.5) ** 2 + ((x + 0.5) / width - 0.5) ** 2 <= 0.25
    full = np.zeros((HEIGHT, WIDTH), bool)
    full[top : top + height, left : left + width] = inside[: HEIGHT - top, : WIDTH - left]
    return MaskCrop.from_full(full)


def in_tiles(objects: Sequence[tuple[MaskCrop, int, float]], tiles: Sequence[Tile]) -> list[tuple[Tile, Detections]]:
    """What a network without faults finds in each tile."""
    result = []
    for tile in tiles:
        pieces = []
        for mask, kind, score in objects:
            piece = MaskCrop.from_full(clip_mask(mask, tile).full(HEIGHT, WIDTH)[:HEIGHT, :WIDTH])
            if piece.area:
                pieces.append((piece, kind, score))
        result.append((tile, found(*pieces)))
    return result


def full(mask: MaskCrop) -> NDArray[np.bool_]:
    return mask.full(HEIGHT, WIDTH)


grids = st.tuples(st.integers(1, 4), st.integers(1, 3))
shapes = st.builds(
    ellipse, st.integers(0, HEIGHT - 12), st.integers(0, WIDTH - 12), st.integers(8, HEIGHT), st.integers(8, WIDTH)
).filter(lambda mask: mask.area > 0)  # the picture's border may cut all of it off


@settings(max_examples=60, deadline=None)
@given(grid=grids, mask=shapes)
def test_an_object_split_at_any_seam_comes_out_once_and_whole(grid: tuple[int, int], mask: MaskCrop) -> None:
    merged = merge_tiles(NONE, in_tiles([(mask, 1, 0.8)], lay_tiles(HEIGHT, WIDTH, *grid)))
    assert len(merged) == 1
    np.testing.assert_array_equal(full(merged.masks[0]), full(mask))
    height, width = mask.bitmap.shape
    np.testing.assert_array_equal(merged.xyxy[0], [mask.left, mask.top, mask.left + width, mask.top + height])
    assert merged.confidence[0] == np.float32(0.8)
    assert merged.class_id[0] == 1


@settings(max_examples=40, deadline=None)
@given(grid=grids, mask=shapes, score=st.floats(0.1, 1), other=st.floats(0.1, 1))
def test_an_object_of_the_whole_picture_and_of_tiles_comes_once(
    grid: tuple[int, int], mask: MaskCrop, score: float, other: float
) -> None:
    whole = found((mask, 1, score))
    merged = merge_tiles(whole, in_tiles([(mask, 1, other)], lay_tiles(HEIGHT, WIDTH, *grid)))
    assert len(merged) == 1
    np.testing.assert_array_equal(full(merged.masks[0]), full(mask))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), grid=grids)
def test_objects_apart_stay_apart(data: Any, grid: tuple[int, int]) -> None:
    # places of 40 pixels with a gap between them, each with a box of 10 to 36 pixels
    places = data.draw(st.lists(st.integers(0, 47), unique=True, min_size=1, max_size=12))
    objects = []
    for place in places:
        row, column = divmod(place, 8)
        height, width = data.draw(st.integers(10, 36)), data.draw(st.integers(10, 36))
        objects.append((box(40 * row, 40 * column, 40 * row + height, 40 * column + width), 1 + place % 2, 0.5))
    merged = merge_tiles(NONE, in_tiles(objects, lay_tiles(HEIGHT, WIDTH, *grid)))
    wanted = sorted((kind, full(mask).tobytes()) for mask, kind, _ in objects)
    assert sorted((int(one.class_id[0]), full(one.masks[0]).tobytes()) for one in merged) == wanted


LEFT, RIGHT = lay_tiles(HEIGHT, WIDTH, 2, 1)


def test_the_better_one_of_two_views_is_kept() -> None:
    rough, fine = box(20, 20, 60, 60), box(22, 22, 58, 60)
    merged = merge_tiles(found((rough, 1, 0.6)), [(LEFT, found((fine, 1, 0.9))), (RIGHT, NONE)])
    assert len(merged) == 1
    assert merged.masks[0] is fine


def test_a_cut_object_loses_against_that_of_the_whole_picture_though_its_score_is_better() -> None:
    car = box(100, 100, 140, 300)
    cut = box(100, 100, 140, LEFT.right)
    merged = merge_tiles(found((car, 1, 0.6)), [(LEFT, found((cut, 1, 0.99))), (RIGHT, NONE)])
    assert len(merged) == 1
    assert merged.masks[0] is car


def test_a_piece_that_nothing_continues_is_left_out() -> None:
    assert len(merge_tiles(NONE, [(LEFT, found((box(9, 50, 90, LEFT.right), 1, 0.9))), (RIGHT, NONE)])) == 0


def test_pieces_of_other_classes_or_in_other_places_are_not_joined() -> None:
    one, other = box(100, 50, 140, LEFT.right), box(100, RIGHT.left, 140, 300)
    lower = box(160, RIGHT.left, 200, 300)
    for kind, piece in ((2, other), (1, lower)):
        assert len(merge_tiles(NONE, [(LEFT, found((one, 1, 0.9))), (RIGHT, found((piece, kind, 0.9)))])) == 0


def test_each_piece_belongs_to_one_object() -> None:
    # two objects side by side, one above the other by a little: each has its own other half
    upper, lower = box(100, 50, 140, 300), box(141, 40, 180, 310)
    merged = merge_tiles(NONE, in_tiles([(upper, 1, 0.9), (lower, 1, 0.8)], [LEFT, RIGHT]))
    assert [one.area for one in merged.masks] == [upper.area, lower.area]


def test_one_object_as_two_classes_is_one_where_duplicates_say_so() -> None:
    car, truck = box(20, 20, 60, 60), box(20, 20, 60, 61)
    tiles = [(LEFT, found((truck, 2, 0.9))), (RIGHT, NONE)]
    assert len(merge_tiles(found((car, 1, 0.6)), tiles)) == 2
    merged = merge_tiles(found((car, 1, 0.6)), tiles, duplicates=0.6)
    assert merged.class_id.tolist() == [2]


def test_the_best_score_comes_first() -> None:
    tiles = [(LEFT, found((box(0, 0, 9, 9), 1, 0.5))), (RIGHT, found((box(50, 290, 80, 310), 1, 0.7)))]
    merged = merge_tiles(found((box(150, 10, 200, 90), 1, 0.6)), tiles)
    np.testing.assert_allclose(merged.confidence, [0.7, 0.6, 0.5])


@given(shapes, shapes)
def test_shared_pixels_and_unions_are_those_of_full_masks(a: MaskCrop, b: MaskCrop) -> None:
    assert shared_area(a, b) == int((full(a) & full(b)).sum())
    np.testing.assert_array_equal(full(unite([a, b])), full(a) | full(b))


def test_masks_larger_than_one_step_are_compared_whole() -> None:
    mask = box(0, 0, 3000, 4000)
    assert shared_area(mask, MaskCrop(10, 10, np.ones((2990, 3990), bool))) == 2990 * 3990


def test_a_mask_without_pixels_shares_none() -> None:
    empty = MaskCrop(5, 5, np.zeros((0, 0), bool))
    assert shared_area(empty, box(0, 0, 9, 9)) == 0
    assert unite([empty, box(3, 3, 9, 9)]).area == 36
    assert unite([empty]).area == 0
