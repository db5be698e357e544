"""Boxes: pure functions on (y1, x1, y2, x2).

Three coordinate frames are in use, and each function works in all of them:

- *pixels*: (y1, x1) is a box's first pixel and (y2, x2) its last, so it is y2 - y1 + 1 pixels high (the `lite`
  network, as in Caffe's detectors);
- *normalized*: Matterport's 0..1, which also names the last pixel and is divided by (H - 1, W - 1), so that 0 and
  1 are the first and last pixel's centres; heights and widths are plain differences;
- *edges*: half-open pixels, not rounded: (0, 0, H, W) is the whole image; heights and widths are plain differences
  (networks from PyTorch).

Pictures, masks and `Detections` are half-open: y2 and x2 are the first pixel after the box.
"""

from __future__ import annotations

import tensorflow as tf


def decode_boxes(
    anchors: tf.Tensor, deltas: tf.Tensor, limit: float | None = None, last_pixel: float = 0.0
) -> tf.Tensor:
    """Applies regression deltas to anchors (Faster R-CNN, https://arxiv.org/abs/1506.01497, eq. 2).

    Args:
        anchors: float tensor (..., 4), (y1, x1, y2, x2), any frame.
        deltas: float tensor (..., 4), (dy, dx, log dh, log dw), already scaled by the box std dev.
        limit: largest value of dh and dw; larger ones are reduced to it; None: no limit.
        last_pixel: a height is y2 - y1 plus this (`LAST_PIXEL` of the frame).

    Returns:
        float tensor (..., 4) in the frame of `anchors`.

    Example:
        >>> decode_boxes(tf.constant([[0.0, 0, 10, 20]]), tf.constant([[0.5, 0, 0, 0]])).numpy().tolist()
        [[5.0, 0.0, 15.0, 20.0]]
    """
    y1, x1, y2, x2 = tf.unstack(anchors, axis=-1)
    dy, dx, dh, dw = tf.unstack(deltas, axis=-1)
    if limit is not None:
        dh, dw = tf.minimum(dh, limit), tf.minimum(dw, limit)
    height, width = y2 - y1 + last_pixel, x2 - x1 + last_pixel
    centre_y = y1 + 0.5 * height + dy * height
    centre_x = x1 + 0.5 * width + dx * width
    height *= tf.exp(dh)
    width *= tf.exp(dw)
    top, left = centre_y - 0.5 * height, centre_x - 0.5 * width
    # The second corner is computed from the first one, not from the centre: Matterport's order of rounding.
    return tf.stack([top, left, top + height - last_pixel, left + width - last_pixel], axis=-1)


def encode_boxes(anchors: tf.Tensor, boxes: tf.Tensor, last_pixel: float = 0.0) -> tf.Tensor:
    """Computes the deltas from anchors to boxes: the inverse of `decode_boxes`.

    Args:
        anchors: float tensor (..., 4) of positive height and width.
        boxes: float tensor (..., 4) in the same frame, of positive height and width.
        last_pixel: as in `decode_boxes`.

    Returns:
        float tensor (..., 4), (dy, dx, log dh, log dw), not yet divided by the box std dev.

    Example:
        >>> encode_boxes(tf.constant([[0.0, 0, 10, 20]]), tf.constant([[5.0, 0, 15, 20]])).numpy().tolist()
        [[0.5, 0.0, 0.0, 0.0]]
    """
    size = anchors[..., 2:] - anchors[..., :2] + last_pixel
    box_size = boxes[..., 2:] - boxes[..., :2] + last_pixel
    shift = (boxes[..., :2] + 0.5 * box_size - (anchors[..., :2] + 0.5 * size)) / size
    return tf.concat([shift, tf.math.log(box_size / size)], axis=-1)


def clip_boxes(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Moves every side of `boxes` (N, 4) into `window` (4,); a box outside gets no area."""
    lower = tf.stack([window[0], window[1], window[0], window[1]])
    upper = tf.stack([window[2], window[3], window[2], window[3]])
    return tf.maximum(tf.minimum(boxes, upper), lower)


def pairwise_iou(boxes_a: tf.Tensor, boxes_b: tf.Tensor) -> tf.Tensor:
    """Intersection over union of each box of `boxes_a` (N, 4) with each of `boxes_b` (M, 4).

    The order of operations is that of TensorFlow's non-maximum suppression: the results are equal bit for bit.

    Returns:
        float tensor (N, M), 0..1; 0 where a box has no area.
    """
    near = tf.maximum(boxes_a[:, None, :2], boxes_b[None, :, :2])
    far = tf.minimum(boxes_a[:, None, 2:], boxes_b[None, :, 2:])
    sides = tf.maximum(far - near, 0.0)
    intersection = sides[..., 0] * sides[..., 1]
    area_a = (boxes_a[:, 2] - boxes_a[:, 0]) * (boxes_a[:, 3] - boxes_a[:, 1])
    area_b = (boxes_b[:, 2] - boxes_b[:, 0]) * (boxes_b[:, 3] - boxes_b[:, 1])
    union = area_a[:, None] + area_b[None, :] - intersection
    solid = (area_a[:, None] > 0) & (area_b[None, :] > 0)
    return tf.where(solid, intersection / tf.where(solid, union, 1.0), 0.0)
