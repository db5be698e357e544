"""Masks that are compared, moved, interpolated and voted on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.detections import MaskCrop
from maskseg_cli.tracking.mask_motion import between_masks, bounds, moved_mask, voted_mask
from maskseg_cli.tracking.mask_overlap import mask_iou

SIZE = (40, 60)


@st.composite
def crops(draw: st.DrawFn) -> MaskCrop:
    """A mask inside a picture of 40 x 60."""
    h, w = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    bits = draw(st.lists(st.booleans(), min_size=h * w, max_size=h * w))
    return MaskCrop(draw(st.integers(0, 28)), draw(st.integers(0, 48)), np.array(bits).reshape(h, w))


def disc(x: int, y: int, radius: int) -> tuple[MaskCrop, np.ndarray]:
    """A round mask and its box."""
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    mask = MaskCrop(y - radius, x - radius, rows**2 + columns**2 <= radius**2)
    return mask, np.array([x - radius, y - radius, x + radius + 1, y + radius + 1], float)


@settings(max_examples=150, deadline=None)
@given(crops(), crops(), st.integers(-20, 20), st.integers(-20, 20))
def test_overlap_is_that_of_whole_masks(first: MaskCrop, second: MaskCrop, down: int, across: int) -> None:
    big = np.zeros((100, 120), bool), np.zeros((100, 120), bool)
    for canvas, mask, y, x in ((big[0], first, down, across), (big[1], second, 0, 0)):
        h, w = mask.bitmap.shape
        canvas[30 + mask.top + y :, 30 + mask.left + x :][:h, :w] = mask.bitmap
    union = (big[0] | big[1]).sum()
    expected = (big[0] & big[1]).sum() / union if first.area and second.area else 0.0
    assert mask_iou(first, second, (first.area, second.area), (down, across)) == pytest.approx(expected)


def test_the_overlap_of_large_masks_is_nearly_that_of_all_pixels() -> None:
    first, second = disc(500, 500, 400)[0], disc(560, 520, 380)[0]
    exact = np.count_nonzero(first.full(1000, 1000) & second.full(1000, 1000))
    exact = exact / (first.area + second.area - exact)
    assert mask_iou(first, second, (first.area, second.area)) == pytest.approx(exact, abs=0.01)


@settings(max_examples=100, deadline=None)
@given(crops(), st.integers(-70, 70), st.integers(-50, 50))
def test_a_moved_mask_is_cut_at_the_edges(mask: MaskCrop, across: int, down: int) -> None:
    h, w = mask.bitmap.shape
    box = np.array([mask.left, mask.top, mask.left + w, mask.top + h], float)
    moved = moved_mask(mask, box, box + [across, down, across, down], SIZE)
    expected = np.zeros(SIZE, bool)
    for y, x in zip(*np.nonzero(mask.full(*SIZE)), strict=True):
        if 0 <= y + down < SIZE[0] and 0 <= x + across < SIZE[1]:
            expected[y + down, x + across] = True
    assert np.array_equal(moved.full(*SIZE), expected)


def test_a_mask_grows_with_its_box_and_a_wild_box_gives_none() -> None:
    mask, box = disc(20, 20, 8)
    grown = moved_mask(mask, box, np.array([3.0, 3, 37, 37]), SIZE)
    assert grown.area == pytest.approx(4 * mask.area, rel=0.05)
    assert moved_mask(mask, box, np.array([-1e5, -1e5, 1e5, 1e5]), SIZE).area == 0


def test_half_way_between_two_masks() -> None:
    (small, small_box), (large, large_box) = disc(15, 20, 5), disc(35, 20, 9)
    box = (small_box + large_box) / 2
    between = between_masks((small, large), (small_box, large_box), 0.5, box, SIZE)
    expected = disc(25, 20, 7)[0]
    assert mask_iou(between, expected, (between.area, expected.area)) > 0.8


def test_a_mask_that_one_frame_alone_gets_wrong_is_corrected() -> None:
    whole = disc(20, 20, 9)[0]
    bitten = MaskCrop(whole.top, whole.left, whole.bitmap.copy())
    bitten.bitmap[:, 10:] = False
    assert mask_iou(voted_mask(bitten, [whole, whole]), whole, (bitten.area, whole.area)) > 0.4
    assert voted_mask(bitten, [whole, whole]).area == whole.area
    assert bounds(voted_mask(bitten, [whole, whole])).tolist() == [11, 11, 30, 30]
    # one that changes for good stays as it is
    assert voted_mask(bitten, [whole, bitten]) is bitten
    assert voted_mask(whole, [bitten, whole]) is whole
