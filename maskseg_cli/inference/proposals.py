"""Proposal layer in NumPy: selects the boxes that the heads process from the RPN's outputs for all anchors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.box_arithmetic import Array, clip_boxes, decode_boxes, pairwise_iou
from maskseg_cli.inference.suppression import greedy_nms
from maskseg_cli.model.box_frames import LAST_PIXEL

#: Candidates that are decoded at first, as a multiple of the proposals that are wanted.
_FIRST = 16


def propose(
    scores: Array, deltas: Array, anchors: Array, shape: tuple[int, int], config: MaskRCNNConfig
) -> tuple[Array, NDArray[np.int32]]:
    """Selects the best anchors of one image, applies their deltas, clips them, and suppresses overlapping ones.

    Args:
        scores: float32 (A,), objectness; among equals the lower index comes first.
        deltas: float32 (A, 4), before scaling by rpn_bbox_std_dev.
        anchors: float32 (A, 4) in the network's frame.
        shape: height and width of the padded image in pixels, to which the proposals are clipped.
        config: pre_nms_limit, post_nms_rois_inference, rpn_nms_threshold, rpn_bbox_std_dev, bbox_delta_limit,
            pad_proposals.

    Returns:
        boxes float32 (P, 4), best first, and anchor indices int32 (P,). With pad_proposals P is
        post_nms_rois_inference, and rows of zeros (anchor -1) fill it up.
    """
    count, threshold = config.post_nms_rois_inference, config.rpn_nms_threshold
    # The suppression seldom looks beyond the first candidates: the others are decoded only when it does.
    top = best_indices(scores, min(_FIRST * count, config.pre_nms_limit))
    boxes = _decoded(top, deltas, anchors, shape, config)
    kept = greedy_nms(boxes, scores[top], threshold, count)
    boxes, indices = boxes[kept], top[kept].astype(np.int32)
    if len(kept) < count and len(top) < min(config.pre_nms_limit, len(scores)):
        rest = best_indices(scores, config.pre_nms_limit)[len(top) :]
        more = _decoded(rest, deltas, anchors, shape, config)
        free = ~(pairwise_iou(more, boxes) > np.float32(threshold)).any(axis=1)
        rest, more = rest[free], more[free]
        kept = greedy_nms(more, scores[rest], threshold, count - len(boxes))
        boxes = np.concatenate([boxes, more[kept]])
        indices = np.concatenate([indices, rest[kept].astype(np.int32)])
    if config.pad_proposals:
        gap = count - len(boxes)
        boxes = np.pad(boxes, [(0, gap), (0, 0)])
        indices = np.pad(indices, (0, gap), constant_values=-1)
    return boxes, indices


def _decoded(
    rows: NDArray[np.int64], deltas: Array, anchors: Array, shape: tuple[int, int], config: MaskRCNNConfig
) -> Array:
    """Boxes (N, 4) of the anchors of these rows, moved by their deltas and clipped to the padded image."""
    boxes = decode_boxes(
        anchors[rows],
        deltas[rows] * np.array(config.rpn_bbox_std_dev, np.float32),
        config.bbox_delta_limit,
        LAST_PIXEL[config.box_frame],
    )
    return clip_boxes(boxes, _image_window(shape, config))


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


def _image_window(shape: tuple[int, int], config: MaskRCNNConfig) -> NDArray[Any]:
    """The whole padded image, float32 (4,), in the network's frame."""
    if config.box_frame == "pixels":
        return np.array([0, 0, shape[0] - 1, shape[1] - 1], np.float32)
    return np.array([0, 0, 1, 1], np.float32)
