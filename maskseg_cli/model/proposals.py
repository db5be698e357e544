"""Proposal layer: selects the boxes that the heads process from the RPN's outputs for all anchors."""

from __future__ import annotations

import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.boxes import clip_boxes, decode_boxes


def propose(
    scores: tf.Tensor,
    deltas: tf.Tensor,
    anchors: tf.Tensor,
    window: tf.Tensor,
    config: MaskRCNNConfig,
    count: int,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Selects the best anchors, applies their deltas, clips them, and suppresses overlapping ones.

    Args:
        scores: float tensor (A,), objectness; among equals the lower index comes first.
        deltas: float tensor (A, 4), before scaling by rpn_bbox_std_dev.
        anchors: float tensor (A, 4) in the network's frame.
        window: float tensor (4,): proposals are clipped to it (the whole padded image).
        config: pre_nms_limit, rpn_nms_threshold, rpn_bbox_std_dev, bbox_delta_limit, pad_proposals.
        count: largest number of proposals (post_nms_rois_inference or _training).

    Returns:
        boxes float tensor (P, 4), best first, and anchor indices int32 (P,). With pad_proposals P is `count`, and
        rows of zeros (anchor -1) fill it up.
    """
    limit = tf.minimum(config.pre_nms_limit, tf.shape(scores)[0])
    top = tf.math.top_k(scores, limit, sorted=True)
    boxes = decode_boxes(
        tf.gather(anchors, top.indices),
        tf.gather(deltas, top.indices) * tf.constant(config.rpn_bbox_std_dev, tf.float32),
        config.bbox_delta_limit,
        LAST_PIXEL[config.box_frame],
    )
    boxes = clip_boxes(boxes, window)
    kept = tf.image.non_max_suppression(boxes, top.values, count, config.rpn_nms_threshold)
    boxes, indices = tf.gather(boxes, kept), tf.gather(top.indices, kept)
    if config.pad_proposals:
        gap = count - tf.shape(boxes)[0]
        boxes = tf.ensure_shape(tf.pad(boxes, [(0, gap), (0, 0)]), (count, 4))
        indices = tf.pad(indices, [(0, gap)], constant_values=-1)
    return boxes, indices
