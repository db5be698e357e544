"""Reasons for what became of anchors and proposals agree with the tensors and with the network's own choice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.inference.box_arithmetic import pairwise_iou
from maskseg_cli.inference.suppression import greedy_nms
from maskseg_cli.inspection.detection_fates import DetectionFate, detection_fates
from maskseg_cli.inspection.network_trace import NetworkTrace, trace_network
from maskseg_cli.inspection.proposal_fates import ProposalFate, proposal_fates
from maskseg_cli.inspection.suppressors import suppressors
from tests.inspection.networks import photo, resnet


def trace_with(**options: object) -> NetworkTrace:
    with resnet(**options) as predictor:
        return trace_network(predictor, photo()[:300, :200])


@given(st.integers(0, 40), st.floats(0, 1), st.integers(1, 12), st.booleans(), st.integers(0, 2**31))
def test_suppression_with_reasons_keeps_what_the_plain_one_keeps(
    number: int, threshold: float, count: int, by_class: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    corners = random.integers(0, 12, (number, 2, 2))
    boxes = np.concatenate([corners.min(1), corners.max(1)], axis=1).astype(np.float32)
    scores = random.integers(0, 6, number).astype(np.float32) / 5
    classes = random.integers(1, 3, number).astype(np.int32) if by_class else None
    found = suppressors(boxes, scores, threshold, count, classes)
    assert found.kept.tolist() == greedy_nms(boxes, scores, threshold, count, classes).tolist()
    for row in np.flatnonzero(found.by >= 0):
        rival = found.by[row]
        assert rival in found.kept
        assert scores[rival] >= scores[row]
        assert found.overlap[row] == pairwise_iou(boxes[row][None], boxes[rival][None])[0, 0] > np.float32(threshold)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pre_nms_limit": 40, "post_nms_rois_inference": 5},
        {"rpn_per_level": True, "pre_nms_limit": 30, "rpn_min_size": 0.3},
        {"pad_proposals": True, "rpn_nms_threshold": 0.1},
    ],
)
def test_fates_of_anchors(options: dict[str, object]) -> None:
    trace = trace_with(**options)
    fates, config = proposal_fates(trace), trace.config
    real = trace.proposal_anchors >= 0
    chosen = [row for row, fate in enumerate(fates.fates) if fate is ProposalFate.PROPOSAL]
    assert sorted(chosen) == sorted(trace.proposal_anchors[real].tolist())
    np.testing.assert_array_equal(fates.boxes[trace.proposal_anchors[real]], trace.proposals[real])
    assert (fates.proposals[trace.proposal_anchors[real]] == np.flatnonzero(real)).all()
    seen = set(fates.fates.tolist())
    assert ProposalFate.SUPPRESSED in seen
    if "rpn_min_size" in options:
        assert ProposalFate.SMALL in seen
    if "pre_nms_limit" in options:
        assert {ProposalFate.NOT_BEST, ProposalFate.LIMIT} <= seen
    for row, fate in enumerate(fates.fates):
        assert (fates.ranks[row] >= config.pre_nms_limit) == (fate is ProposalFate.NOT_BEST)
        rival = fates.by[row]
        assert (rival >= 0) == (fate is ProposalFate.SUPPRESSED)
        if rival >= 0:
            assert trace.objectness[rival] >= trace.objectness[row]
            overlap = pairwise_iou(fates.boxes[row][None], fates.boxes[rival][None])[0, 0]
            assert overlap == fates.overlap[row] > np.float32(config.rpn_nms_threshold)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"detection_classes": "all", "detection_max_instances": 3, "detection_min_size": 0.2},
        {"detection_classes": "all", "detection_min_confidence": 0.4, "detection_voting_threshold": 0.5},
        {"detection_duplicate_threshold": 0.3, "detection_classes": "all"},
        {"detection_suppression": "soft", "detection_min_confidence": 0.2, "detection_classes": "all"},
        {"detection_mask_scoring": 2.0, "detection_min_confidence": 0.1, "detection_classes": "all"},
    ],
)
def test_fates_of_proposals(options: dict[str, object]) -> None:
    trace = trace_with(**options)
    fates, config = detection_fates(trace), trace.config
    found = fates.detected[fates.detected >= 0]
    assert sorted(found.tolist()) == list(range(len(trace.detected.boxes)))
    shown = [row for row, fate in enumerate(fates.fates) if fate is DetectionFate.SHOWN]
    assert sorted(fates.detected[shown].tolist()) == sorted(trace.shown_rows.tolist())
    assert set(fates.proposals.tolist()) == set(np.flatnonzero(trace.proposal_anchors >= 0).tolist())
    within = config.detection_nms_threshold
    if config.detection_duplicate_threshold is not None:
        within = min(within, config.detection_duplicate_threshold / 2)
    for row, fate in enumerate(fates.fates):
        probabilities = trace.probabilities[fates.proposals[row]]
        assert fates.scores[row] == probabilities[fates.class_ids[row]]
        low = fates.scores[row] < np.float32(config.detection_min_confidence)
        if fate is DetectionFate.BACKGROUND:
            assert probabilities.argmax() == 0
        elif fates.detected[row] < 0:
            assert low == (fate is DetectionFate.BELOW)
        if fate is DetectionFate.SUPPRESSED:
            assert fates.class_ids[fates.by[row]] == fates.class_ids[row]
            assert fates.scores[fates.by[row]] >= fates.scores[row]
            assert fates.overlap[row] > np.float32(within)
        if fate is DetectionFate.DUPLICATE:
            assert fates.class_ids[fates.by[row]] != fates.class_ids[row]
    seen = set(fates.fates.tolist())
    expected = {
        "detection_max_instances": DetectionFate.LIMIT,
        "detection_min_size": DetectionFate.SMALL,
        "detection_duplicate_threshold": DetectionFate.DUPLICATE,
        "detection_suppression": DetectionFate.FALLEN,
        "detection_mask_scoring": DetectionFate.UNSURE_MASK,
    }
    for option, fate in expected.items():
        if option in options:
            assert fate in seen, (option, seen)


def test_what_the_user_left_out() -> None:
    trace = trace_with()
    label = int(trace.detected.class_ids[0])
    other = dataclasses.replace(trace, chosen_classes=frozenset({3 - label}), shown_rows=trace.shown_rows[:0])
    fates = detection_fates(other)
    assert fates.fates[fates.detected == 0][0] is DetectionFate.NOT_CHOSEN
    few = dataclasses.replace(trace, max_detections=1, shown_rows=trace.shown_rows[:1])
    fates = detection_fates(few)
    assert fates.fates[fates.detected == trace.final_rows[1]][0] is DetectionFate.TOO_MANY
