"""Boxes (y1, x1, y2, x2) of a network's frame in NumPy: deltas applied, clipping, overlaps (see `model.boxes`)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def decode_boxes(anchors: Array, deltas: Array, limit: float | None = None, last_pixel: float = 0.0) -> Array:
    """Applies regression deltas to anchors (Faster R-CNN, https://arxiv.org/abs/1506.01497, eq. 2).

    Args:
        anchors: float32 (..., 4), (y1, x1, y2, x2), any frame.
        deltas: float32 (..., 4), (dy, dx, log dh, log dw), already scaled by the box std dev.
        limit: largest value of dh and dw; larger ones are reduced to it; None: no limit.
        last_pixel: a height is y2 - y1 plus this: 1 in pixels, 0 in the normalized frame.

    Returns:
        float32 (..., 4) in the frame of `anchors`.

    Example:
        >>> decode_boxes(np.float32([[0, 0, 10, 20]]), np.float32([[0.5, 0, 0, 0]])).tolist()
        [[5.0, 0.0, 15.0, 20.0]]
    """
    one = np.float32(last_pixel)
    half = np.float32(0.5)
    growth = deltas[..., 2:]
    if limit is not None:
        growth = np.minimum(growth, np.float32(limit))
    near = anchors[..., :2]
    size = anchors[..., 2:] - near + one
    centre = near + half * size + deltas[..., :2] * size
    with np.errstate(over="ignore"):  # an untrained network's deltas; the box is clipped afterwards
        size = size * np.exp(growth)
    # The second corner is computed from the first one, not from the centre: Matterport's order of rounding.
    first = centre - half * size
    return np.concatenate([first, first + size - one], axis=-1)


def clip_boxes(boxes: Array, window: NDArray[Any]) -> Array:
    """Moves every side of `boxes` (..., 4) into `window` (4,); a box outside gets no area."""
    lower = np.tile(window[:2], 2).astype(np.float32)
    upper = np.tile(window[2:], 2).astype(np.float32)
    return np.maximum(np.minimum(boxes, upper), lower)


def box_areas(boxes: Array) -> Array:
    """Areas (N,) of boxes (N, 4) by plain differences, as TensorFlow's non-maximum suppression computes them."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def pairwise_iou(boxes_a: Array, boxes_b: Array) -> Array:
    """Intersection over union of each box of `boxes_a` (N, 4) with each of `boxes_b` (M, 4).

    The order of operations is that of TensorFlow's non-maximum suppression.

    Returns:
        float32 (N, M), 0..1; 0 where a box has no area.
    """
    # Coordinate by coordinate, in place: tables of (N, M) are several times faster to compute than one of (N, M, 2).
    # fmax, because an overlap with a box of no numbers is 0, too.
    near_y, near_x, far_y, far_x = np.ascontiguousarray(boxes_b.T)
    intersection = np.minimum(boxes_a[:, 2, None], far_y)
    intersection -= np.maximum(boxes_a[:, 0, None], near_y)
    np.fmax(intersection, 0, out=intersection)
    width = np.minimum(boxes_a[:, 3, None], far_x)
    width -= np.maximum(boxes_a[:, 1, None], near_x)
    np.fmax(width, 0, out=width)
    intersection *= width
    union = box_areas(boxes_a)[:, None] + box_areas(boxes_b)
    union -= intersection
    # Two boxes of no area: 0 divided by something.
    np.fmax(union, np.finfo(np.float32).tiny, out=union)
    return np.divide(intersection, union, out=intersection)
