"""Closed smooth lines of any width, exactly on their polygon.

cv2.polylines with LINE_AA and a thickness of 2 or more draws lines one to two pixels too wide, more on one side than
on the other, and a round cap at every corner, which takes several times as long as the line itself. Its lines of
thickness 1 are exact. So a wide line is drawn as its two edges, each a smooth line of thickness 1,
with a plain thick line between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color

#: Fixed-point coordinates: 16ths of a pixel.
_SHIFT = 4
_UNIT = 1 << _SHIFT
#: Largest distance of the edges from a sharp corner, as a multiple of half the line width.
_MITER_LIMIT = 1.2


def draw_closed_lines(
    canvas: NDArray[np.uint8],
    polygons: Sequence[Sequence[NDArray[np.float32]]],
    colors: Sequence[Color],
    line_width: int,
) -> None:
    """Draws the polygons of each object, antialiased.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        polygons: for each of N objects, its polygons: float32 (n, 2), x y in pixels, (0, 0) at the centre of
            the top left pixel; closed, the first corner is not repeated.
        colors: N times (blue, green, red).
        line_width: in pixels.
    """
    flat = [polygon for group in polygons for polygon in group]
    if not flat:
        return
    corners = np.concatenate(flat).view(np.complex64)[:, 0]  # x + iy, so that one array operation is enough for both
    ends = np.cumsum([len(polygon) for polygon in flat])
    # The polygons that are drawn one over the other, and their thickness.
    layers: list[tuple[NDArray[np.complex64], int]] = []
    if line_width > 3:
        # OpenCV draws plain lines about two pixels too wide; the edges are drawn over that.
        layers.append((corners, line_width - 2))
    elif line_width != 2:
        layers.append((corners, 1))
    if line_width > 1:
        reach = np.float32((line_width - 1) / 2) * _corner_normals(corners, ends)
        layers += [(corners - reach, 1), (corners + reach, 1)]

    lines = [(_fixed_point(layer, ends), thickness) for layer, thickness in layers]
    done = 0
    for group, color in zip(polygons, colors, strict=True):
        part = slice(done, done + len(group))
        done += len(group)
        for line, thickness in lines if group else ():
            kind = cv2.LINE_AA if thickness == 1 else cv2.LINE_8
            cv2.polylines(canvas, line[part], True, color, thickness, kind, _SHIFT)


def _corner_normals(corners: NDArray[np.complex64], ends: NDArray[np.intp]) -> NDArray[np.complex64]:
    """Computes for each corner the offset to a parallel line at distance 1: the miter of its two edges."""
    starts = np.concatenate([[0], ends[:-1]])
    ahead = np.empty_like(corners)
    np.subtract(corners[1:], corners[:-1], out=ahead[:-1])
    ahead[ends - 1] = corners[starts] - corners[ends - 1]
    ahead /= np.maximum(np.abs(ahead), np.float32(1e-9))
    behind = np.empty_like(ahead)
    behind[1:] = ahead[:-1]
    behind[starts] = ahead[ends - 1]
    # The sum of two unit normals has the length 2 cos(turn / 2), their miter 1 / cos(turn / 2).
    both = ahead + behind
    squared = both.real**2 + both.imag**2
    return both * 1j * (np.float32(2) / np.maximum(squared, np.float32(4 / _MITER_LIMIT**2)))


def _fixed_point(corners: NDArray[np.complex64], ends: NDArray[np.intp]) -> list[NDArray[np.int32]]:
    """Converts each polygon to OpenCV's fixed-point coordinates, int32 (n, 2)."""
    scaled = np.rint(corners.view(np.float32) * np.float32(_UNIT)).astype(np.int32).reshape(-1, 2)
    stops = ends.tolist()
    return [scaled[start:stop] for start, stop in zip([0, *stops], stops, strict=False)]
