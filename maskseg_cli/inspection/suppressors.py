"""`suppressors`: greedy suppression of boxes that also says which better box each one was removed for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.box_arithmetic import pairwise_iou


class Suppression(NamedTuple):
    """What became of N boxes.

    Attributes:
        kept: int64 (K,), the boxes that stay, best first.
        by: int64 (N,), the box that each was removed for; -1: none, it stays or is left over by `count`.
        overlap: float32 (N,), the IoU with that box; 0 where there is none.
    """

    kept: NDArray[np.int64]
    by: NDArray[np.int64]
    overlap: NDArray[np.float32]


def suppressors(
    boxes: NDArray[np.float32],
    scores: NDArray[np.float32],
    threshold: float,
    count: int,
    class_ids: NDArray[np.int32] | None = None,
) -> Suppression:
    """`inference.suppression.greedy_nms`, with the reason for each box that goes; the arguments are the same.

    Example:
        >>> boxes = np.float32([[0, 0, 9, 9], [0, 0, 9, 9], [20, 20, 29, 29]])
        >>> found = suppressors(boxes, np.float32([0.5, 0.9, 0.7]), 0.3, 1)
        >>> found.kept.tolist(), found.by.tolist()
        ([1], [1, -1, -1])
    """
    order = np.argsort(-scores, kind="stable")
    by, overlap = np.full(len(boxes), -1, np.int64), np.zeros(len(boxes), np.float32)
    kept: list[int] = []
    limit = np.float32(threshold)
    for place, index in enumerate(order):
        if len(kept) == count:
            break
        if by[index] >= 0:
            continue
        kept.append(int(index))
        rest = order[place + 1 :]
        rest = rest[by[rest] < 0]
        if class_ids is not None:
            rest = rest[class_ids[rest] == class_ids[index]]
        ious = pairwise_iou(boxes[index][None], boxes[rest])[0]
        gone = ious > limit
        by[rest[gone]] = index
        overlap[rest[gone]] = ious[gone]
    return Suppression(np.array(kept, np.int64), by, overlap)
