"""Run-length encoding against pycocotools."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from maskseg_cli.detections import MaskCrop
from maskseg_cli.rle import encode_rle, rle_counts, rle_totals, run_lengths

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


#: Counts that are none: foreign characters, cut off, a negative run, other types.
BROKEN: list[Any] = ["\x01\x02", "o", "ÿ0", "", "0p", "06oN", [3, -1, 4], [1.5], None, 3]


@pytest.mark.parametrize("counts", BROKEN)
def test_broken_counts_raise(counts: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        rle_counts({"counts": counts})


@given(hnp.arrays(bool, st.tuples(st.integers(1, 60), st.integers(1, 60))))
def test_counts_are_read_back(full: np.ndarray) -> None:
    crop = MaskCrop.from_full(full)
    rle = encode_rle(crop, *full.shape)
    counts = run_lengths(crop, *full.shape)
    for same in (rle, rle | {"counts": rle["counts"].encode()}, rle | {"counts": counts}):
        assert rle_counts(same) == counts


@given(st.lists(st.one_of(masks, st.sampled_from(BROKEN)), max_size=12))
def test_totals_of_many(outlines: list[Any]) -> None:
    rles, expected = [], []
    for outline in outlines:
        is_mask = isinstance(outline, np.ndarray)
        rles.append(encode_rle(MaskCrop.from_full(outline), *outline.shape) if is_mask else {"counts": outline})
        expected.append((outline.size, int(outline.sum())) if is_mask else None)
    assert list(rle_totals(rles)) == expected


def test_totals_of_other_outlines_and_of_more_than_are_decoded_at_once() -> None:
    rle = {"size": [3, 2], "counts": "11202"}
    assert list(rle_totals([None, [[1, 2, 3, 4, 5, 6]], "text", {}, {"counts": [1, 5]}])) == [None] * 4 + [(6, 5)]
    assert list(rle_totals([rle] * 1000)) == [(9, 2)] * 1000
