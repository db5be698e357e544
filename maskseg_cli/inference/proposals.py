"""Proposal layer in NumPy: selects the boxes that the heads process from the RPN's outputs for all anchors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.box_arithmetic import Array, clip_boxes, decode_boxes, pairwise_iou
from maskseg_cli.inference.suppression import greedy_nms
from maskseg_cli.model.anchors import level_counts
from maskseg_cli.model.box_frames import LAST_PIXEL, frame_window

#: Candidates that are decoded at first, as a multiple of the proposals that are wanted.
_FIRST = 16


def propose(
    scores: Array,
    deltas: Array,
    anchors: Array,
    shape: tuple[int, int],
    config: MaskRCNNConfig,
    window: Array | None = None,
) -> tuple[Array, NDArray[np.int32]]:
    """Selects the best anchors of one image, applies their deltas, clips them, and suppresses overlapping ones.

    Args:
        scores: float32 (A,), objectness; among equals the lower index comes first.
        deltas: float32 (A, 4), before scaling by rpn_bbox_std_dev.
        anchors: float32 (A, 4) in the network's frame.
        shape: height and width of the padded image in pixels.
        config: pre_nms_limit, post_nms_rois_inference, rpn_nms_threshold, rpn_bbox_std_dev, bbox_delta_limit,
            rpn_min_size, rpn_per_level, proposal_window, pad_proposals.
        window: float32 (4,), the picture without its padding in the network's frame; None: the padded image. Proposals
            are clipped to it where proposal_window is "picture".

    Returns:
        boxes float32 (P, 4), best first, and anchor indices int32 (P,). With pad_proposals P is
        post_nms_rois_inference, and rows of zeros (anchor -1) fill it up.
    """
    count = config.post_nms_rois_inference
    if window is None or config.proposal_window == "padded":
        window = frame_window(*shape, config.box_frame)
    candidates = _Candidates(scores, deltas, anchors, window, config)
    if config.rpn_per_level:
        ends = np.cumsum(level_counts(config, *shape))
        found = [candidates.select(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        boxes, indices = np.concatenate([one for one, _ in found]), np.concatenate([rows for _, rows in found])
        best = np.argsort(-scores[indices], kind="stable")[:count]
        boxes, indices = boxes[best], indices[best]
    else:
        boxes, indices = candidates.select(0, len(scores))
    if config.pad_proposals:
        gap = count - len(boxes)
        boxes = np.pad(boxes, [(0, gap), (0, 0)])
        indices = np.pad(indices, (0, gap), constant_values=-1)
    return boxes, indices


class _Candidates:
    """The RPN's outputs for all anchors of one image; arguments as for `propose`."""

    def __init__(self, scores: Array, deltas: Array, anchors: Array, window: Array, config: MaskRCNNConfig) -> None:
        self._scores, self._deltas, self._anchors, self._window = scores, deltas, anchors, window
        self._config = config

    def select(self, start: int, end: int) -> tuple[Array, NDArray[np.int32]]:
        """Boxes (P, 4) of the anchors from `start` to `end`, best first, without duplicates, and their indices (P,)."""
        config = self._config
        count, threshold = config.post_nms_rois_inference, config.rpn_nms_threshold
        scores, most = self._scores[start:end], min(config.pre_nms_limit, end - start)
        # The suppression seldom looks beyond the first candidates: the others are decoded only when it does.
        first = min(_FIRST * count, most)
        top, boxes = self._decoded(best_indices(scores, first) + start)
        kept = greedy_nms(boxes, self._scores[top], threshold, count)
        boxes, indices = boxes[kept], top[kept].astype(np.int32)
        if len(kept) < count and first < most:
            rest, more = self._decoded(best_indices(scores, most)[first:] + start)
            free = ~(pairwise_iou(more, boxes) > np.float32(threshold)).any(axis=1)
            rest, more = rest[free], more[free]
            kept = greedy_nms(more, self._scores[rest], threshold, count - len(boxes))
            boxes = np.concatenate([boxes, more[kept]])
            indices = np.concatenate([indices, rest[kept].astype(np.int32)])
        return boxes, indices

    def _decoded(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Array]:
        """Boxes (N, 4) of these anchors, moved by their deltas and clipped, and their indices; too small ones go."""
        config = self._config
        boxes = decode_boxes(
            self._anchors[rows],
            self._deltas[rows] * np.array(config.rpn_bbox_std_dev, np.float32),
            config.bbox_delta_limit,
            LAST_PIXEL[config.box_frame],
        )
        boxes = clip_boxes(boxes, self._window)
        if config.rpn_min_size is None:
            return rows, boxes
        large = (boxes[:, 2:] - boxes[:, :2] >= np.float32(config.rpn_min_size)).all(axis=1)
        return rows[large], boxes[large]


def best_indices(scores: Array, count: int) -> NDArray[np.int64]:
    """Indices of the `count` largest scores, best first; among equals the lower index comes first.

    Example:
        >>> best_indices(np.float32([0.1, 0.5, 0.9, 0.5, 0.5]), 3).tolist()
        [2, 1, 3]
    """
    if count < len(scores):
        lowest = np.partition(scores, len(scores) - count)[len(scores) - count]
        above = np.flatnonzero(scores > lowest)
        equal = np.flatnonzero(scores == lowest)[: count - len(above)]
        chosen = np.sort(np.concatenate([above, equal]))
    else:
        chosen = np.arange(len(scores))
    return chosen[np.argsort(-scores[chosen], kind="stable")]
