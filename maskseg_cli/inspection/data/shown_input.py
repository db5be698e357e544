"""Boxes of the network's frame drawn into a picture of its input, and pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.drawing.box_drawing import draw_boxes, pixel_boxes
from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.free_boxes import draw_dashed_box
from maskseg_cli.inference.molding import Molded
from maskseg_cli.inspection.photo_boxes import input_boxes

#: Blue, green, red. Of the palette of Okabe and Ito, which people with any colour vision tell apart.
GREEN, ORANGE, BLUE, YELLOW, WHITE = (115, 158, 0), (0, 159, 230), (178, 114, 0), (66, 228, 240), (255, 255, 255)


def draw_frame_boxes(
    picture: NDArray[np.uint8],
    boxes: NDArray[Any],
    colors: Sequence[Color] | Color,
    molded: Molded,
    config: MaskRCNNConfig,
    line_width: int = 1,
) -> None:
    """Draws boxes (N, 4) of the network's frame into a picture of its input, in place."""
    corners = input_boxes(boxes, molded, config)
    each = colors if isinstance(colors, list) else [colors] * len(corners)
    draw_boxes(picture, pixel_boxes(corners, *picture.shape[:2]), each, line_width)  # type: ignore[arg-type]


def draw_window(picture: NDArray[np.uint8], window: tuple[int, int, int, int]) -> None:
    """Draws a dashed line around the window (y1, x1, y2, x2) in half-open pixels, in place."""
    top, left, bottom, right = window
    draw_dashed_box(picture, np.array([left, top, right, bottom], np.float32), YELLOW, 2)


def enlarged(grid: NDArray[Any], cell: int) -> NDArray[np.uint8]:
    """A grid of values 0..1 as a gray picture, each cell `cell` pixels wide: uint8 (h * cell, w * cell, 3)."""
    gray = np.rint(np.clip(np.asarray(grid, np.float64), 0, 1) * 255).astype(np.uint8)
    return np.repeat(np.repeat(np.repeat(gray[:, :, None], cell, axis=0), cell, axis=1), 3, axis=2)


def beside(parts: Sequence[NDArray[np.uint8]], gap: int = 6) -> NDArray[np.uint8]:
    """Pictures side by side on white, at the top."""
    height = max(part.shape[0] for part in parts)
    width = sum(part.shape[1] for part in parts) + gap * (len(parts) - 1)
    sheet = np.full((height, width, 3), 255, np.uint8)
    left = 0
    for part in parts:
        sheet[: part.shape[0], left : left + part.shape[1]] = part
        left += part.shape[1] + gap
    return sheet
