"""Pictures of filters: the first layer's as small colour pictures, and the norms of a layer as cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Side of a first-layer filter with its gap, in pixels, and how many stand in a row.
FILTER_SIDE, FILTERS_A_ROW = 44, 16

#: How many norms stand in a row.
CELLS_A_ROW = 50

#: BGR. Norms go from the light to the dark colour; what stands out has a colour of its own.
_GROUND = (255, 255, 255)
_LIGHT, _DARK = np.array((250, 241, 230), np.float64), np.array((110, 60, 0), np.float64)
_DEAD, _EXPLODING, _BROKEN = (0, 94, 213), (167, 121, 204), (0, 0, 0)


def filter_sheet(kernel: NDArray[Any], channel_order: str) -> NDArray[np.uint8]:
    """The filters of a first layer as colour pictures in a grid, row by row in the order of their indices.

    Each filter is scaled by its own largest weight: grey is 0, lighter is above, darker below. Those that are zero, or
    not finite, are grey all over.

    Args:
        kernel: (kh, kw, 3, out).
        channel_order: "RGB" or "BGR", of the kernel's third axis.

    Returns:
        uint8 (H, W, 3) BGR.
    """
    filters = np.moveaxis(kernel.astype(np.float64), -1, 0)
    if channel_order == "RGB":
        filters = filters[..., ::-1]
    side = max(1, (FILTER_SIDE - 4) // max(filters.shape[1:3]))
    rows = -(-len(filters) // FILTERS_A_ROW)
    sheet = np.full((rows * FILTER_SIDE, min(len(filters), FILTERS_A_ROW) * FILTER_SIDE, 3), _GROUND, np.uint8)
    for number, values in enumerate(filters):
        values = np.where(np.isfinite(values).all(), values, 0.0)
        largest = np.abs(values).max() or 1.0
        shown = np.rint(127.5 + 127.5 * values / largest).astype(np.uint8)
        shown = shown.repeat(side, axis=0).repeat(side, axis=1)
        top, left = number // FILTERS_A_ROW * FILTER_SIDE, number % FILTERS_A_ROW * FILTER_SIDE
        sheet[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    return sheet


def norm_cells(norms: NDArray[np.float64], dead: NDArray[np.bool_], exploding: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """One pixel for each filter, the darker the larger its norm, `CELLS_A_ROW` in a row; the last row ends white.

    Dead filters are orange, exploding ones pink, those that are not finite black; the darkest blue is the largest norm
    among the others.

    Args:
        norms: (N,).
        dead, exploding: (N,).

    Returns:
        uint8 (rows, at most `CELLS_A_ROW`, 3) BGR.
    """
    usual = np.isfinite(norms) & ~exploding
    largest = float(norms[usual].max(initial=0.0)) or 1.0
    share = np.clip(np.where(usual, norms, 0.0) / largest, 0, 1)[:, None]
    colors = np.rint(_LIGHT + (_DARK - _LIGHT) * share).astype(np.uint8)
    colors[dead], colors[exploding], colors[~np.isfinite(norms)] = _DEAD, _EXPLODING, _BROKEN
    width = min(len(norms), CELLS_A_ROW)
    sheet = np.full((-(-len(norms) // width) * width, 3), _GROUND, np.uint8)
    sheet[: len(norms)] = colors
    return sheet.reshape(-1, width, 3)
