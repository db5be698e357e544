"""Dashed and dotted lines: for what was before, where the solid line is what came of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color

#: Fixed-point coordinates: 16ths of a pixel.
_SHIFT = 4


def draw_dashed_lines(
    canvas: NDArray[np.uint8],
    corners: NDArray[np.float32],
    color: Color,
    line_width: int = 1,
    dash: float = 6.0,
    gap: float = 5.0,
) -> None:
    """Draws a closed polygon as dashes that go on around its corners.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        corners: float (n, 2), x y in pixels; the first corner is not repeated.
        color: (blue, green, red).
        line_width: in pixels.
        dash, gap: their lengths in pixels.
    """
    corners = np.asarray(corners, np.float64)
    if len(corners) < 2 or not np.isfinite(corners).all():
        return
    # Nothing is drawn far outside the picture: a box of an untrained network may be a million pixels wide.
    height, width = canvas.shape[:2]
    corners = corners.clip([-width, -height], [2 * width, 2 * height])
    closed = np.concatenate([corners, corners[:1]])
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    for start in np.arange(0, lengths[-1], dash + gap):
        end = min(start + dash, lengths[-1])
        places = np.concatenate([[start], lengths[(lengths > start) & (lengths < end)], [end]])
        line = np.stack([np.interp(places, lengths, closed[:, axis]) for axis in (0, 1)], axis=1)
        fixed = np.rint(line * (1 << _SHIFT)).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, color, line_width, cv2.LINE_AA, _SHIFT)


def draw_dashed_box(
    canvas: NDArray[np.uint8],
    box: NDArray[np.float32],
    color: Color,
    line_width: int = 1,
    dash: float = 6.0,
    gap: float = 5.0,
) -> None:
    """Draws a box, x1 y1 x2 y2 in half-open pixels, as dashes; its lines run through the middle of its border pixels.

    The other arguments are those of `draw_dashed_lines`.
    """
    x1, y1, x2, y2 = (float(side) for side in box)
    x2, y2 = max(x1, x2 - 1), max(y1, y2 - 1)
    draw_dashed_lines(
        canvas, np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32), color, line_width, dash, gap
    )


def draw_solid_box(canvas: NDArray[np.uint8], box: NDArray[np.float32], color: Color, line_width: int = 1) -> None:
    """Draws a box, x1 y1 x2 y2 in half-open pixels with fractions, which may reach out of the picture."""
    if not np.isfinite(box).all():
        return
    height, width = canvas.shape[:2]
    low, high = np.array([-width, -height] * 2), np.array([2 * width, 2 * height] * 2)
    x1, y1, x2, y2 = (np.asarray(box, np.float64).clip(low, high) * (1 << _SHIFT)).round().astype(int).tolist()
    one = 1 << _SHIFT
    corner = (max(x1, x2 - one), max(y1, y2 - one))
    cv2.rectangle(canvas, (x1, y1), corner, color, line_width, cv2.LINE_AA, _SHIFT)
