"""Suppression: greedy as TensorFlow's, soft as its definition, and votes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.inference import suppression
from maskseg_cli.inference.mask_scoring import mask_certainty, score_masks
from maskseg_cli.inference.suppression import greedy_nms, soft_nms, vote_boxes
from tests.model import naive

#: Boxes on a coarse grid, so that equal, nested and touching ones, and ones of no area, come often.
GRID_BOXES = arrays(np.int64, st.tuples(st.integers(0, 30), st.just(4)), elements=st.integers(0, 8))
COUNTS = st.integers(1, 30)


def ordered(corners: NDArray[Any]) -> NDArray[np.float32]:
    near = np.minimum(corners[:, :2], corners[:, 2:])
    return np.concatenate([near, np.maximum(corners[:, :2], corners[:, 2:])], axis=1).astype(np.float32)


def some_scores(boxes: NDArray[Any], seed: int) -> NDArray[np.float32]:
    """Scores between 0 and 1, some of them equal."""
    return (np.random.default_rng(seed).integers(1, 16, len(boxes)) / 16).astype(np.float32)


@given(corners=GRID_BOXES, seed=st.integers(0, 99), threshold=st.sampled_from([0.0, 0.25, 0.5, 1.0]), count=COUNTS)
def test_greedy_suppression_is_tensorflows(corners: NDArray[Any], seed: int, threshold: float, count: int) -> None:
    """Also exactly on the threshold: quarters and halves are whole numbers of float32 steps."""
    boxes = ordered(corners)
    scores = some_scores(boxes, seed)
    wanted = tf.image.non_max_suppression(boxes, scores, count, threshold)
    assert greedy_nms(boxes, scores, threshold, count).tolist() == wanted.numpy().tolist()


@pytest.mark.parametrize("count", [3, 100, 5000])
def test_many_boxes_pass_in_several_steps(count: int) -> None:
    rng = np.random.default_rng(0)
    near = rng.uniform(0, 300, (1500, 2))
    boxes = np.concatenate([near, near + rng.uniform(5, 120, (1500, 2))], axis=1).astype(np.float32)
    scores = rng.random(1500).astype(np.float32)
    assert len(boxes) > 4 * suppression._CHUNK
    wanted = tf.image.non_max_suppression(boxes, scores, count, 0.5)
    assert greedy_nms(boxes, scores, 0.5, count).tolist() == wanted.numpy().tolist()


@given(corners=GRID_BOXES, seed=st.integers(0, 99), threshold=st.sampled_from([0.3, 0.6]), count=COUNTS)
def test_classes_do_not_remove_each_other(corners: NDArray[Any], seed: int, threshold: float, count: int) -> None:
    boxes = ordered(corners)
    scores = some_scores(boxes, seed)
    labels = np.random.default_rng(seed).integers(1, 4, len(boxes)).astype(np.int32)
    kept = [
        own[greedy_nms(boxes[own], scores[own], threshold, len(own))]
        for own in (np.flatnonzero(labels == label) for label in (1, 2, 3))
    ]
    wanted = sorted(np.concatenate(kept).tolist(), key=lambda i: (-scores[i], i))[:count]
    assert greedy_nms(boxes, scores, threshold, count, labels).tolist() == wanted


def naive_soft(boxes: Any, scores: Any, labels: Any, sigma: float, floor: float) -> list[tuple[int, float]]:
    """(index, new score), best first: the paper's loop over all classes at once."""
    overlaps, left, found = naive.iou(boxes, boxes), scores.astype(float), []
    rest = list(range(len(boxes)))
    while rest:
        best = max(rest, key=lambda i: (left[i], -i))
        if left[best] < floor:
            break
        found.append((best, left[best]))
        rest.remove(best)
        for i in rest:
            if labels[i] == labels[best]:
                left[i] *= np.exp(-(overlaps[best, i] ** 2) / sigma)
    return found


@given(corners=GRID_BOXES, seed=st.integers(0, 99), sigma=st.sampled_from([0.3, 0.5]))
@settings(max_examples=50)
def test_soft_suppression_is_its_definition(corners: NDArray[Any], seed: int, sigma: float) -> None:
    boxes = ordered(corners)
    rng = np.random.default_rng(seed)
    scores = rng.permutation(np.linspace(0.2, 0.95, len(boxes))).astype(np.float32)
    labels = rng.integers(1, 3, len(boxes)).astype(np.int32)
    wanted = naive_soft(boxes, scores, labels, sigma, 0.1)
    found, new = soft_nms(boxes, scores, labels, sigma, 0.1, 100)
    by_index = dict(wanted)
    assert set(found.tolist()) == set(by_index)
    np.testing.assert_allclose(new, [by_index[i] for i in found.tolist()], rtol=1e-4)
    assert (np.diff(new) <= 0).all()
    assert soft_nms(boxes, scores, labels, sigma, 0.1, 2)[0].tolist() == found[:2].tolist()


def test_soft_suppression_keeps_what_stands_apart_as_it_is() -> None:
    boxes = np.array([[0, 0, 9, 9], [20, 20, 29, 29], [0, 0, 9, 9]], np.float32)
    found, new = soft_nms(boxes, np.float32([0.9, 0.8, 0.7]), np.int32([1, 1, 2]), 0.5, 0.01, 9)
    assert found.tolist() == [0, 1, 2]
    assert new.tolist() == np.float32([0.9, 0.8, 0.7]).tolist()


def test_nothing_in_nothing_out() -> None:
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
    labels = np.zeros(0, np.int32)
    assert greedy_nms(*none, 0.5, 10).shape == (0,)
    found, new = soft_nms(*none, labels, 0.5, 0.1, 10)
    assert (found.shape, new.shape) == ((0,), (0,))
    assert vote_boxes(labels, *none, labels, 0.7).shape == (0, 4)


@given(corners=GRID_BOXES.filter(len), seed=st.integers(0, 99))
def test_a_vote_is_the_weighted_mean_of_the_boxes_that_agree(corners: NDArray[Any], seed: int) -> None:
    boxes = ordered(corners)
    scores = some_scores(boxes, seed)
    labels = np.random.default_rng(seed).integers(1, 3, len(boxes)).astype(np.int32)
    kept = np.arange(len(boxes), dtype=np.int32)
    found, overlaps = vote_boxes(kept, boxes, scores, labels, 0.55), naive.iou(boxes, boxes)
    for i, box in enumerate(found):
        voters = [j for j in kept if j == i or (labels[j] == labels[i] and overlaps[i, j] >= 0.55)]
        np.testing.assert_allclose(box, np.average(boxes[voters], axis=0, weights=scores[voters]), atol=1e-4)


def test_at_a_threshold_of_1_only_equal_boxes_vote() -> None:
    boxes = np.array([[0, 0, 9, 9], [0, 0, 9, 10]], np.float32)
    voted = vote_boxes(np.int32([0, 1]), boxes, np.float32([0.9, 0.8]), np.int32([1, 1]), 1.0)
    np.testing.assert_array_equal(voted, boxes)


def test_the_certainty_of_a_mask_is_its_mean_inside() -> None:
    masks = np.array([[[0.9, 0.6], [0.4, 0.1]], [[0.2, 0.2], [0.2, 0.2]]], np.float32)
    np.testing.assert_allclose(mask_certainty(masks), [0.75, 0])
    np.testing.assert_allclose(score_masks(np.float32([0.8, 0.8]), masks, 0.5), [0.8 * 0.75**0.5, 0])
    assert score_masks(np.float32([0.8, 0.8]), masks, 0).tolist() == np.float32([0.8, 0.8]).tolist()
