"""Suppression of boxes that show an object again: greedy, soft (Gaussian), and box voting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.box_arithmetic import Array, pairwise_iou

#: Candidates whose overlaps are computed at once: a table of 256 x 256 stays in a core's cache.
_CHUNK = 256


def greedy_nms(
    boxes: Array, scores: Array, threshold: float, count: int, class_ids: NDArray[np.int32] | None = None
) -> NDArray[np.int32]:
    """Non-maximum suppression: the best box stays, those that overlap it go, and so on.

    Args:
        boxes: float32 (N, 4).
        scores: float32 (N,); among equal ones the lower index is kept.
        threshold: a box is removed when its IoU with a better one that stays is above this.
        count: largest number of boxes.
        class_ids: int32 (N,), only boxes of one class remove each other; None: all do.

    Returns:
        int32 indices of the boxes that stay, best score first.

    Example:
        >>> boxes = np.float32([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
        >>> greedy_nms(boxes, np.float32([0.5, 0.9, 0.7]), 0.3, 10, np.int32([1, 1, 2])).tolist()
        [1, 2]
    """
    order = np.argsort(-scores, kind="stable")
    limit = np.float32(threshold)
    kept: list[int] = []
    for start in range(0, len(order), _CHUNK):
        part = order[start : start + _CHUNK]
        if kept:
            before = np.array(kept)
            part = part[~_overlap(boxes, part, before, limit, class_ids).any(axis=1)]
        among = _overlap(boxes, part, part, limit, class_ids)
        alive = np.ones(len(part), bool)
        for i, index in enumerate(part.tolist()):
            if alive[i]:
                if len(kept) == count:
                    return np.array(kept, np.int32)
                kept.append(index)
                alive &= ~among[i]
    return np.array(kept, np.int32)


def _overlap(
    boxes: Array,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    limit: np.float32,
    class_ids: NDArray[np.int32] | None,
) -> NDArray[np.bool_]:
    """Bool (len(a), len(b)): the boxes of these indices overlap by more than the limit, and are of one class."""
    over = pairwise_iou(boxes[a], boxes[b]) > limit
    return over if class_ids is None else over & (class_ids[a][:, None] == class_ids[b][None, :])


def soft_nms(
    boxes: Array, scores: Array, class_ids: NDArray[np.int32], sigma: float, floor: float, count: int
) -> tuple[NDArray[np.int32], Array]:
    """Gaussian Soft-NMS within each class (https://arxiv.org/abs/1704.04503, eq. 3): scores fall, no box is removed.

    Of each class the best box is taken and the scores of the others are multiplied by exp(-IoU² / sigma), until no
    score reaches the floor.

    Args:
        boxes: float32 (N, 4).
        scores: float32 (N,).
        class_ids: int32 (N,).
        sigma: width of the Gaussian: the smaller, the more overlapping boxes lose.
        floor: boxes whose score falls below this are left out.
        count: largest number of boxes.

    Returns:
        int32 indices, best new score first, and their new scores float32.

    Example:
        >>> boxes = np.float32([[0, 0, 9, 9], [0, 0, 9, 9], [20, 20, 29, 29]])
        >>> found, scores = soft_nms(boxes, np.float32([0.9, 0.8, 0.7]), np.int32([1, 1, 1]), 0.5, 0.2, 10)
        >>> found.tolist(), [f"{score:.2f}" for score in scores]
        ([0, 2], ['0.90', '0.70'])
    """
    chosen: list[int] = []
    fallen: list[np.float32] = []
    for label in np.unique(class_ids):
        own = np.flatnonzero(class_ids == label)
        left = scores[own].copy()
        decay = np.exp(-(pairwise_iou(boxes[own], boxes[own]) ** 2) / np.float32(sigma))
        for _ in range(len(own)):
            best = int(left.argmax())
            if left[best] < np.float32(floor):
                break
            chosen.append(int(own[best]))
            fallen.append(left[best])
            left *= decay[best]
            left[best] = -1
    indices, new = np.array(chosen, np.int32), np.array(fallen, np.float32)
    order = np.lexsort((indices, -new))[:count]
    return indices[order], new[order]


def vote_boxes(
    kept: NDArray[np.int32], boxes: Array, scores: Array, class_ids: NDArray[np.int32], threshold: float
) -> Array:
    """Box voting (https://arxiv.org/abs/1505.01749, section 5): means of the boxes that agree, weighted by score.

    Args:
        kept: int32 (K,), indices of the boxes that stay.
        boxes: float32 (N, 4), all candidates.
        scores: float32 (N,), from before the suppression.
        class_ids: int32 (N,).
        threshold: candidates of the same class whose IoU with a box is at least this vote for it.

    Returns:
        float32 (K, 4).

    Example:
        >>> boxes = np.float32([[0, 0, 10, 10], [0, 0, 10, 12]])
        >>> vote_boxes(np.int32([0]), boxes, np.float32([0.75, 0.25]), np.int32([1, 1]), 0.7).tolist()
        [[0.0, 0.0, 10.0, 10.5]]
    """
    agree = pairwise_iou(boxes[kept], boxes) >= np.float32(threshold)
    agree &= class_ids[kept][:, None] == class_ids[None, :]
    agree[np.arange(len(kept)), kept] = True  # also a box of no area
    weights = agree * scores[None, :]
    total = weights.sum(axis=1, keepdims=True)
    voted = np.divide(weights @ boxes, total, out=boxes[kept].copy(), where=total > 0)
    return voted.astype(np.float32)
