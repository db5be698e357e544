"""`mask_arithmetic`: against whole pictures of masks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli import mask_arithmetic
from maskseg_cli.mask_arithmetic import extent, odd_pixels, shared_area, unite
from maskseg_cli.mask_crop import MaskCrop

SIDE = 8


@st.composite
def crops(draw: st.DrawFn) -> MaskCrop:
    """A crop of any place and size, also of none, in a picture of SIDE x SIDE pixels."""
    top, left = draw(st.integers(0, SIDE)), draw(st.integers(0, SIDE))
    height, width = draw(st.integers(0, SIDE - top)), draw(st.integers(0, SIDE - left))
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    return MaskCrop(top, left, np.array(bits, bool).reshape(height, width))


@settings(max_examples=60, deadline=None)
@given(st.lists(crops(), min_size=1, max_size=4))
def test_several_masks_are_as_their_pictures(masks: list[MaskCrop]) -> None:
    pictures = np.stack([mask.full(SIDE, SIDE) for mask in masks])
    np.testing.assert_array_equal(unite(masks).full(SIDE, SIDE), pictures.any(axis=0))
    np.testing.assert_array_equal(odd_pixels(masks).full(SIDE, SIDE), pictures.sum(axis=0) % 2 == 1)
    top, left, bottom, right = extent(masks)
    assert pictures[:, top:bottom, left:right].sum() == pictures.sum()
    assert shared_area(masks[0], masks[-1]) == (pictures[0] & pictures[-1]).sum()


def test_crops_stay_as_they_are() -> None:
    first, second = MaskCrop(0, 0, np.ones((2, 2), bool)), MaskCrop(1, 1, np.ones((2, 2), bool))
    assert unite([first, second]).area == 7
    assert odd_pixels([first, second]).area == 6
    assert first.bitmap.all()
    assert second.bitmap.all()


def test_large_masks_are_compared_part_by_part(monkeypatch) -> None:
    monkeypatch.setattr(mask_arithmetic, "_AT_ONCE", 10)
    pictures = np.random.default_rng(0).random((2, 13, 7)) < 0.5
    a, b = (MaskCrop(0, 0, one) for one in pictures)
    assert shared_area(a, b) == (pictures[0] & pictures[1]).sum()
