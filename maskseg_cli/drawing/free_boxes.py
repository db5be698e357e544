"""Boxes with fractions of a pixel that may reach out of the picture: dashed for what was before, solid for after."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.dashes import draw_dashes
from maskseg_cli.drawing.drawing_options import Color

#: Fixed-point coordinates: 16ths of a pixel.
_SHIFT = 4


def draw_dashed_box(
    canvas: NDArray[np.uint8], box: NDArray[np.float32], color: Color, line_width: int = 1, dash: float = 6.0
) -> None:
    """Draws a box, x1 y1 x2 y2 in half-open pixels, as dashes; its lines run through the middle of its border pixels.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        box: float (4,); nothing is drawn where it is not finite.
        color: (blue, green, red).
        line_width, dash: in pixels.
    """
    if not np.isfinite(box).all():
        return
    x1, y1, x2, y2 = _near(canvas, box)
    x2, y2 = max(x1, x2 - 1), max(y1, y2 - 1)
    draw_dashes(canvas, np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32), color, line_width, dash)


def draw_solid_box(canvas: NDArray[np.uint8], box: NDArray[np.float32], color: Color, line_width: int = 1) -> None:
    """Draws a box; the arguments are those of `draw_dashed_box`."""
    if not np.isfinite(box).all():
        return
    x1, y1, x2, y2 = (round(side * (1 << _SHIFT)) for side in _near(canvas, box))
    one = 1 << _SHIFT
    corner = (max(x1, x2 - one), max(y1, y2 - one))
    cv2.rectangle(canvas, (x1, y1), corner, color, line_width, cv2.LINE_AA, _SHIFT)


def _near(canvas: NDArray[np.uint8], box: NDArray[np.float32]) -> list[float]:
    """The box without what is far outside of the picture: that of an untrained network may be a million pixels wide."""
    height, width = canvas.shape[:2]
    limits = np.array([width, height] * 2)
    near: list[float] = np.asarray(box, np.float64).clip(-limits, 2 * limits).tolist()
    return near
