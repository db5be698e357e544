from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skimage.measure import find_contours

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.outlines import mask_outlines

Piece = tuple[tuple[float, float], tuple[float, float]]


def pieces(polygon: NDArray[np.float64]) -> list[Piece]:
    """A closed polygon as marching squares' pieces: whole pixels along rows and columns, half ones across."""
    found: list[Piece] = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        way = end - start
        length = np.abs(way).max()
        step = way / length * (1.0 if 0 in way else 0.5)
        corners = [tuple((start + k * step).tolist()) for k in range(round(length / np.abs(step).max()) + 1)]
        assert corners[-1] == tuple(end.tolist())
        found += [tuple(sorted(pair)) for pair in itertools.pairwise(corners)]  # type: ignore[misc]
    return found


def scikit_pieces(mask: NDArray[np.bool_], left: int = 0, top: int = 0) -> Counter[Piece]:
    padded = np.pad(mask, 1).astype(float)
    found: Counter[Piece] = Counter()
    for contour in find_contours(padded, 0.5, fully_connected="high"):
        assert (contour[0] == contour[-1]).all()
        found.update(pieces(contour[:-1, ::-1] - 1 + np.array([left, top])))
    return found


@settings(max_examples=300, deadline=None)
@given(
    hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_outlines_are_marching_squares(bitmap: NDArray[np.bool_], left: int, top: int) -> None:
    ours: Counter[Piece] = Counter()
    for polygon in mask_outlines([MaskCrop(top, left, bitmap)])[0]:
        assert polygon.dtype == np.float32
        ours.update(pieces(polygon.astype(float)))
    assert ours == scikit_pieces(bitmap, left, top)


def test_outlines_of_a_real_shape_with_long_runs_and_holes_are_marching_squares() -> None:
    data = pytest.importorskip("skimage.data")
    try:
        bitmap = data.coins() > 110
    except Exception as reason:  # scikit-image fetches some of its pictures
        pytest.skip(f"scikit-image's picture is not at hand: {reason}")
    ours: Counter[Piece] = Counter()
    polygons = mask_outlines([MaskCrop(0, 0, bitmap)])[0]
    for polygon in polygons:
        ours.update(pieces(polygon.astype(float)))
    assert ours == scikit_pieces(bitmap)
    corners = len(find_contours(np.pad(bitmap, 1), 0.5, fully_connected="high"))
    assert len(polygons) == corners


def test_long_runs_have_few_corners() -> None:
    [[polygon]] = mask_outlines([MaskCrop(0, 0, np.ones((100, 200), dtype=bool))])
    assert len(polygon) <= 20


def test_a_ring_has_two_outlines_and_two_parts_have_two() -> None:
    ring = np.ones((9, 9), dtype=bool)
    ring[3:6, 3:6] = False
    parts = np.zeros((9, 9), dtype=bool)
    parts[:2] = parts[5:] = True
    nested = ring.copy()
    nested[4, 4] = True
    outlines = mask_outlines([MaskCrop(0, 0, m) for m in (ring, parts, nested)])
    assert [len(polygons) for polygons in outlines] == [2, 2, 3]


def test_each_mask_keeps_its_own_outlines_and_empty_ones_have_none() -> None:
    masks = [
        MaskCrop(0, 0, np.zeros((0, 0), dtype=bool)),
        MaskCrop(5, 7, np.ones((1, 1), dtype=bool)),
        MaskCrop(3, 3, np.zeros((4, 4), dtype=bool)),
        MaskCrop(0, 0, np.ones((2, 3), dtype=bool)),
    ]
    outlines = mask_outlines(masks)
    assert [len(polygons) for polygons in outlines] == [0, 1, 0, 1]
    assert outlines[1][0].mean(axis=0).tolist() == [7, 5]
    assert mask_outlines([]) == []
    assert mask_outlines(masks[:1]) == [[]]


def test_bitmaps_of_any_memory_layout() -> None:
    bitmap = np.random.default_rng(5).random((12, 17)) < 0.6
    straight = mask_outlines([MaskCrop(0, 0, bitmap)])[0]
    for view in (
        np.asfortranarray(bitmap),
        np.repeat(bitmap, 2, axis=1)[:, ::2],
        bitmap[::-1, ::-1].copy()[::-1, ::-1],
    ):
        view.setflags(write=False)
        other = mask_outlines([MaskCrop(0, 0, view)])[0]
        assert all(np.array_equal(a, b) for a, b in zip(straight, other, strict=True))
