"""RoIAlign in OpenVINO: weighted sums of the map's cells, in float32 whatever the network's precision.

OpenVINO's own ROIAlign takes three to ten times as long on a processor, always on maps with channels first, and knows
neither samples at a box's corners nor zeros beyond the centre of the last cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from maskseg_cli.config.mask_rcnn_config import DETAIL_STRIDE, MaskRCNNConfig
from maskseg_cli.inference.openvino_requests import CompiledPart
from maskseg_cli.inference.roi_positions import (
    BIN_TAPS,
    CORNER_TAPS,
    Taps,
    bin_taps,
    corner_taps,
    pyramid_levels,
)


class RoiPooling:
    """Pools features of fixed size for boxes, by the kind and from the maps that the config says.

    Args:
        core: OpenVINO's.
        config: roi_align, backbone_strides.
        size: rows and columns of the result.
        channels: of each map.
        detail_size: rows and columns of the features from the map of stride 8, which is the second; None: none.
        block: boxes that one call of OpenVINO pools: it needs a fixed number, and the rest of the last block is waste.
        settings: for `openvino.Core.compile_model`; the precision is added.
    """

    def __init__(
        self,
        core: openvino.Core,
        config: MaskRCNNConfig,
        size: int,
        channels: Sequence[int],
        detail_size: int | None,
        block: int,
        settings: Mapping[str, Any],
    ) -> None:
        self._kind = config.roi_align
        taps = CORNER_TAPS if self._kind == "corners" else BIN_TAPS
        #: stride (of the kinds "bins") and size of each output
        self._grids = [(config.backbone_strides[0], size)]
        if detail_size is not None:
            self._grids.append((DETAIL_STRIDE, detail_size))
        self._sums = [
            WeightedSums(core, count, block * grid * grid, taps, settings)
            for count, (_, grid) in zip(channels, self._grids, strict=False)
        ]

    def __call__(
        self,
        maps: Sequence[NDArray[np.float32]],
        boxes: NDArray[np.float32],
        image_index: NDArray[np.int32],
        height: int,
        width: int,
    ) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
        """Pools the features of boxes.

        Args:
            maps: (B, h, w, c).
            boxes: float32 (N, 4) in the network's frame.
            image_index: int32 (N,).
            height, width: of the image, in pixels.

        Returns:
            features (N, p, p, c), with detail those of its map too; and int64 (N,): row i belongs to box order[i].
        """
        if self._kind == "corners":
            return self._from_pyramid(maps[:4], boxes, image_index, height, width)
        clamped = self._kind == "bins_clamped"
        pooled = []
        for feature_map, sums, (stride, size) in zip(maps, self._sums, self._grids, strict=False):
            taps = bin_taps(boxes, image_index, stride, feature_map.shape[1], feature_map.shape[2], size, clamped)
            pooled.append(_pool(sums, [feature_map], [taps], size))
        return pooled, np.arange(len(boxes))

    def _from_pyramid(
        self,
        maps: Sequence[NDArray[np.float32]],
        boxes: NDArray[np.float32],
        image_index: NDArray[np.int32],
        height: int,
        width: int,
    ) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
        """Each box from its own level; the result is in the order of the levels."""
        levels = pyramid_levels(boxes, height, width)
        rows = [np.flatnonzero(levels == level) for level in range(2, 6)]
        _, size = self._grids[0]
        taps = [
            corner_taps(boxes[row], image_index[row], feature_map.shape[1], feature_map.shape[2], size)
            for feature_map, row in zip(maps, rows, strict=True)
        ]
        return [_pool(self._sums[0], maps, taps, size)], np.concatenate(rows)


class WeightedSums:
    """Sums of weighted rows of a table, in blocks of a fixed number of sums.

    Args:
        core: OpenVINO's.
        channels: columns of the table.
        block: sums computed by one call.
        taps: rows of the table in one sum.
        settings: for `openvino.Core.compile_model`.
    """

    def __init__(self, core: openvino.Core, channels: int, block: int, taps: int, settings: Mapping[str, Any]) -> None:
        self.block, self.channels = block, channels
        table = ops.parameter([-1, channels], np.float32, "table")
        index = ops.parameter([block, taps], np.int32, "index")
        weight = ops.parameter([block, taps], np.float32, "weight")
        sums = ops.result(ops.embedding_bag_packed_sum(table, index, weight))
        model = openvino.Model([sums], [table, index, weight], "weighted_sums")
        self._part = CompiledPart(core, model, "CPU", {**settings, "INFERENCE_PRECISION_HINT": "f32"})

    def fill(self, result: NDArray[np.float32], start: int, table: NDArray[np.float32], taps: Taps) -> int:
        """Writes the sums into rows of `result` (at least one block longer than needed) from `start` on.

        Returns:
            the row after the last sum; rows from there to the block's end hold zeros.
        """
        count = len(taps.cells)
        with self._part.request() as request:
            request.set_input_tensor(0, _shared(table))
            for first in range(0, count, self.block):
                index, weight = (_block(array, first, self.block) for array in taps)
                request.set_input_tensor(1, _shared(index))
                request.set_input_tensor(2, _shared(weight))
                request.set_output_tensor(0, _shared(result[start + first : start + first + self.block]))
                # Not start_async and wait: they pass the work to another thread, which waits for a turn on busy cores.
                request.infer(share_outputs=True)
        return start + count


def _pool(
    sums: WeightedSums, maps: Sequence[NDArray[np.float32]], taps: Sequence[Taps], size: int
) -> NDArray[np.float32]:
    """Features (N, size, size, c) of the boxes of all maps, one map's after the other's."""
    total = sum(len(one.cells) for one in taps)
    result = np.empty((total + sums.block, sums.channels), np.float32)
    row = 0
    for feature_map, one in zip(maps, taps, strict=True):
        row = sums.fill(result, row, feature_map.reshape(-1, sums.channels), one)
    return result[:total].reshape(-1, size, size, sums.channels)


def _block(array: NDArray[Any], first: int, length: int) -> NDArray[Any]:
    """Rows from `first` on, filled up with zeros to `length`."""
    part = array[first : first + length]
    if len(part) == length:
        return part
    filled = np.zeros((length, *array.shape[1:]), array.dtype)
    filled[: len(part)] = part
    return filled


def _shared(array: NDArray[Any]) -> openvino.Tensor:
    return openvino.Tensor(array, shared_memory=True)
