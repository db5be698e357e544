"""Box arithmetic against its definition, in both coordinate frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.model.box_frames import LAST_PIXEL, denormalize_boxes, normalize_boxes
from maskseg_cli.model.boxes import clip_boxes, decode_boxes, encode_boxes, pairwise_iou
from tests.model import naive

#: Corners and sizes, from which boxes of positive height and width are made.
PARTS = arrays(np.float32, st.tuples(st.integers(1, 8), st.just(4)), elements=st.floats(1, 200, width=32))
DELTAS = arrays(np.float32, (8, 4), elements=st.floats(-2, 2, width=32))
#: Boxes on a coarse grid, so that equal, nested and touching ones, and ones of no area, come often.
GRID_BOXES = arrays(np.int64, st.tuples(st.integers(0, 12), st.just(4)), elements=st.integers(0, 8))


def from_parts(parts: NDArray[Any]) -> NDArray[np.float32]:
    return np.concatenate([parts[:, :2], parts[:, :2] + parts[:, 2:]], axis=1).astype(np.float32)


def ordered(corners: NDArray[Any]) -> NDArray[np.float32]:
    """Any four numbers a row as a box, y1 <= y2 and x1 <= x2."""
    near = np.minimum(corners[:, :2], corners[:, 2:])
    return np.concatenate([near, np.maximum(corners[:, :2], corners[:, 2:])], axis=1).astype(np.float32)


@pytest.mark.parametrize("frame", ["normalized", "pixels"])
@given(parts=PARTS, deltas=DELTAS)
def test_encoding_and_decoding_are_inverse(frame: str, parts: NDArray[Any], deltas: NDArray[Any]) -> None:
    anchors, deltas, last = from_parts(parts), deltas[: len(parts)], LAST_PIXEL[frame]
    boxes = decode_boxes(anchors, deltas, last_pixel=last)
    # dy and dx are told apart only as finely as float32 resolves the corners of the larger box
    np.testing.assert_allclose(encode_boxes(anchors, boxes, last), deltas, atol=2e-3)
    again = decode_boxes(anchors, encode_boxes(anchors, boxes, last), last_pixel=last)
    np.testing.assert_allclose(again, boxes, rtol=1e-4, atol=2e-2)


@pytest.mark.parametrize("frame", ["normalized", "pixels"])
@given(parts=PARTS, deltas=DELTAS)
def test_decoding_is_equation_2(frame: str, parts: NDArray[Any], deltas: NDArray[Any]) -> None:
    anchors, deltas, last = from_parts(parts), deltas[: len(parts)], LAST_PIXEL[frame]
    wanted = naive.decode(anchors, deltas, last)
    np.testing.assert_allclose(decode_boxes(anchors, deltas, last_pixel=last), wanted, rtol=1e-5, atol=5e-3)


def test_no_deltas_leave_a_box_where_it_is() -> None:
    box = np.array([[3, 5, 3, 9]], np.float32)
    np.testing.assert_array_equal(decode_boxes(box, np.zeros((1, 4), np.float32), last_pixel=1.0), box)
    np.testing.assert_array_equal(encode_boxes(box, box, last_pixel=1.0), np.zeros((1, 4)))


def test_the_limit_cuts_growth_and_nothing_else() -> None:
    anchor = np.array([[0, 0, 10, 10]], np.float32)
    grown = decode_boxes(anchor, np.array([[7, 7, 3, -3]], np.float32), limit=1.0).numpy()[0]
    assert grown[2] - grown[0] == pytest.approx(10 * np.e, rel=1e-5)
    assert grown[3] - grown[1] == pytest.approx(10 * np.exp(-3), rel=1e-4)
    assert (grown[0] + grown[2]) / 2 == pytest.approx(75, rel=1e-5)


def test_a_box_of_one_pixel_is_its_own_first_and_last() -> None:
    deltas = encode_boxes(np.array([[0, 0, 9, 9]], np.float32), np.array([[4, 4, 4, 4]], np.float32), 1.0)
    np.testing.assert_allclose(deltas, [[-0.05, -0.05, np.log(0.1), np.log(0.1)]], rtol=1e-6)


@given(corners=GRID_BOXES)
def test_clipping_moves_every_side_into_the_window(corners: NDArray[Any]) -> None:
    boxes, window = ordered(corners), np.array([1, 2, 6, 5], np.float32)
    clipped = clip_boxes(boxes, window).numpy()
    np.testing.assert_array_equal(clipped, naive.clip(boxes.astype(float), window))
    assert (clipped[:, 0] <= clipped[:, 2]).all()
    assert (clipped[:, 1] <= clipped[:, 3]).all()
    np.testing.assert_array_equal(clip_boxes(clipped, window), clipped)


@given(a=GRID_BOXES, b=GRID_BOXES)
def test_overlaps_are_those_of_the_definition(a: NDArray[Any], b: NDArray[Any]) -> None:
    found = pairwise_iou(ordered(a), ordered(b))
    assert found.shape == (len(a), len(b))
    np.testing.assert_allclose(found, naive.iou(ordered(a), ordered(b)), atol=1e-6)


@given(corners=GRID_BOXES, threshold=st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_overlaps_decide_as_tensorflows_suppression_does(corners: NDArray[Any], threshold: float) -> None:
    """Also exactly on the threshold: quarters and halves are whole numbers of float32 steps."""
    boxes = ordered(corners)
    scores = np.linspace(1, 0, len(boxes), dtype=np.float32)
    wanted = tf.image.non_max_suppression(boxes, scores, len(boxes), threshold)
    found = tf.image.non_max_suppression_overlaps(pairwise_iou(boxes, boxes), scores, len(boxes), threshold)
    np.testing.assert_array_equal(found, wanted)


@given(corners=arrays(np.float32, (2, 4), elements=st.floats(0, 500, width=32)))
@settings(max_examples=40)
def test_overlaps_are_tensorflows_to_the_last_bit(corners: NDArray[Any]) -> None:
    """At a threshold of exactly their overlap both boxes stay; one float32 step below it, one goes."""
    boxes, scores = ordered(corners), np.array([1, 0.5], np.float32)
    overlap = pairwise_iou(boxes[:1], boxes[1:]).numpy()[0, 0]
    assume(overlap > 0)
    below = np.nextafter(overlap, np.float32(0))
    assert len(tf.image.non_max_suppression(boxes, scores, 2, float(overlap))) == 2
    assert len(tf.image.non_max_suppression(boxes, scores, 2, float(below))) == 1


@given(
    sides=st.tuples(st.integers(2, 4000), st.integers(2, 4000)),
    corners=arrays(np.int64, (5, 4), elements=st.integers(-500, 5000)),
)
def test_whole_pixels_survive_the_normalized_frame(sides: tuple[int, int], corners: NDArray[Any]) -> None:
    assume((np.abs(corners) < 3 * min(sides)).all())
    normalized = normalize_boxes(corners, *sides)
    assert normalized.dtype == np.float32
    pixels = denormalize_boxes(normalized, *sides)
    assert pixels.dtype == np.int32
    np.testing.assert_array_equal(pixels, corners)


def test_the_whole_picture_is_0_to_1_in_the_normalized_frame() -> None:
    np.testing.assert_array_equal(normalize_boxes(np.array([[0, 0, 48, 64]]), 48, 64), [[0, 0, 1, 1]])


def test_halves_of_a_pixel_go_to_the_even_one() -> None:
    boxes = np.array([[0.5, 1.5, 1.5, 2.5]]) / 10
    np.testing.assert_array_equal(denormalize_boxes(boxes, 11, 11), [[0, 2, 2, 4]])
