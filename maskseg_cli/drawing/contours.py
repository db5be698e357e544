"""Outlines of masks as lines."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.outlines import mask_outlines
from maskseg_cli.drawing.strokes import draw_closed_lines

#: Corners nearer than this to the line without them, in pixels, are dropped (Douglas and Peucker, 1973): enough to
#: smooth the stairs of diagonal borders, too little to cut the corners of a rectangle.
_TOLERANCE = 0.4
#: Polygons of at most this many corners are not simplified: a dot would become a dash.
_SMALL = 12


def draw_contours(
    canvas: NDArray[np.uint8], masks: Sequence[MaskCrop], colors: Sequence[Color], line_width: int
) -> None:
    """Draws each mask's outline, holes and separate parts too: closed smooth lines along its true border.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        masks: N crops inside the canvas.
        colors: N times (blue, green, red).
        line_width: in pixels.
    """
    outlines = [[_simplified(polygon) for polygon in part] for part in mask_outlines(masks)]
    draw_closed_lines(canvas, outlines, colors, line_width)


def _simplified(polygon: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(polygon) <= _SMALL:
        return polygon
    return np.asarray(cv2.approxPolyDP(polygon, _TOLERANCE, closed=True), np.float32)[:, 0]
