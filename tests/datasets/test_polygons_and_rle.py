"""Outlines against pycocotools at full size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.polygons_and_rle import check_outline, from_polygons, outline_mask
from maskseg_cli.rle import rle_counts

HEIGHT, WIDTH = 37, 53

coordinates = st.floats(-20, 75, allow_nan=False, width=32)
polygons = st.lists(coordinates, min_size=6, max_size=16).filter(lambda numbers: len(numbers) % 2 == 0)


@given(st.lists(polygons, min_size=1, max_size=3))
def test_polygons_cover_the_pixels_that_pycocotools_says(outline: list[list[float]]) -> None:
    runs = coco_mask.merge(coco_mask.frPyObjects(outline, HEIGHT, WIDTH))
    found = from_polygons(outline, HEIGHT, WIDTH)
    np.testing.assert_array_equal(found.full(HEIGHT, WIDTH), coco_mask.decode(runs).astype(bool))


@given(arrays.arrays(bool, (HEIGHT, WIDTH)), st.booleans())
def test_runs_compressed_or_not(mask: np.ndarray, as_bytes: bool) -> None:
    rle: dict[str, Any] = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    if not as_bytes:
        rle = {"size": rle["size"], "counts": rle["counts"].decode()}
    counts = rle_counts(rle)
    assert sum(counts) == mask.size
    for outline in (rle, {"size": [HEIGHT, WIDTH], "counts": counts}):
        np.testing.assert_array_equal(outline_mask(outline, HEIGHT, WIDTH).full(HEIGHT, WIDTH), mask)


@pytest.mark.parametrize(
    ("polygon", "sound"),
    [
        ([0, 0, 4, 0, 4, 4], True),
        ([0, 0, 4, 4, 4, 0, 0, 4], True),  # a bow tie: its halves cancel out
        ([0, 0, 4, 0], False),
        ([0, 0, 4, 0, 4], False),
        ([0, 0, 2, 2, 4, 4, 1, 1], False),
        ([3, 3, 3, 3, 3, 3], False),
        ([0, 0, 4, 0, 4, math.nan], False),
        ([0, 0, 4, 0, 4, math.inf], False),
        ([0, 0, 4, 0, 4, "4"], False),
        ([0, 0, 4, 0, 4, [4]], False),
        ([0, 0, math.inf, 0, -math.inf, 4], False),
        ([0, 0, 10**400, 0, 4, 4], False),
        ([], False),
        (None, False),
    ],
)
def test_sound_polygons(polygon: Any, sound: bool) -> None:
    assert (check_outline([polygon], None, HEIGHT, WIDTH, need_area=True).outline is not None) is sound
