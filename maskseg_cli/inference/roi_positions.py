"""Where RoIAlign takes its samples, in NumPy and float32: rectangles for OpenVINO's operation, and samples that are 0.

The arithmetic is that of model/roi_align.py and of `tf.image.crop_and_resize`, operation by operation: at the map's far
edge one rounding step decides whether a sample lies on the map or beyond it, where it is 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


class Samples(NamedTuple):
    """A grid of samples for each box.

    Attributes:
        rectangles: float32 (N, 4), (x1, y1, x2, y2) in cells of the map, whose cell (0, 0) has its centre at (0, 0);
            one sample lies in the middle of each of their grid x grid parts.
        rows, columns: bool (N, grid), whether the samples of a row or column lie on the map.
    """

    rectangles: Float
    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]


def pyramid_levels(boxes: Float, height: int, width: int) -> NDArray[np.int32]:
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


def corner_samples(boxes: Float, height: int, width: int, grid: int) -> Samples:
    """The samples of `tf.image.crop_and_resize`: the first and last ones on the corners of normalized boxes (N, 4).

    Args:
        boxes: (N, 4), normalized: 1 is the centre of the map's last cell.
        height, width: of the map, in cells.
        grid: samples in each direction.
    """
    starts, steps, kept = zip(
        *(_crop_axis(boxes[:, axis], boxes[:, axis + 2], length, grid) for axis, length in ((0, height), (1, width))),
        strict=True,
    )
    (y, x), (step_y, step_x) = starts, steps
    first_y, first_x = y - step_y / 2, x - step_x / 2
    sides = [first_x, first_y, first_x + grid * step_x, first_y + grid * step_y]
    return Samples(np.stack(sides, axis=1).astype(np.float32), *kept)


def bin_samples(boxes: Float, stride: int, height: int, width: int, grid: int) -> Samples:
    """The samples of the paper's RoIAlign in boxes of pixels (N, 4), 0 beyond the centre of the map's last cells.

    Args:
        boxes: (N, 4), first and last pixels.
        stride: pixels per cell.
        height, width: of the map, in cells.
        grid: samples in each direction: those of all bins.
    """
    near = boxes[:, :2] / np.float32(stride)
    size = np.maximum(boxes[:, 2:] / np.float32(stride) - near, np.float32(1))
    first = near + size * np.float32(0.5 / grid)
    last = near + size * np.float32((grid - 0.5) / grid)
    extent = np.maximum(np.array([height, width], np.float32) - 1, np.float32(1))
    crops = np.concatenate([first / extent, last / extent], axis=1)
    kept = [_crop_axis(crops[:, axis], crops[:, axis + 2], (height, width)[axis], grid)[2] for axis in (0, 1)]
    # On a map of a single row or column every sample lies on it.
    single = np.array([height == 1, width == 1])
    near, size = np.where(single, np.float32(0), near), np.where(single, np.float32(1), size)
    return Samples(np.concatenate([near[:, ::-1], (near + size)[:, ::-1]], axis=1), *kept)


def _crop_axis(first: Float, last: Float, length: int, grid: int) -> tuple[Float, Float, NDArray[np.bool_]]:
    """First position and step in cells (N,), and which of the samples (N, grid) lie on the map."""
    extent = np.float32(length - 1)
    if grid > 1:
        start = first * extent
        step = (last - first) * extent / np.float32(grid - 1)
        positions = start[:, None] + np.arange(grid, dtype=np.float32) * step[:, None]
    else:
        start = np.float32(0.5) * (first + last) * extent
        step = np.ones_like(start)
        positions = start[:, None]
    return start, step, (positions >= 0) & (positions <= extent)
