"""Mini masks: each object's mask at one small size over its box, so that a batch of them fits into memory.

Matterport's USE_MINI_MASK. A mini mask holds the share of each cell that the object covers, so that little is lost: for
a disk or an ellipse 20 to 400 pixels across, 56 x 56 cells restore a mask with an IoU above 0.97.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.inference.unmolding import paste_with_border


def minimize(mask: MaskCrop, box: Sequence[float] | NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Converts a mask to a grid of `shape` cells over its box.

    Args:
        mask: of the whole picture; what lies outside the box is lost.
        box: x1 y1 x2 y2, half-open pixels, whole or not, of some width and height.
        shape: cells down and across (`config.mini_mask_shape`).

    Returns:
        float32 array `shape`, 0..1: the covered share of each cell's area, exact.
    """
    if not mask.bitmap.size:
        return np.zeros(shape, np.float32)
    x1, y1, x2, y2 = (float(side) for side in box)
    rows = _average(mask.bitmap, y1 - mask.top, y2 - mask.top, shape[0])
    return np.clip(_average(rows.T, x1 - mask.left, x2 - mask.left, shape[1]).T, 0, 1)


def _average(values: NDArray[Any], start: float, end: float, cells: int) -> NDArray[np.float32]:
    """Means of the rows of (n, k), zero beyond them, over equal cells between two places: float32 (cells, k).

    Computed from cumulative sums; a matrix product would start OpenBLAS's threads, which take the cores from the
    training step.
    """
    n = len(values)
    sums = np.zeros((n + 1, values.shape[1]), np.float32)
    np.cumsum(values, axis=0, out=sums[1:])
    edges = np.clip(np.linspace(start, end, cells + 1), 0, n)
    row = np.minimum(edges.astype(np.intp), n - 1)
    upto = sums[row] + (edges - row).astype(np.float32)[:, None] * values[row]
    return np.diff(upto, axis=0) * np.float32(cells / (end - start))


def expand(mini: NDArray[np.float32], box: Sequence[float] | NDArray[Any], size: tuple[int, int]) -> MaskCrop:
    """Converts a mini mask back to a mask in a picture of (height, width): the inverse of `minimize`."""
    x1, y1, x2, y2 = (float(side) for side in box)
    return paste_with_border(np.asarray(mini, np.float32), np.array([y1, x1, y2, x2]), size, border=0)
