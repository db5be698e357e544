"""RoIAlign in OpenVINO: small graphs without weights, built from a network's options.

They run in float32 whatever the network's precision: bfloat16 has 8 bits, which are too few for positions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13 as ops

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.roi_positions import Samples, bin_samples, corner_samples, pyramid_levels

#: Pixels per cell of the map that `config.detail` adds; model/mobile.py has the same.
DETAIL_STRIDE = 8

#: Samples in each direction of a bin, of the kinds "bins" and "bins_clamped".
BIN_SAMPLES = 2


class Regions(NamedTuple):
    """The inputs of a pooling graph for some boxes.

    Attributes:
        inputs: name -> array.
        order: int64 (N,): row i of the pooled features is box order[i].
        zeros: (rows, rows of samples) and (rows, columns of samples) of the first output that have to be set to 0.
    """

    inputs: dict[str, NDArray[Any]]
    order: NDArray[np.int64]
    zeros: tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...] = ()


class Pooling(NamedTuple):
    """A pooling graph and what prepares its inputs.

    Attributes:
        model: inputs maps.0 .. (B, c, h, w) and those of `Regions`; outputs (N, c, p, p), with detail a second one.
        regions: boxes (N, 4), image_index (N,), the maps' shapes, height and width of the image -> Regions.
    """

    model: openvino.Model
    regions: Callable[..., Regions]


def build_pooling(
    config: MaskRCNNConfig, pool_size: int, channels: Sequence[int], detail_size: int | None = None
) -> Pooling:
    """Builds RoIAlign of the config's kind.

    Args:
        config: roi_align, backbone_strides.
        pool_size: rows and columns of the result.
        channels: of each map.
        detail_size: rows and columns of the features from the map of stride 8, which is the second; None: none.
    """
    if config.roi_align == "corners":
        return _corner_pooling(pool_size, channels[:4])
    grids = [(config.backbone_strides[0], pool_size)]
    if detail_size is not None:
        grids.append((DETAIL_STRIDE, detail_size))
    if config.roi_align == "bins_clamped":
        return _clamped_pooling(grids, channels)
    return _bin_pooling(grids, channels)


def _corner_pooling(pool_size: int, channels: Sequence[int]) -> Pooling:
    """Each box from its own level of the pyramid, one sample a cell; the result is in the order of the levels."""
    parameters, pooled = [], []
    for level, count in enumerate(channels):
        feature_map = _parameter(f"maps.{level}", (-1, count, -1, -1))
        rectangles = _parameter(f"rectangles.{level}", (-1, 4))
        index = _parameter(f"index.{level}", (-1,), np.int32)
        parameters += [feature_map, rectangles, index]
        pooled.append(ops.roi_align(feature_map, rectangles, index, pool_size, pool_size, 1, 1.0, "avg", "half_pixel"))

    def regions(
        boxes: NDArray[np.float32],
        image_index: NDArray[np.int32],
        shapes: Sequence[Sequence[int]],
        height: int,
        width: int,
    ) -> Regions:
        levels = pyramid_levels(boxes, height, width)
        inputs: dict[str, NDArray[Any]] = {}
        order, rows, columns = [], [], []
        for level, shape in enumerate(shapes[:4]):
            chosen = np.flatnonzero(levels == level + 2)
            samples = corner_samples(boxes[chosen], shape[2], shape[3], pool_size)
            inputs[f"rectangles.{level}"], inputs[f"index.{level}"] = samples.rectangles, image_index[chosen]
            order.append(chosen)
            rows.append(samples.rows)
            columns.append(samples.columns)
        zeros = tuple(np.nonzero(~np.concatenate(kept)) for kept in (rows, columns))
        return Regions(inputs, np.concatenate(order), zeros)  # type: ignore[arg-type]

    return Pooling(_model([ops.concat(pooled, 0)], parameters), regions)


def _clamped_pooling(grids: Sequence[tuple[int, int]], channels: Sequence[int]) -> Pooling:
    """OpenVINO's own RoIAlign: the values of the map's last cells are used up to one cell beyond their centres."""
    rectangles, index = _parameter("rectangles", (-1, 4)), _parameter("index", (-1,), np.int32)
    maps = [_parameter(f"maps.{i}", (-1, channels[i], -1, -1)) for i in range(len(grids))]
    pooled = [
        ops.roi_align(feature_map, rectangles, index, size, size, BIN_SAMPLES, 1 / stride, "avg", "asymmetric")
        for feature_map, (stride, size) in zip(maps, grids, strict=True)
    ]

    def regions(boxes: NDArray[np.float32], image_index: NDArray[np.int32], *_: Any) -> Regions:
        sides = np.ascontiguousarray(boxes[:, [1, 0, 3, 2]])
        return Regions({"rectangles": sides, "index": image_index}, np.arange(len(boxes)))

    return Pooling(_model(pooled, [*maps, rectangles, index]), regions)


def _bin_pooling(grids: Sequence[tuple[int, int]], channels: Sequence[int]) -> Pooling:
    """Samples beyond the centre of the map's last cells are multiplied by 0 before the bins' averages."""
    index = _parameter("index", (-1,), np.int32)
    parameters, pooled = [index], []
    for i, (_, size) in enumerate(grids):
        grid = size * BIN_SAMPLES
        feature_map = _parameter(f"maps.{i}", (-1, channels[i], -1, -1))
        rectangles = _parameter(f"rectangles.{i}", (-1, 4))
        rows, columns = _parameter(f"rows.{i}", (-1, 1, grid, 1)), _parameter(f"columns.{i}", (-1, 1, 1, grid))
        parameters += [feature_map, rectangles, rows, columns]
        fine = ops.roi_align(feature_map, rectangles, index, grid, grid, 1, 1.0, "avg", "half_pixel")
        fine = ops.multiply(ops.multiply(fine, rows), columns)
        window = [BIN_SAMPLES, BIN_SAMPLES]
        pooled.append(ops.avg_pool(fine, window, [0, 0], [0, 0], window, exclude_pad=False))

    def regions(
        boxes: NDArray[np.float32], image_index: NDArray[np.int32], shapes: Sequence[Sequence[int]], *_: Any
    ) -> Regions:
        inputs: dict[str, NDArray[Any]] = {"index": image_index}
        for i, (stride, size) in enumerate(grids):
            samples: Samples = bin_samples(boxes, stride, shapes[i][2], shapes[i][3], size * BIN_SAMPLES)
            inputs[f"rectangles.{i}"] = samples.rectangles
            inputs[f"rows.{i}"] = samples.rows[:, None, :, None].astype(np.float32)
            inputs[f"columns.{i}"] = samples.columns[:, None, None, :].astype(np.float32)
        return Regions(inputs, np.arange(len(boxes)))

    return Pooling(_model(pooled, parameters), regions)


def _parameter(name: str, shape: Sequence[int], dtype: Any = np.float32) -> Any:
    node = ops.parameter(list(shape), dtype, name)
    node.output(0).set_names({name})
    return node


def _model(outputs: Sequence[Any], parameters: Sequence[Any]) -> openvino.Model:
    return openvino.Model([ops.result(node) for node in outputs], list(parameters), "roi_align")
