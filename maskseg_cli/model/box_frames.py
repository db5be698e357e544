"""Boxes (y1, x1, y2, x2) between half-open pixels and a network's frame (see `boxes`), in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Frame -> what is added to y2 - y1 for a box's height.
LAST_PIXEL = {"normalized": 0.0, "pixels": 1.0, "edges": 0.0}


def normalize_boxes(boxes: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Half-open pixels (N, 4) -> Matterport's normalized frame, float32 (computed in float64).

    Args:
        boxes: (N, 4), half-open pixels of the padded image.
        height, width: of that image; at least 2 pixels each.

    Example:
        >>> normalize_boxes(np.array([[0, 0, 48, 64]]), 48, 64).tolist()
        [[0.0, 0.0, 1.0, 1.0]]
    """
    scale = np.array([height - 1, width - 1, height - 1, width - 1], dtype=np.float64)
    shift = np.array([0, 0, 1, 1], dtype=np.float64)
    return ((np.asarray(boxes) - shift) / scale).astype(np.float32)


def to_frame(boxes: NDArray[Any], height: int, width: int, frame: str) -> NDArray[np.float32]:
    """Half-open pixels (N, 4) of a molded picture of height x width -> a network's frame, float32 (N, 4).

    Args:
        frame: "pixels", "edges" or "normalized" (`MaskRCNNConfig.box_frame`).
    """
    if frame == "normalized":
        return normalize_boxes(boxes, height, width)
    last = LAST_PIXEL[frame]
    return (np.asarray(boxes, np.float64) - [0, 0, last, last]).astype(np.float32)


def frame_window(height: int, width: int, frame: str) -> NDArray[np.float32]:
    """The whole of an image of height x width pixels, float32 (4,), in the network's frame."""
    return to_frame(np.array([[0, 0, height, width]]), height, width, frame)[0]


def denormalize_boxes(boxes: NDArray[Any], height: int, width: int) -> NDArray[np.int32]:
    """Matterport's normalized frame (N, 4) -> half-open pixels, rounded half to even, int32.

    The inverse of `normalize_boxes` for boxes of whole pixels.
    """
    scale = np.array([height - 1, width - 1, height - 1, width - 1])
    shift = np.array([0, 0, 1, 1])
    return np.around(np.multiply(boxes, scale) + shift).astype(np.int32)
