"""The detection layer against a plain NumPy version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.inference.detection import DetectedBoxes, detect_boxes
from maskseg_cli.inference.suppression import greedy_nms
from maskseg_cli.model.box_frames import LAST_PIXEL
from tests.model import naive

WINDOW = np.array([0, 0, 1, 1], np.float32)
BEST = COCO.replace(num_classes=4, detection_min_confidence=0.5)
ALL = LITE.replace(
    num_classes=4,
    detection_min_confidence=0.2,
    detection_duplicate_threshold=None,
    detection_suppression="greedy",
    detection_voting_threshold=None,
)

#: Box corners on a grid, logits and deltas of 15 proposals and 4 classes.
CORNERS = arrays(np.int64, (15, 4), elements=st.integers(0, 12))
LOGITS = arrays(np.int64, (15, 4), elements=st.integers(-3, 3))
DELTAS = arrays(np.float32, (15, 4, 4), elements=st.floats(-2, 2, width=16))


def naive_detections(
    proposals: NDArray[Any],
    probabilities: NDArray[Any],
    deltas: NDArray[Any],
    window: NDArray[Any],
    config: MaskRCNNConfig,
) -> list[tuple[int, int, float, NDArray[np.float64]]]:
    """(proposal, class, score, box), best first; suppression runs class by class, as in the paper's code."""
    pairs = []
    for row, scores in enumerate(probabilities):
        labels = [int(scores.argmax())] if config.detection_classes == "best" else range(len(scores))
        pairs += [(row, label) for label in labels if label > 0 and scores[label] >= config.detection_min_confidence]
    if not pairs:
        return []
    rows, labels = np.array(pairs).T
    limit = np.inf if config.bbox_delta_limit is None else config.bbox_delta_limit
    scaled = deltas[rows, labels] * np.array(config.bbox_std_dev)
    boxes = naive.clip(naive.decode(proposals[rows], scaled, LAST_PIXEL[config.box_frame], limit), window)
    scores = probabilities[rows, labels]
    kept: list[int] = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        assume(naive.is_clear(boxes[own], config.detection_nms_threshold))
        kept += own[naive.nms(boxes[own], scores[own], config.detection_nms_threshold, len(own))].tolist()
    kept = sorted(kept, key=lambda i: (-scores[i], i))[: config.detection_max_instances]
    return [(int(rows[i]), int(labels[i]), float(scores[i]), boxes[i]) for i in kept]


def compare(found: DetectedBoxes, wanted: list[Any]) -> None:
    assert found.rows.tolist() == [row for row, *_ in wanted]
    assert found.class_ids.tolist() == [label for _, label, *_ in wanted]
    np.testing.assert_array_equal(found.scores, np.array([score for _, _, score, _ in wanted], np.float32))
    np.testing.assert_allclose(found.boxes, np.array([box for *_, box in wanted]).reshape(-1, 4), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("config", [BEST, BEST.replace(detection_min_confidence=0), ALL], ids=["best", "any", "all"])
@given(corners=CORNERS, logits=LOGITS, deltas=DELTAS, count=st.integers(1, 20))
@settings(max_examples=30)
def test_detections_are_those_of_the_plain_version(
    config: MaskRCNNConfig, corners: NDArray[Any], logits: NDArray[Any], deltas: NDArray[Any], count: int
) -> None:
    near = corners / 16
    proposals = np.concatenate([near[:, :2], near[:, :2] + near[:, 2:] + 0.0625], axis=1)
    window = np.array([0, 0.1, 0.9, 1])
    if config.box_frame == "pixels":
        proposals, window = proposals * 64, window * 63
    proposals, probabilities = proposals.astype(np.float32), naive.softmax(logits).astype(np.float32)
    config = config.replace(detection_max_instances=count)
    wanted = naive_detections(proposals, probabilities, deltas, window, config)
    # of equal scores in one proposal either class may come first where all classes compete
    assume(config.detection_classes == "best" or len({score for *_, score, _ in wanted}) == len(wanted))
    compare(detect_boxes(proposals, probabilities, deltas, window.astype(np.float32), config), wanted)


@pytest.mark.parametrize("config", [BEST, LITE.replace(num_classes=4)])
@given(corners=CORNERS, logits=LOGITS, deltas=DELTAS, shown=st.sampled_from([0.3, 0.5, 0.7]))
def test_objects_that_are_found_in_addition_do_not_change_the_others(
    config: MaskRCNNConfig, corners: NDArray[Any], logits: NDArray[Any], deltas: NDArray[Any], shown: float
) -> None:
    side = 63 if config.box_frame == "pixels" else 1
    window = (np.array([0, 0, 1, 1]) * side).astype(np.float32)
    near = corners / 24
    proposals = np.concatenate([near[:, :2], near[:, :2] + near[:, 2:] + 0.0625], axis=1).astype(np.float32) * side
    inputs = (proposals.astype(np.float32), naive.softmax(logits).astype(np.float32), deltas, window)
    config = config.replace(detection_voting_floor=0.5)
    direct = detect_boxes(*inputs, config.replace(detection_min_confidence=shown))
    more = detect_boxes(*inputs, config.replace(detection_min_confidence=0.1))
    keep = more.scores >= np.float32(shown)
    assert direct.rows.tolist() == more.rows[keep].tolist()
    assert direct.class_ids.tolist() == more.class_ids[keep].tolist()
    assert direct.scores.tolist() == more.scores[keep].tolist()
    np.testing.assert_allclose(direct.boxes, more.boxes[keep], rtol=1e-5, atol=1e-5 * side)


@given(
    corners=arrays(np.int64, (12, 4), elements=st.integers(0, 8)),
    labels=arrays(np.int32, 12, elements=st.integers(1, 3)),
    scores=arrays(np.int64, 12, elements=st.integers(0, 8)),
    threshold=st.sampled_from([0.3, 0.6]),
)
def test_class_wise_suppression_is_suppression_within_each_class(
    corners: NDArray[Any], labels: NDArray[Any], scores: NDArray[Any], threshold: float
) -> None:
    boxes = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:]], axis=1).astype(np.float32)
    assume(naive.is_clear(boxes, threshold))
    kept: list[int] = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        kept += own[naive.nms(boxes[own], scores[own], threshold, len(own))].tolist()
    wanted = sorted(kept, key=lambda i: (-scores[i], i))
    found = greedy_nms(boxes, (scores / 8).astype(np.float32), threshold, 12, labels)
    assert found.tolist() == wanted


