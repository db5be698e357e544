"""Closed dashed lines, light on dark, so that they are seen on any picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.strokes import draw_closed_lines

#: Colour under the dashes, which shows in the gaps between them.
_GROUND = (0, 0, 0)
#: Fixed-point coordinates: 16ths of a pixel.
_SHIFT = 4


def draw_dashed_lines(
    canvas: NDArray[np.uint8],
    polygons: Sequence[Sequence[NDArray[np.float32]]],
    colors: Sequence[Color],
    line_width: int,
    dash: float = 6.0,
) -> None:
    """Draws the polygons of each object as dashes on a black line.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        polygons: as for `strokes.draw_closed_lines`.
        colors: (blue, green, red) of each object's dashes.
        line_width: in pixels.
        dash: length of a dash and of the gap behind it, in pixels; it is fitted to the length of each polygon.
    """
    draw_closed_lines(canvas, polygons, [_GROUND] * len(polygons), line_width + 1)
    for group, color in zip(polygons, colors, strict=True):
        for polygon in group:
            # OpenCV draws smooth lines of a thickness above 1 too wide, see `strokes`.
            draw_dashes(canvas, polygon, color, max(1, line_width - 1), dash)


def draw_dashes(
    canvas: NDArray[np.uint8], polygon: NDArray[np.float32], color: Color, line_width: int = 1, dash: float = 6.0
) -> None:
    """Draws one closed polygon as dashes with nothing in their gaps; see `draw_dashed_lines`."""
    lines = [_fixed_point(part) for part in dashes_of(polygon, dash)]
    cv2.polylines(canvas, lines, False, color, line_width, cv2.LINE_AA, _SHIFT)


def dashes_of(polygon: NDArray[np.float32], dash: float) -> list[NDArray[np.float32]]:
    """Cuts a closed polygon into dashes with gaps of the same length between them.

    Args:
        polygon: float32 (n, 2), x y; the first corner is not repeated.
        dash: wanted length in pixels.

    Returns:
        open lines, float32 (m, 2); at least one, which is half of the polygon.

    Example:
        >>> square = np.array([(0, 0), (8, 0), (8, 8), (0, 8)], np.float32)
        >>> [line.tolist() for line in dashes_of(square, 8)]
        [[[0.0, 0.0], [8.0, 0.0]], [[8.0, 8.0], [0.0, 8.0]]]
    """
    closed = np.concatenate([polygon, polygon[:1]]).astype(np.float64)
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    number = max(1, round(at[-1] / (2 * dash)))
    found = []
    for start in np.arange(number) * at[-1] / number:
        end = start + at[-1] / number / 2
        places = np.concatenate([[start], at[(at > start) & (at < end)], [end]])
        line = np.stack([np.interp(places, at, closed[:, 0]), np.interp(places, at, closed[:, 1])], axis=1)
        found.append(line.astype(np.float32))
    return found


def _fixed_point(line: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.rint(line * np.float32(1 << _SHIFT)).astype(np.int32)
