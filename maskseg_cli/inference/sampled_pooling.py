"""PyTorch's RoIAlign in NumPy and float32: the option roi_align "samples", as model/sampled_roi_align.py computes it.

A bin's value is the mean of bilinear samples at the crossings of some rows and columns. It is therefore a product of
three matrices: weights of the map's rows, the part of the map that the box covers, and weights of its columns. That
takes far less time than to compute every sample, however many there are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config.mask_rcnn_config import CANONICAL_LEVEL, CANONICAL_SIDE, MaskRCNNConfig

Float = NDArray[np.float32]

#: Boxes of one piece of work.
_CHUNK = 64


class SampledPooling:
    """Pools features of fixed size for boxes, each from its own level.

    Args:
        config: backbone_strides, roi_aligned, roi_samples, roi_level, roi_level_epsilon.
        size: rows and columns of the result.
        threads: that work at the same time; None: one for each core.
    """

    def __init__(self, config: MaskRCNNConfig, size: int, threads: int | None = None) -> None:
        self._config, self._size = config, size
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="maskseg-pooling")

    def __call__(
        self, maps: Sequence[Float], boxes: Float, image_index: NDArray[np.int32], height: int, width: int
    ) -> tuple[list[Float], NDArray[np.int64]]:
        """Pools the features of boxes; arguments and results as those of `openvino_pooling.RoiPooling`."""
        result = np.empty((len(boxes), self._size, self._size, maps[0].shape[-1]), np.float32)
        levels = box_levels(boxes, self._config)
        work = []
        for level, (feature_map, stride) in enumerate(zip(maps, self._config.backbone_strides, strict=False), start=2):
            rows = np.flatnonzero(levels == level)
            work += [(rows[i : i + _CHUNK], feature_map, stride) for i in range(0, len(rows), _CHUNK)]

        def pool(part: tuple[NDArray[np.int64], Float, int]) -> None:
            rows, feature_map, stride = part
            axes = [
                axis_weights(boxes[rows][:, [axis, axis + 2]], stride, feature_map.shape[1 + axis], self._size, config)
                for axis in (0, 1)
            ]
            for number, row in enumerate(rows):
                (top, bottom, vertical), (left, right, horizontal) = (
                    (first[number], last[number], weights[number]) for first, last, weights in axes
                )
                covered = feature_map[image_index[row], top:bottom, left:right]
                across = np.matmul(horizontal[:, : right - left], covered)  # (rows of the map, size, c)
                down = vertical[:, : bottom - top] @ across.reshape(bottom - top, -1)
                result[row] = down.reshape(result.shape[1:])

        config = self._config
        for _ in self._pool.map(pool, work):
            pass
        return [result], np.arange(len(boxes))


def box_levels(boxes: Float, config: MaskRCNNConfig) -> NDArray[np.int32]:
    """The level, 2..5, from which each box (N, 4) in pixels is taken, int32 (N,); boxes of no area get level 2.

    Args:
        config: roi_level, roi_level_epsilon.

    Example:
        >>> config = MaskRCNNConfig(roi_level="floor")
        >>> box_levels(np.float32([[0, 0, 224, 224], [0, 0, 223, 223], [0, 0, 900, 900]]), config).tolist()
        [4, 3, 5]
    """
    sides = np.sqrt(np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32(0)))
    level = np.full(len(boxes), 2, np.float32)
    solid = sides > 0
    exponent = np.log2(sides[solid] / np.float32(CANONICAL_SIDE))
    level[solid] = np.float32(CANONICAL_LEVEL) + exponent + np.float32(config.roi_level_epsilon)
    level = np.floor(level) if config.roi_level == "floor" else np.round(level)
    return np.clip(level, 2, 5).astype(np.int32)


def axis_weights(
    spans: Float, stride: int, length: int, size: int, config: MaskRCNNConfig
) -> tuple[NDArray[np.int64], NDArray[np.int64], Float]:
    """What each bin takes of a map's cells along one axis.

    Args:
        spans: float32 (N, 2), first and last edge of each box in pixels.
        stride: pixels a cell.
        length: cells of the map.
        size: bins.
        config: roi_aligned, roi_samples.

    Returns:
        int64 (N,) the first cell that has a weight, int64 (N,) the cell after the last one, and float32
        (N, size, m): weights of the cells from the first one on; those of samples beyond the map are 0.
    """
    near = spans[:, 0] / np.float32(stride)
    extent = spans[:, 1] / np.float32(stride) - near
    if config.roi_aligned:
        near = near - np.float32(0.5)
    else:
        extent = np.maximum(extent, np.float32(1))
    if config.roi_samples:
        samples = np.full(len(spans), config.roi_samples)
    else:
        samples = np.maximum(np.ceil(extent / np.float32(size)).astype(np.int64), 1)
    # All samples as one row: (N, most samples of a box), those of a box with fewer have no weight.
    most = size * int(samples.max(initial=1))
    number = np.arange(most)
    counted = number < (size * samples)[:, None]
    share = (number.astype(np.float32) + np.float32(0.5)) / (size * samples)[:, None].astype(np.float32)
    position = near[:, None] + extent[:, None] * share
    counted &= (position >= -1) & (position <= length)
    position = np.clip(position, 0, length - 1)
    low = np.minimum(position.astype(np.int64), max(length - 2, 0))
    high = np.minimum(low + 1, length - 1)
    far = position - low
    first = np.where(counted, low, length - 1).min(axis=1)
    last = np.maximum(np.where(counted, high, 0).max(axis=1) + 1, first + 1)
    bins = np.minimum(number // samples[:, None], size - 1)
    cells = int((last - first).max(initial=1))
    place = (np.arange(len(spans))[:, None] * size + bins) * cells - first[:, None]
    weight = counted / samples[:, None]
    total = np.zeros(len(spans) * size * cells)
    for cell, share_of_cell in ((low, 1 - far), (high, far)):
        chosen = counted
        total += np.bincount((place + cell)[chosen], (weight * share_of_cell)[chosen], len(total))
    return first, last, total.reshape(len(spans), size, cells).astype(np.float32)