def detect(scores: list[list[float]], boxes: list[list[float]], config: MaskRCNNConfig) -> DetectedBoxes:
    """Proposals with these probabilities, and no deltas."""
    probabilities = np.array(scores, np.float32).reshape(len(boxes), config.num_classes)
    still = np.zeros((len(boxes), config.num_classes, 4), np.float32)
    window = WINDOW * (63 if config.box_frame == "pixels" else 1)
    return detect_boxes(np.array(boxes, np.float32).reshape(-1, 4), probabilities, still, window, config)


A, B, C = [0, 0, 0.2, 0.2], [0.4, 0.4, 0.6, 0.6], [0.7, 0.7, 0.9, 0.9]


def test_equal_scores_go_to_the_lower_proposal() -> None:
    scores = [[0.1, 0.7, 0.1, 0.1], [0.0, 0.8, 0.1, 0.1], [0.1, 0.1, 0.7, 0.1]]
    assert detect(scores, [A, B, C], BEST).rows.tolist() == [1, 0, 2]
    assert detect(scores, [A, B, C], BEST.replace(detection_max_instances=2)).rows.tolist() == [1, 0]
    assert detect([scores[0], scores[0]], [A, A], BEST).rows.tolist() == [0]


def test_the_winner_is_the_background_where_it_is_most_probable() -> None:
    config = BEST.replace(detection_min_confidence=0)
    assert detect([[0.4, 0.3, 0.2, 0.1], [0.2, 0.5, 0.2, 0.1]], [A, B], config).rows.tolist() == [1]


def test_a_confidence_of_0_means_no_threshold() -> None:
    scores = [[0.1, 0.3, 0.3, 0.3], [0.2, 0.2, 0.2, 0.4]]
    assert len(detect(scores, [A, B], BEST).rows) == 0
    found = detect(scores, [A, B], BEST.replace(detection_min_confidence=0))
    assert found.class_ids.tolist() == [3, 1]


def test_the_threshold_itself_is_enough() -> None:
    assert len(detect([[0.25, 0.5, 0.25, 0]], [A], BEST).rows) == 1
    assert len(detect([[0.25, 0.5, 0.25, 0]], [A], BEST.replace(detection_min_confidence=0.51)).rows) == 0


@pytest.mark.parametrize("config", [BEST, ALL, LITE.replace(num_classes=4)])
def test_no_detection_gives_empty_arrays(config: MaskRCNNConfig) -> None:
    for scores, boxes in (([[1.0, 0, 0, 0]], [A]), ([], [])):
        found = detect(scores, boxes, config)
        assert [part.shape for part in found] == [(0, 4), (0,), (0,), (0,)]
        assert [part.dtype.name for part in found] == ["float32", "int32", "float32", "int32"]


def test_all_classes_of_one_proposal_can_be_detected() -> None:
    found = detect([[0.1, 0.3, 0.35, 0.25]], [[0, 0, 20, 20]], ALL)
    assert found.rows.tolist() == [0, 0, 0]
    assert found.class_ids.tolist() == [2, 1, 3]


def test_one_object_does_not_carry_the_names_of_two_classes() -> None:
    config = ALL.replace(detection_duplicate_threshold=0.6)
    boxes: list[list[float]] = [[0, 0, 20, 20], [1, 1, 20, 20], [40, 40, 60, 60]]
    scores = [[0.1, 0.6, 0.3, 0.0], [0.05, 0.2, 0.75, 0.0], [0.3, 0.0, 0.7, 0.0]]
    found = detect(scores, boxes, config)
    assert list(zip(found.rows, found.class_ids, strict=True)) == [(1, 2), (2, 2)]
    assert len(detect(scores, boxes, ALL).rows) == 3


def test_the_limit_counts_objects_and_not_their_second_names() -> None:
    config = ALL.replace(detection_duplicate_threshold=0.6, detection_max_instances=2)
    found = detect([[0.1, 0.5, 0.4, 0], [0.7, 0.3, 0, 0]], [[0, 0, 20, 20], [40, 40, 60, 60]], config)
    assert list(zip(found.rows, found.class_ids, strict=True)) == [(0, 1), (1, 1)]


def test_one_object_is_not_shown_as_two_of_its_class() -> None:
    boxes: list[list[float]] = [[0, 0, 19, 19], [0, 0, 19, 9]]  # IoU a half
    scores = [[0.1, 0.9, 0, 0], [0.2, 0.8, 0, 0]]
    measured = ALL.replace(detection_nms_threshold=0.55)
    assert len(detect(scores, boxes, measured).rows) == 2
    assert detect(scores, boxes, measured.replace(detection_duplicate_threshold=0.6)).rows.tolist() == [0]
    assert len(detect(scores, boxes, measured.replace(detection_duplicate_threshold=1.0)).rows) == 2
