"""The proposal layer against a plain NumPy version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.proposals import propose
from tests.model import naive

#: Scores of few values, so that ties come often; sixteenths are exact in float32.
SCORES = arrays(np.int64, st.integers(1, 20), elements=st.integers(0, 16))
SHIFTS = arrays(np.float32, (20, 4), elements=st.floats(-1, 1, width=16))
CORNERS = arrays(np.int64, (20, 4), elements=st.integers(0, 16))

NORMALIZED = COCO.replace(pre_nms_limit=12, pad_proposals=False)
PIXELS = LITE.replace(pre_nms_limit=12)


def naive_proposals(
    scores: NDArray[Any],
    deltas: NDArray[Any],
    anchors: NDArray[Any],
    window: NDArray[Any],
    config: MaskRCNNConfig,
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[: config.pre_nms_limit]
    scaled = deltas[order] * np.array(config.rpn_bbox_std_dev)
    limit = np.inf if config.bbox_delta_limit is None else config.bbox_delta_limit
    boxes = naive.clip(naive.decode(anchors[order], scaled, LAST_PIXEL[config.box_frame], limit), window)
    assume(naive.is_clear(boxes, config.rpn_nms_threshold))
    kept = naive.nms(boxes, scores[order], config.rpn_nms_threshold, count)
    return boxes[kept], np.array(order)[kept]


def run(*args: Any) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    boxes, rows = propose(*args)
    return boxes.numpy(), rows.numpy()


@pytest.mark.parametrize("config", [NORMALIZED, PIXELS], ids=["normalized", "pixels"])
@given(scores=SCORES, shifts=SHIFTS, corners=CORNERS, count=st.integers(1, 12))
@settings(max_examples=60)
def test_proposals_are_those_of_the_plain_version(
    config: MaskRCNNConfig, scores: NDArray[Any], shifts: NDArray[Any], corners: NDArray[Any], count: int
) -> None:
    n = len(scores)
    near = corners[:n] / 16
    anchors = np.concatenate([near[:, :2], near[:, :2] + near[:, 2:] + 0.25], axis=1)
    window = np.array([0, 0, 1, 1])
    if config.box_frame == "pixels":
        anchors, window = anchors * 64, window * 63
    probabilities, anchors = (scores / 16).astype(np.float32), anchors.astype(np.float32)
    wanted = naive_proposals(probabilities, shifts[:n], anchors, window, config, count)
    boxes, rows = run(probabilities, shifts[:n], anchors, window.astype(np.float32), config, count)
    np.testing.assert_array_equal(rows, wanted[1])
    np.testing.assert_allclose(boxes, wanted[0], rtol=1e-5, atol=1e-4)


WINDOW = np.array([0, 0, 1, 1], np.float32)
FAR_APART = np.array([[0, 0, 0.1, 0.1], [0.3, 0.3, 0.4, 0.4], [0.6, 0.6, 0.7, 0.7]], np.float32)
STILL = np.zeros((3, 4), np.float32)


def test_equal_scores_go_to_the_lower_anchor() -> None:
    same = np.tile(FAR_APART[:1], (3, 1))
    _, rows = run(np.array([0.5, 0.7, 0.7], np.float32), STILL, same, WINDOW, NORMALIZED, 3)
    assert rows.tolist() == [1]
    _, rows = run(np.full(3, 0.5, np.float32), STILL, FAR_APART, WINDOW, NORMALIZED, 3)
    assert rows.tolist() == [0, 1, 2]


def test_only_the_best_anchors_before_suppression() -> None:
    scores = np.array([0.1, 0.9, 0.5], np.float32)
    _, rows = run(scores, STILL, FAR_APART, WINDOW, NORMALIZED.replace(pre_nms_limit=2), 3)
    assert rows.tolist() == [1, 2]


def test_at_most_so_many_proposals() -> None:
    _, rows = run(np.array([0.1, 0.9, 0.5], np.float32), STILL, FAR_APART, WINDOW, NORMALIZED, 1)
    assert rows.tolist() == [1]


def test_padding_fills_up_with_rows_of_zeros() -> None:
    scores = np.array([0.1, 0.9, 0.5], np.float32)
    boxes, rows = run(scores, STILL, FAR_APART, WINDOW, NORMALIZED.replace(pad_proposals=True), 5)
    assert rows.tolist() == [1, 2, 0, -1, -1]
    np.testing.assert_array_equal(boxes, [*FAR_APART[[1, 2, 0]], *np.zeros((2, 4))])


def test_boxes_without_area_stay() -> None:
    """There is no smallest size: an anchor outside the window is clipped to a line on its edge."""
    outside = np.array([[0, 2, 0.5, 3], [0, 2, 0.5, 3]], np.float32)
    boxes, rows = run(np.array([0.5, 0.4], np.float32), STILL[:2], outside, WINDOW, NORMALIZED, 5)
    assert rows.tolist() == [0, 1]
    np.testing.assert_array_equal(boxes, [[0, 1, 0.5, 1]] * 2)
