"""Statistics of data sets: overlaps, groups of sizes, bins and even choices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskseg_cli.datasets.example import box_overlap
from maskseg_cli.detections import MaskCrop
from maskseg_cli.inspection.data.statistics import (
    Bins,
    bins,
    even_bins,
    even_choice,
    mask_iou,
    percentiles,
    row_iou,
    size_counts,
    whole_bins,
)

corner = st.tuples(st.floats(0, 50), st.floats(0, 50), st.floats(0.5, 50), st.floats(0.5, 50))
values = arrays.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1000, 1000))


@settings(max_examples=20)
@given(st.lists(st.tuples(corner, corner), max_size=6))
def test_row_iou_is_that_of_single_boxes(pairs: list) -> None:
    boxes = np.array([[(x, y, x + w, y + h) for x, y, w, h in pair] for pair in pairs]).reshape(-1, 2, 4)
    found = row_iou(boxes[:, 0], boxes[:, 1])
    assert found == pytest.approx([box_overlap(a, b) for a, b in boxes], abs=1e-9)


def test_boxes_without_area_overlap_nothing() -> None:
    assert row_iou(np.array([[1, 1, 1, 1]]), np.array([[1, 1, 1, 1]])).tolist() == [0.0]


@settings(max_examples=40)
@given(arrays.arrays(bool, (2, 7, 9)))
def test_mask_iou_is_that_of_whole_masks(masks: np.ndarray) -> None:
    union = np.logical_or(*masks).sum()
    expected = np.logical_and(*masks).sum() / union if union else 1.0
    assert mask_iou(*(MaskCrop.from_full(mask) for mask in masks)) == pytest.approx(expected)


def test_sizes_are_grouped_as_coco_does() -> None:
    assert size_counts(np.array([1023.0, 1024.0, 9215.0, 9216.0])) == {"small": 1, "medium": 2, "large": 1}


@settings(max_examples=30)
@given(values, st.integers(1, 30))
def test_no_value_is_lost_in_bins(numbers: np.ndarray, count: int) -> None:
    found = even_bins(numbers, count)
    assert sum(found.counts) == len(numbers)
    assert len(found.edges) == len(found.counts) + 1 == count + 1
    assert (np.diff(found.edges) > 0).all()
    assert sum(even_bins(numbers, count, -1, 1).counts) == len(numbers)


@given(st.lists(st.integers(0, 500), max_size=40), st.integers(1, 40))
def test_whole_numbers_have_bins_of_whole_width(numbers: list[int], most: int) -> None:
    found = whole_bins(np.array(numbers, int), most)
    assert sum(found.counts) == len(numbers)
    assert len(found.counts) <= most
    assert set(np.diff(found.edges)) == {found.edges[1] - found.edges[0]}
    assert found.edges[1] % 1 == 0


def test_whole_bins_count_single_numbers() -> None:
    assert whole_bins(np.array([0, 1, 1, 3])) == Bins([1, 2, 0, 1], [0, 1, 2, 3, 4])


def test_values_beyond_the_borders_count_in_the_outer_bins() -> None:
    assert bins(np.array([-5, 0.5, 7, 7]), np.array([0, 1, 2])).counts == [2, 2]


def test_equal_values_stand_in_the_middle() -> None:
    assert even_bins(np.array([128, 128]), 3) == ([0, 2, 0], pytest.approx([127.5, 127.8333333, 128.1666667, 128.5]))


@given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 5))
def test_choices_are_even_rising_and_the_same_each_time(total: int, count: int, seed: int) -> None:
    chosen = even_choice(total, count, seed)
    assert chosen == sorted(set(chosen)) == even_choice(total, count, seed)
    assert len(chosen) == min(total, count)
    assert all(0 <= number < total for number in chosen)
    if total > count:
        assert all(
            total * part // count - 1 <= number <= total * (part + 1) // count + 1 for part, number in enumerate(chosen)
        )


def test_percentiles_of_nothing_are_none() -> None:
    assert percentiles(np.zeros(0)) == {}
    assert percentiles(np.array([1, 2, 3]))["median"] == 2
