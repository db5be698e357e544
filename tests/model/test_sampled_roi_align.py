"""PyTorch's RoIAlign, in TensorFlow and in NumPy, against a plain version, sample by sample."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import DETECTRON2, TORCHVISION
from maskseg_cli.inference import sampled_pooling
from maskseg_cli.model.sampled_roi_align import box_levels, sampled_roi_align

LIBRARIES = {"torchvision": TORCHVISION, "detectron2": DETECTRON2}


def value_at(feature_map: NDArray[Any], y: float, x: float) -> NDArray[np.float64]:
    """Bilinear between the centres of cells; the outermost cells' values up to one cell beyond; then 0."""
    height, width, channels = feature_map.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return np.zeros(channels)
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    return (
        (1 - dy) * (1 - dx) * feature_map[top, left]
        + (1 - dy) * dx * feature_map[top, right]
        + dy * (1 - dx) * feature_map[bottom, left]
        + dy * dx * feature_map[bottom, right]
    )


def plain(feature_map: NDArray[Any], box: NDArray[Any], stride: int, size: int, config: MaskRCNNConfig) -> Any:
    shift = 0.5 if config.roi_aligned else 0.0
    cells = box.astype(np.float32) / np.float32(stride)
    # In float32, as the libraries compute it: one step more or less may be one sample more.
    height, width = (float(side) for side in cells[2:] - cells[:2])
    y1, x1 = (float(side) - shift for side in cells[:2])
    if not config.roi_aligned:
        height, width = max(height, 1.0), max(width, 1.0)
    down = config.roi_samples or max(1, math.ceil(height / size))
    across = config.roi_samples or max(1, math.ceil(width / size))
    pooled = np.zeros((size, size, feature_map.shape[-1]))
    for i, j in np.ndindex(size, size):
        for k, m in np.ndindex(down, across):
            y = y1 + height / size * (i + (k + 0.5) / down)
            x = x1 + width / size * (j + (m + 0.5) / across)
            pooled[i, j] += value_at(feature_map, y, x) / (down * across)
    return pooled


def pyramid(height: int, width: int, pictures: int = 2) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=(pictures, height // s, width // s, 3)).astype(np.float32) for s in (4, 8, 16, 32)]


@functools.cache
def graph_of(library: str, size: int) -> Any:
    signature = [
        [tf.TensorSpec((None, None, None, 3))] * 4,
        tf.TensorSpec((None, 4)),
        tf.TensorSpec((None,), tf.int32),
    ]
    return tf.function(
        lambda maps, boxes, index: sampled_roi_align(maps, boxes, index, size, LIBRARIES[library]),
        input_signature=signature,
        autograph=False,
    )


@pytest.mark.parametrize("library", ["torchvision", "detectron2"])
@given(
    # Parts of pixels that put no sample on a place where one float32 step decides between all and nothing.
    corners=arrays(np.int64, (5, 4), elements=st.integers(0, 500)),
    size=st.sampled_from([1, 3]),
)
@settings(max_examples=10, deadline=None)
def test_bins_are_means_of_samples(library: str, corners: NDArray[Any], size: int) -> None:
    config = LIBRARIES[library]
    corners = np.clip(corners, 0, [256, 512, 256, 512]) + 0.0137
    boxes = np.concatenate(
        [np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], axis=1
    ).astype(np.float32)
    boxes[0] = (0, 0, 256, 512)
    index = np.array([0, 1, 1, 0, 0], np.int32)
    maps = pyramid(256, 512)
    graph = graph_of(library, size)(maps, boxes, index).numpy()
    (array,), order = sampled_pooling.SampledPooling(config, size, 1)(maps, boxes, index, 256, 512)
    assert order.tolist() == [0, 1, 2, 3, 4]
    assert graph.shape == array.shape == (5, size, size, 3)
    levels = sampled_pooling.box_levels(boxes, config)
    assert levels.tolist() == box_levels(tf.constant(boxes), config).numpy().tolist()
    for number, (box, level) in enumerate(zip(boxes, levels, strict=True)):
        wanted = plain(maps[level - 2][index[number]], box, 2**level, size, config)
        np.testing.assert_allclose(graph[number], wanted, atol=2e-4)
        np.testing.assert_allclose(array[number], wanted, atol=2e-4)


def test_no_box_gives_no_feature() -> None:
    empty = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    assert sampled_roi_align(pyramid(64, 64), *map(tf.constant, empty), 7, DETECTRON2).shape == (0, 7, 7, 3)
    (pooled,), order = sampled_pooling.SampledPooling(DETECTRON2, 7, 1)(pyramid(64, 64), *empty, 64, 64)
    assert pooled.shape == (0, 7, 7, 3)
    assert len(order) == 0


def test_many_boxes_of_few_kinds_are_computed_in_parts() -> None:
    """More boxes than one part holds, on one level and with equal numbers of samples."""
    maps = pyramid(128, 128, 1)
    boxes = np.tile(np.float32([[8, 8, 40, 50]]), (300, 1)) + np.linspace(0, 1, 300, dtype=np.float32)[:, None]
    index = np.zeros(300, np.int32)
    graph = sampled_roi_align(maps, tf.constant(boxes), index, 3, DETECTRON2).numpy()
    (array,), _ = sampled_pooling.SampledPooling(DETECTRON2, 3, 2)(maps, boxes, index, 128, 128)
    np.testing.assert_allclose(graph, array, atol=2e-4)
    assert np.abs(np.diff(graph, axis=0)).max() > 1e-3


def test_gradients_reach_the_maps() -> None:
    maps = [tf.Variable(one) for one in pyramid(64, 64, 1)]
    boxes = tf.constant([[0.0, 0, 64, 64], [3, 5, 40, 60]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(sampled_roi_align(maps, boxes, tf.zeros(2, tf.int32), 7, DETECTRON2))
    gradient = tape.gradient(total, maps[0])
    # Each bin's weights add up to 1, so that all bins of both boxes give their number.
    assert float(tf.reduce_sum(gradient)) == pytest.approx(2 * 7 * 7 * 3, rel=1e-4)
