"""Boxes of the network's frame in pixels of its input and of the photo, with fractions, to draw and compare them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.molding import Molded
from maskseg_cli.model.box_frames import LAST_PIXEL, normalize_boxes


def input_boxes(boxes: NDArray[Any], molded: Molded, config: MaskRCNNConfig) -> NDArray[np.float32]:
    """Boxes (N, 4) of the network's frame -> (x1, y1, x2, y2) in half-open pixels of its input, float32 (N, 4)."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    if config.box_frame == "normalized":
        height, width = molded.image.shape[:2]
        pixels = boxes * [height - 1, width - 1, height - 1, width - 1] + [0, 0, 1, 1]
    else:
        last = LAST_PIXEL[config.box_frame]
        pixels = boxes + [0, 0, last, last]
    return _corners(pixels)


def photo_boxes(boxes: NDArray[Any], molded: Molded, config: MaskRCNNConfig) -> NDArray[np.float32]:
    """Boxes (N, 4) of the network's frame -> (x1, y1, x2, y2) in half-open pixels of the photo, float32 (N, 4).

    The arithmetic is that of `inference.unmolding`, but nothing is rounded or clipped to the photo.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    height, width = molded.original_shape[:2]
    if config.box_frame == "normalized":
        y1, x1, y2, x2 = normalize_boxes(np.array([molded.window]), *molded.image.shape[:2])[0]
        extent = np.maximum([y2 - y1, x2 - x1, y2 - y1, x2 - x1], 1e-9)
        pixels = (boxes - [y1, x1, y1, x1]) / extent * [height - 1, width - 1, height - 1, width - 1] + [0, 0, 1, 1]
    else:
        top, left, bottom, right = molded.window
        last, scale_y, scale_x = LAST_PIXEL[config.box_frame], (bottom - top) / height, (right - left) / width
        pixels = (boxes - [top, left, top, left]) / [scale_y, scale_x, scale_y, scale_x] + [0, 0, last, last]
    return _corners(pixels)


def _corners(boxes: NDArray[np.float64]) -> NDArray[np.float32]:
    """(y1, x1, y2, x2) -> (x1, y1, x2, y2), float32 (N, 4)."""
    return boxes[:, [1, 0, 3, 2]].astype(np.float32)
