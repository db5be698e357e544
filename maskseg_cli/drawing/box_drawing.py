"""Bounding boxes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color

#: Left, top, right, bottom in whole pixels; right and bottom are exclusive.
Rectangle = tuple[int, int, int, int]


def pixel_boxes(xyxy: NDArray[np.float32], height: int, width: int) -> list[Rectangle | None]:
    """Rounds boxes to the pixels that they cover inside the picture, at least one in each direction.

    Args:
        xyxy: float (N, 4), x1 y1 x2 y2 in pixels, x2 and y2 exclusive.
        height, width: of the picture, both above 0.

    Returns:
        N rectangles; None for a box that is not finite.
    """
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(xyxy).all(axis=1))
    limits = np.array([width, height, width, height])
    clipped = np.rint(np.clip(np.where(finite[:, None], xyxy, 0), 0, limits)).astype(int)
    rectangles: list[Rectangle | None] = []
    for (left, top, right, bottom), good in zip(clipped.tolist(), finite.tolist(), strict=True):
        left, top = min(left, width - 1), min(top, height - 1)
        rectangles.append((left, top, max(right, left + 1), max(bottom, top + 1)) if good else None)
    return rectangles


def draw_boxes(
    canvas: NDArray[np.uint8],
    boxes: Sequence[Rectangle | None],
    colors: Sequence[Color],
    line_width: int,
) -> None:
    """Draws each box as four strips without antialiasing, half of their width outside of the box.

    At the picture's edges, where the outer half would be lost, the whole width is inside.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        boxes: N rectangles inside the canvas; None is skipped.
        colors: N times (blue, green, red).
        line_width: in pixels.
    """
    height, width = canvas.shape[:2]
    outer = line_width // 2
    for box, color in zip(boxes, colors, strict=True):
        if box is None:
            continue
        # The frame's outer rectangle, inclusive as cv2.rectangle counts.
        left, top = max(box[0] - outer, 0), max(box[1] - outer, 0)
        right, bottom = min(box[2] + outer, width) - 1, min(box[3] + outer, height) - 1
        depth = line_width - 1
        # Strips of a box smaller than its line end at the frame's other side.
        inner_left, inner_right = max(right - depth, left), min(left + depth, right)
        inner_top, inner_bottom = max(bottom - depth, top), min(top + depth, bottom)
        cv2.rectangle(canvas, (left, top), (right, inner_bottom), color, cv2.FILLED)
        cv2.rectangle(canvas, (left, inner_top), (right, bottom), color, cv2.FILLED)
        cv2.rectangle(canvas, (left, top), (inner_right, bottom), color, cv2.FILLED)
        cv2.rectangle(canvas, (inner_left, top), (right, bottom), color, cv2.FILLED)
