"""Where RoIAlign takes its values, in NumPy and float32: for each cell of the result, cells of the map and weights.

The arithmetic is that of model/roi_align.py and of `tf.image.crop_and_resize`, operation by operation: at the map's far
edge one rounding step decides whether a sample lies on the map or beyond it, where it is 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int32]

#: Samples in each direction of a bin, of the kinds "bins" and "bins_clamped".
BIN_SAMPLES = 2

#: Cells of the map in one result of the kinds "corners" (one bilinear sample) and "bins" (2 x 2 of them).
CORNER_TAPS, BIN_TAPS = 4, 4 * BIN_SAMPLES**2


class Taps(NamedTuple):
    """Each result is a weighted sum of cells of the map.

    Attributes:
        cells: int32 (N * p * p, taps), rows of a map (B, h, w, c) seen as (B * h * w, c).
        weight: float32 (N * p * p, taps); 0 for samples beyond the map.
    """

    cells: Int
    weight: Float


def pyramid_levels(boxes: Float, height: int, width: int) -> Int:
    """The level, 2..5, from which each normalized box (N, 4) is taken (FPN, eq. 1).

    Args:
        boxes: (N, 4), normalized.
        height, width: of the padded image, in pixels.

    Example:
        >>> pyramid_levels(np.array([[0, 0, 0.21875, 0.21875], [0, 0, 1, 1], [0, 0, 0, 1]]), 1024, 1024).tolist()
        [4, 5, 2]
    """
    boxes = np.asarray(boxes, np.float32)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    unit = np.float32(224) / np.sqrt(np.float32(height * width))
    exponent = np.full(len(boxes), -2, np.float32)  # of a box of no area
    has_area = area > 0
    exponent[has_area] = np.round(np.log(np.sqrt(area[has_area]) / unit) / np.log(np.float32(2)))
    return np.clip(4 + exponent.astype(np.int32), 2, 5)


def corner_taps(boxes: Float, image_index: Int, height: int, width: int, size: int) -> Taps:
    """One sample a cell, the first and last ones on the corners of normalized boxes (N, 4).

    Args:
        boxes: (N, 4), normalized: 1 is the centre of the map's last cell.
        image_index: (N,), the image of each box.
        height, width: of the map, in cells.
        size: rows and columns of the result.
    """
    axes = []
    for axis, length in enumerate((height, width)):
        positions = _crop_positions(boxes[:, axis], boxes[:, axis + 2], length, size)
        axes.append(_bilinear(positions, length, length))
    return _combined(axes, image_index, height, width)


def bin_taps(boxes: Float, image_index: Int, stride: int, height: int, width: int, size: int, clamped: bool) -> Taps:
    """The paper's RoIAlign: each bin is the average of 2 x 2 samples; boxes (N, 4) have at least the size of one cell.

    Args:
        boxes: (N, 4), first and last pixels.
        image_index: (N,), the image of each box.
        stride: pixels per cell.
        height, width: of the map, in cells.
        size: bins in each direction.
        clamped: whether the values of the map's last cells are used up to one cell beyond their centres; else 0 is.
    """
    near = boxes[:, :2] / np.float32(stride)
    extent_of_box = np.maximum(boxes[:, 2:] / np.float32(stride) - near, np.float32(1))
    grid = size * BIN_SAMPLES
    first = near + extent_of_box * np.float32(0.5 / grid)
    last = near + extent_of_box * np.float32((grid - 0.5) / grid)
    axes = []
    for axis, length in enumerate((height, width)):
        padded = length + 1 if clamped else length
        extent = np.float32(max(padded - 1, 1))
        positions = _crop_positions(first[:, axis] / extent, last[:, axis] / extent, padded, grid)
        index, weight = _bilinear(positions, padded, length)
        shape = (len(boxes), size, 2 * BIN_SAMPLES)
        axes.append((index.reshape(shape), weight.reshape(shape) / np.float32(BIN_SAMPLES)))
    return _combined(axes, image_index, height, width)


def _crop_positions(first: Float, last: Float, length: int, count: int) -> Float:
    """Positions (N, count) in cells from normalized first and last ones (N,), as crop_and_resize computes them."""
    extent = np.float32(length - 1)
    if count == 1:
        return (np.float32(0.5) * (first + last) * extent)[:, None]
    step = (last - first) * extent / np.float32(count - 1)
    return (first * extent)[:, None] + np.arange(count, dtype=np.float32) * step[:, None]


def _bilinear(positions: Float, padded: int, length: int) -> tuple[Int, Float]:
    """The two neighbours of each position (N, n) and their weights, both (N, n, 2); weights 0 beyond the map.

    Args:
        padded: cells of the map, with the repeated last one where there is one.
        length: cells of the map without it.
    """
    on_map = (positions >= 0) & (positions <= padded - 1)
    positions = np.where(on_map, positions, np.float32(0))
    low = np.floor(positions)
    far = positions - low
    neighbours = np.stack([low, np.ceil(positions)], axis=-1).astype(np.int32)
    weight = np.stack([1 - far, far], axis=-1) * on_map[..., None]
    return np.minimum(neighbours, length - 1), weight.astype(np.float32)


def _combined(axes: list[tuple[Int, Float]], image_index: Int, height: int, width: int) -> Taps:
    """Taps of both directions from those of rows and of columns, each (N, p, t)."""
    (y, wy), (x, wx) = axes
    rows = (np.asarray(image_index, np.int32)[:, None, None] * np.int32(height) + y) * np.int32(width)
    index = rows[:, :, None, :, None] + x[:, None, :, None, :]
    weight = wy[:, :, None, :, None] * wx[:, None, :, None, :]
    taps = y.shape[-1] * x.shape[-1]
    return Taps(index.reshape(-1, taps), weight.reshape(-1, taps))
