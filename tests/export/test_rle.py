"""Run-length encoding against pycocotools."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from maskseg_cli.detections import MaskCrop
from maskseg_cli.export.rle import encode_rle, run_lengths

masks = hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(full=masks)
def test_the_string_is_pycocotools_own(full: np.ndarray) -> None:
    rle = encode_rle(MaskCrop.from_full(full), *full.shape)
    expected = coco_mask.encode(np.asfortranarray(full, dtype=np.uint8))
    assert rle == {"size": list(full.shape), "counts": expected["counts"].decode()}
    assert json.loads(json.dumps(rle)) == rle
    np.testing.assert_array_equal(coco_mask.decode(rle), full)


@given(
    bitmap=masks,
    top=st.integers(0, 3),
    left=st.integers(0, 3),
    more=st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_crops_with_empty_edges(bitmap: np.ndarray, top: int, left: int, more: tuple[int, int]) -> None:
    size = (top + bitmap.shape[0] + more[0], left + bitmap.shape[1] + more[1])
    crop = MaskCrop(top, left, bitmap)
    expected = coco_mask.encode(np.asfortranarray(crop.full(*size), dtype=np.uint8))["counts"].decode()
    assert encode_rle(crop, *size)["counts"] == expected
    assert sum(run_lengths(crop, *size)) == size[0] * size[1]


@pytest.mark.parametrize(
    ("full", "runs"),
    [
        ([[0, 0], [0, 0]], [4]),
        ([[1, 1], [1, 1]], [0, 4]),
        ([[0, 1], [1, 0]], [1, 2, 1]),
        ([[1, 0], [0, 1]], [0, 1, 2, 1]),
    ],
)
def test_runs_go_down_the_columns(full: list[list[int]], runs: list[int]) -> None:
    assert run_lengths(MaskCrop.from_full(np.array(full)), 2, 2) == runs
