"""Boxes in NumPy: equal to what training computes with TensorFlow, and to the definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.inference import box_arithmetic as plain
from maskseg_cli.model import boxes as graph
from maskseg_cli.model.box_frames import LAST_PIXEL
from tests.model import naive

PARTS = arrays(np.float32, st.tuples(st.integers(0, 8), st.just(4)), elements=st.floats(1, 200, width=32))
DELTAS = arrays(np.float32, (8, 4), elements=st.floats(-4, 4, width=32))


def from_parts(parts: NDArray[Any]) -> NDArray[np.float32]:
    return np.concatenate([parts[:, :2], parts[:, :2] + parts[:, 2:]], axis=1).astype(np.float32)


@pytest.mark.parametrize("frame", ["normalized", "pixels"])
@given(parts=PARTS, deltas=DELTAS, limit=st.sampled_from([None, 1.0]))
def test_decoding_is_that_of_training(
    frame: str, parts: NDArray[Any], deltas: NDArray[Any], limit: float | None
) -> None:
    anchors, deltas = from_parts(parts), deltas[: len(parts)]
    found = plain.decode_boxes(anchors, deltas, limit, LAST_PIXEL[frame])
    assert found.dtype == np.float32
    wanted = graph.decode_boxes(anchors, deltas, limit, LAST_PIXEL[frame])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-3)


@given(parts=PARTS)
def test_clipping_is_that_of_training(parts: NDArray[Any]) -> None:
    boxes, window = from_parts(parts), np.array([10, 20, 90, 110], np.float32)
    np.testing.assert_array_equal(plain.clip_boxes(boxes, window), graph.clip_boxes(boxes, window))


@given(a=PARTS, b=PARTS)
def test_overlaps_are_those_of_training_to_the_last_bit(a: NDArray[Any], b: NDArray[Any]) -> None:
    boxes_a, boxes_b = from_parts(a), from_parts(b)
    found = plain.pairwise_iou(boxes_a, boxes_b)
    np.testing.assert_array_equal(found, graph.pairwise_iou(boxes_a, boxes_b))
    np.testing.assert_allclose(found, naive.iou(boxes_a, boxes_b), atol=1e-5)


def test_boxes_of_no_area_overlap_nothing() -> None:
    boxes = np.array([[0, 0, 5, 0], [0, 0, 5, 5], [5, 5, 1, 1]], np.float32)
    assert plain.pairwise_iou(boxes, boxes).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_boxes_of_no_numbers_overlap_nothing() -> None:
    boxes = np.array([[0, 0, 5, 5], [np.nan] * 4, [0, 0, np.nan, 5]], np.float32)
    assert plain.pairwise_iou(boxes, boxes).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
