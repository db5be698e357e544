"""Functions for both kinds of targets: overlaps in either frame, ignored regions, and seeded sampling."""

from __future__ import annotations

import tensorflow as tf

from maskseg_cli.model.boxes import pairwise_iou

#: Matterport's limit: a box with this IoU with an ignored region, or more, is not background.
IGNORED_IOU = 0.001

#: A box is not background either if this share of it lies in an ignored region: a small box in a large region has
#: almost no IoU.
IGNORED_SHARE = 0.5


def overlaps(boxes_a: tf.Tensor, boxes_b: tf.Tensor, last_pixel: float) -> tf.Tensor:
    """IoU of boxes (N, 4) and (M, 4) of one frame, float (N, M), the last pixel counted (`LAST_PIXEL` of the frame)."""
    return pairwise_iou(_half_open(boxes_a, last_pixel), _half_open(boxes_b, last_pixel))


def in_ignored_region(boxes: tf.Tensor, regions: tf.Tensor, last_pixel: float) -> tf.Tensor:
    """Finds the boxes that are too near to a crowd or an ignored region to count as background.

    Args:
        boxes: float tensor (N, 4).
        regions: float tensor (M, 4) in the same frame; M may be 0.
        last_pixel: `LAST_PIXEL` of the frame.

    Returns:
        bool tensor (N,).
    """
    boxes, regions = _half_open(boxes, last_pixel), _half_open(regions, last_pixel)
    near = tf.maximum(boxes[:, None, :2], regions[None, :, :2])
    far = tf.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    intersection = tf.reduce_prod(tf.maximum(far - near, 0.0), axis=-1)
    area = tf.reduce_prod(boxes[:, 2:] - boxes[:, :2], axis=-1)
    share = tf.math.divide_no_nan(intersection, area[:, None])
    hidden = (pairwise_iou(boxes, regions) >= IGNORED_IOU) | (share >= IGNORED_SHARE)
    return tf.reduce_any(hidden, axis=1)


def best_object(iou: tf.Tensor) -> tf.Tensor:
    """For each row of IoUs (N, G) the column of the highest, int32 (N,); 0 where there is no column."""
    # argmax does not accept an axis of length 0.
    return tf.argmax(tf.pad(iou, [(0, 0), (0, 1)]), axis=1, output_type=tf.int32)


def random_choice(candidates: tf.Tensor, count: tf.Tensor | int, seed: tf.Tensor) -> tf.Tensor:
    """Samples at most `count` candidates; returns their rows, int32 (K,), in random order.

    Args:
        candidates: bool tensor (N,).
        count: 0 or less chooses none.
        seed: int32 tensor (2,); the same seed and candidates give the same choice.
    """
    rows = tf.cast(tf.where(candidates)[:, 0], tf.int32)
    noise = tf.random.stateless_uniform(tf.shape(rows), seed)
    kept = tf.math.top_k(noise, tf.clip_by_value(count, 0, tf.size(rows))).indices
    return tf.gather(rows, kept)


def _half_open(boxes: tf.Tensor, last_pixel: float) -> tf.Tensor:
    return boxes + tf.constant([0.0, 0.0, last_pixel, last_pixel])
