"""RoIAlign as weighted sums in NumPy against TensorFlow's, with the samples at the map's far edge."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from maskseg_cli.inference.roi_positions import Taps, bin_taps, corner_taps, pyramid_levels
from maskseg_cli.model import roi_align


def boxes_at_the_edge(count: int) -> NDArray[np.float32]:
    """Normalized boxes; most of them end at 1, where rounding decides whether the last samples are on the map."""
    rng = np.random.default_rng(7)
    boxes = np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1).reshape(count, 4)
    boxes[: count * 3 // 4, 2:] = 1
    boxes[0], boxes[1] = (0.3, 0.3, 0.3, 0.3), (1, 1, 1, 1)
    boxes[2:4, :2] = -0.1, -1e-7
    return boxes.astype(np.float32)


def summed(feature_map: NDArray[np.float32], taps: Taps, size: int) -> NDArray[np.float32]:
    cells = feature_map.reshape(-1, feature_map.shape[-1])
    return np.einsum("rtc,rt->rc", cells[taps.cells], taps.weight).reshape(-1, size, size, feature_map.shape[-1])


@pytest.mark.parametrize("size", [1, 6, 7, 14])
@pytest.mark.parametrize("shape", [(32, 64), (25, 19), (1, 1)])
def test_corners(shape: tuple[int, int], size: int) -> None:
    boxes = boxes_at_the_edge(400)
    index = (np.arange(400) % 2).astype(np.int32)
    feature_map = np.random.default_rng(1).normal(size=(2, *shape, 3)).astype(np.float32)
    wanted = tf.image.crop_and_resize(feature_map, boxes, index, (size, size)).numpy()
    found = summed(feature_map, corner_taps(boxes, index, *shape, size), size)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    np.testing.assert_array_equal(found == 0, wanted == 0)
    if size == 7 and shape == (32, 64):
        lost = (wanted[4:300, -1] == 0).all(axis=(1, 2)).sum()
        assert 0 < lost < 100  # the rows that rounding loses


@pytest.mark.parametrize("clamped", [False, True])
@pytest.mark.parametrize("shape", [(32, 64), (25, 19), (1, 1), (1, 8)])
def test_bins(shape: tuple[int, int], clamped: bool) -> None:
    height, width = shape
    boxes = boxes_at_the_edge(200) * np.array([16 * height, 16 * width] * 2, np.float32)
    index = (np.arange(200) % 2).astype(np.int32)
    feature_map = np.random.default_rng(1).normal(size=(2, *shape, 3)).astype(np.float32)
    wanted = roi_align.bin_roi_align(feature_map, boxes, index, 16, 6, clamped=clamped).numpy()
    found = summed(feature_map, bin_taps(boxes, index, 16, height, width, 6, clamped), 6)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("side", [64, 512, 1024])
def test_levels(side: int) -> None:
    boxes = boxes_at_the_edge(1000)
    wanted = roi_align.pyramid_levels(boxes, tf.constant(side), tf.constant(side)).numpy()
    np.testing.assert_array_equal(pyramid_levels(boxes, side, side), wanted)
