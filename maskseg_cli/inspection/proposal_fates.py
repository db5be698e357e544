"""`proposal_fates`: what became of every anchor on the way to the proposals, and why."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.box_arithmetic import clip_boxes, decode_boxes
from maskseg_cli.inference.proposals import best_indices
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.inspection.suppressors import suppressors
from maskseg_cli.model.box_frames import LAST_PIXEL, frame_window


class ProposalFate(Enum):
    """Where an anchor's box ended; the values are the words for it."""

    PROPOSAL = "became a proposal"
    NOT_BEST = "not among the best before suppression"
    SMALL = "smaller than rpn_min_size"
    SUPPRESSED = "suppressed by a better box"
    LIMIT = "not among the best after suppression"


class ProposalFates(NamedTuple):
    """One row for each of the A anchors.

    Attributes:
        boxes: float32 (A, 4), moved by their deltas and clipped, in the network's frame.
        fates: object (A,), of `ProposalFate`.
        ranks: int64 (A,), place by objectness, 0 the best; within the level where the network chooses by level.
        by: int64 (A,), the anchor whose box suppressed this one; -1: none.
        overlap: float32 (A,), the IoU with that box.
        proposals: int64 (A,), row among the proposals; -1: none.
    """

    boxes: NDArray[np.float32]
    fates: NDArray[np.object_]
    ranks: NDArray[np.int64]
    by: NDArray[np.int64]
    overlap: NDArray[np.float32]
    proposals: NDArray[np.int64]


def proposal_fates(trace: NetworkTrace) -> ProposalFates:
    """Follows all anchors through `inference.proposals.propose`, whose choice it repeats with the reasons."""
    config, scores = trace.config, trace.objectness
    window = trace.window
    if config.proposal_window == "padded":
        window = frame_window(*trace.input_size, config.box_frame)
    moves = trace.rpn_deltas * np.array(config.rpn_bbox_std_dev, np.float32)
    boxes = decode_boxes(trace.anchors, moves, config.bbox_delta_limit, LAST_PIXEL[config.box_frame])
    boxes = clip_boxes(boxes, window)
    count = len(scores)
    fates = np.full(count, ProposalFate.NOT_BEST, object)
    ranks, by = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    overlap, proposals = np.zeros(count, np.float32), np.full(count, -1, np.int64)
    parts = [(one.start, one.end) for one in trace.levels] if config.rpn_per_level else [(0, count)]
    for start, end in parts:
        order = best_indices(scores[start:end], end - start) + start
        ranks[order] = np.arange(end - start)
        rows = order[: config.pre_nms_limit]
        if config.rpn_min_size is not None:
            large = (boxes[rows, 2:] - boxes[rows, :2] >= np.float32(config.rpn_min_size)).all(axis=1)
            fates[rows[~large]] = ProposalFate.SMALL
            rows = rows[large]
        found = suppressors(boxes[rows], scores[rows], config.rpn_nms_threshold, config.post_nms_rois_inference)
        gone = found.by >= 0
        fates[rows] = ProposalFate.LIMIT
        fates[rows[gone]] = ProposalFate.SUPPRESSED
        by[rows[gone]], overlap[rows[gone]] = rows[found.by[gone]], found.overlap[gone]
    real = np.flatnonzero(trace.proposal_anchors >= 0)
    fates[trace.proposal_anchors[real]] = ProposalFate.PROPOSAL
    proposals[trace.proposal_anchors[real]] = real
    return ProposalFates(boxes, fates, ranks, by, overlap, proposals)
