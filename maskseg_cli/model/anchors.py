"""Anchors: the reference boxes that the region-proposal network refines (Faster R-CNN, section 3.1.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.model.box_frames import to_frame


def anchor_sizes(scale: float, ratios: tuple[float, ...]) -> NDArray[np.float64]:
    """Heights and widths, float64 (len(ratios), 2), of anchors of equal area scale²; a ratio is width / height.

    Example:
        >>> anchor_sizes(32, (0.25, 1)).tolist()
        [[64.0, 16.0], [32.0, 32.0]]
    """
    roots = np.sqrt(np.asarray(ratios, dtype=np.float64))
    return np.stack([scale / roots, scale * roots], axis=1)


def cell_anchor_sizes(config: MaskRCNNConfig) -> list[NDArray[np.float64]]:
    """The (height, width) of one cell's anchors, float64 (A, 2), for each feature map.

    With several rpn_anchor_scales a map, all ratios of the first scale come first.
    """
    if config.rpn_anchor_sizes:
        return [np.asarray(config.rpn_anchor_sizes, dtype=np.float64)] * len(config.backbone_strides)
    many = scales_per_map(config)
    sizes = [anchor_sizes(scale, config.rpn_anchor_ratios) for scale in config.rpn_anchor_scales]
    return [np.concatenate(sizes[first : first + many]) for first in range(0, len(sizes), many)]


def scales_per_map(config: MaskRCNNConfig) -> int:
    """How many of rpn_anchor_scales belong to each map."""
    return max(1, len(config.rpn_anchor_scales) // len(config.backbone_strides))


def anchors_per_cell(config: MaskRCNNConfig) -> int:
    """The number of anchors in each cell of the region-proposal head."""
    return len(config.rpn_anchor_sizes) or len(config.rpn_anchor_ratios) * scales_per_map(config)


def level_anchors(
    sizes: NDArray[np.float64],
    map_shape: tuple[int, int],
    stride: int | tuple[int, int],
    anchor_stride: int = 1,
    offset: float = 0.0,
    rounded: bool = False,
) -> NDArray[np.float64]:
    """Computes all anchors of one feature map.

    Args:
        sizes: float array (A, 2), height and width in pixels.
        map_shape: rows and columns of the map.
        stride: pixels of the image from one cell to the next; or those from row to row and from column to column.
        anchor_stride: 1 gives every cell its anchors, 2 every other one, ...
        offset: position of a centre within its cell, in pixels.
        rounded: corners about the centre are whole pixels, halves even.

    Returns:
        float64 array (cells * A, 4), (y1, x1, y2, x2) in half-open pixels; ordered by row, column, then size. Not
        clipped.
    """
    down, across = (stride, stride) if isinstance(stride, int) else stride
    rows = np.arange(0, map_shape[0], anchor_stride) * down + offset
    columns = np.arange(0, map_shape[1], anchor_stride) * across + offset
    y, x = np.meshgrid(rows, columns, indexing="ij")
    centres = np.stack([y, x], axis=-1)[:, :, None, :]
    half = np.rint(0.5 * sizes) if rounded else 0.5 * sizes
    corners = np.concatenate([centres - half, centres + half], axis=-1)
    return corners.reshape(-1, 4)


def feature_map_shapes(config: MaskRCNNConfig, height: int, width: int) -> list[tuple[int, int]]:
    """Rows and columns of each feature map for an image of height x width pixels."""
    return [(-(-height // stride), -(-width // stride)) for stride in config.backbone_strides]


def level_counts(config: MaskRCNNConfig, height: int, width: int) -> list[int]:
    """The number of anchors of each feature map for an image of height x width pixels."""
    each, step = anchors_per_cell(config), config.rpn_anchor_stride
    return [
        -(-rows // step) * -(-columns // step) * each for rows, columns in feature_map_shapes(config, height, width)
    ]


def image_anchors(config: MaskRCNNConfig, height: int, width: int) -> NDArray[np.float64]:
    """All anchors for an image of height x width pixels, float64 (N, 4) in half-open pixels, level by level.

    A 1024 x 1024 image has 261,888 of them with Matterport's COCO options.
    """
    shapes = feature_map_shapes(config, height, width)
    steps: list[int | tuple[int, int]] = list(config.backbone_strides)
    if config.rpn_strides_from_maps:
        steps = [(height // rows, width // columns) for rows, columns in shapes]
    levels = [
        level_anchors(
            sizes, shape, step, config.rpn_anchor_stride, config.rpn_anchor_offset, config.rpn_anchor_rounding
        )
        for sizes, shape, step in zip(cell_anchor_sizes(config), shapes, steps, strict=True)
    ]
    return np.concatenate(levels)


class AnchorCache:
    """Anchors in the frame of the network's boxes, kept for the last few image sizes.

    A call with the height and width of the molded image returns a float32 array (N, 4), which is shared: do not change
    it.

    Args:
        config: the network's options.
        sizes_kept: image sizes whose anchors stay in memory (4 MB for 1024 x 1024).

    Example:
        >>> from maskseg_cli.config import LITE
        >>> AnchorCache(LITE)(400, 600).shape
        (14250, 4)
    """

    def __init__(self, config: MaskRCNNConfig, sizes_kept: int = 8) -> None:
        self.config = config
        maps = len(config.backbone_strides)
        if not config.rpn_anchor_sizes and len(config.rpn_anchor_scales) != maps * scales_per_map(config):
            raise UsageError(
                f"rpn_anchor_scales has {len(config.rpn_anchor_scales)} entries and backbone_strides {maps}: each map "
                "of the network has one stride and one scale, or as many scales as the others."
            )
        self._anchors = lru_cache(maxsize=sizes_kept)(self._make)

    def __call__(self, height: int, width: int) -> NDArray[np.float32]:
        return self._anchors(height, width)

    def _make(self, height: int, width: int) -> NDArray[Any]:
        return to_frame(image_anchors(self.config, height, width), height, width, self.config.box_frame)
