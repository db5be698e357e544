"""Proposal layer: selects the boxes that the heads process from the RPN's outputs for all anchors."""

from __future__ import annotations

from collections.abc import Sequence

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
    levels: Sequence[tf.Tensor] | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Selects the best anchors, applies their deltas, clips them, and suppresses overlapping ones.

    Args:
        scores: float tensor (A,), objectness; among equals the lower index comes first.
        deltas: float tensor (A, 4), before scaling by rpn_bbox_std_dev.
        anchors: float tensor (A, 4) in the network's frame.
        window: float tensor (4,): proposals are clipped to it (the whole padded image, or the picture).
        config: pre_nms_limit, rpn_nms_threshold, rpn_bbox_std_dev, bbox_delta_limit, rpn_min_size, pad_proposals.
        count: largest number of proposals (post_nms_rois_inference or _training).
        levels: anchors of each level, which is selected from and suppressed by itself before the best of all levels
            stay; None: all are one.

    Returns:
        boxes float tensor (P, 4), best first, and anchor indices int32 (P,). With pad_proposals P is `count`, and
        rows of zeros (anchor -1) fill it up.
    """
    if levels is None:
        boxes, indices = _propose_level(scores, deltas, anchors, window, config, count)
    else:
        parts, start = [], tf.constant(0)
        for size in levels:
            own = slice(start, start + size)
            found, rows = _propose_level(scores[own], deltas[own], anchors[own], window, config, count)
            parts.append((found, rows + start))
            start += size
        boxes, indices = (tf.concat(part, axis=0) for part in zip(*parts, strict=True))
        best = tf.argsort(tf.gather(scores, indices), direction="DESCENDING", stable=True)[:count]
        boxes, indices = tf.gather(boxes, best), tf.gather(indices, best)
    if config.pad_proposals:
        gap = count - tf.shape(boxes)[0]
        boxes = tf.ensure_shape(tf.pad(boxes, [(0, gap), (0, 0)]), (count, 4))
        indices = tf.pad(indices, [(0, gap)], constant_values=-1)
    return boxes, indices


def _propose_level(
    scores: tf.Tensor, deltas: tf.Tensor, anchors: tf.Tensor, window: tf.Tensor, config: MaskRCNNConfig, count: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """`propose` without levels and padding."""
    limit = tf.minimum(config.pre_nms_limit, tf.shape(scores)[0])
    top = tf.math.top_k(scores, limit, sorted=True)
    boxes = decode_boxes(
        tf.gather(anchors, top.indices),
        tf.gather(deltas, top.indices) * tf.constant(config.rpn_bbox_std_dev, tf.float32),
        config.bbox_delta_limit,
        LAST_PIXEL[config.box_frame],
    )
    boxes, values, indices = clip_boxes(boxes, window), top.values, top.indices
    if config.rpn_min_size is not None:
        large = tf.reduce_all(boxes[:, 2:] - boxes[:, :2] >= config.rpn_min_size, axis=1)
        boxes, values, indices = (tf.boolean_mask(one, large) for one in (boxes, values, indices))
    kept = tf.image.non_max_suppression(boxes, values, count, config.rpn_nms_threshold)
    return tf.gather(boxes, kept), tf.gather(indices, kept)
