"""RoIAlign of both kinds against a plain NumPy version, sample by sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.model.roi_align import bin_roi_align, pyramid_levels, pyramid_roi_align
from tests.model import naive

STRIDE = 16


def maps_of(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def align(feature_map: NDArray[Any], boxes: NDArray[Any], **options: Any) -> NDArray[np.float32]:
    index = options.pop("index", np.zeros(len(boxes), np.int32))
    return bin_roi_align(
        feature_map, boxes.astype(np.float32), index, STRIDE, options.pop("size", 3), **options
    ).numpy()


@pytest.mark.parametrize("clamped", [False, True])
@given(
    corners=arrays(np.float32, (4, 4), elements=st.floats(0, 90, width=16)),
    size=st.integers(1, 4),
    samples=st.integers(1, 3),
)
@settings(max_examples=40)
def test_bins_are_means_of_bilinear_samples(clamped: bool, corners: NDArray[Any], size: int, samples: int) -> None:
    """Eighths of pixels leave samples off the map's edge, where one float32 step decides between all and nothing."""
    corners = np.around(corners * 8) / 8 + 0.03
    boxes = np.concatenate([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], 1)
    feature_map = maps_of(1, 5, 6, 2)
    found = align(feature_map, boxes, size=size, samples=samples, clamped=clamped)
    assert found.shape == (4, size, size, 2)
    for pooled, box in zip(found, boxes, strict=True):
        wanted = naive.roi_align(feature_map[0], box.astype(np.float32), STRIDE, size, samples, clamped)
        np.testing.assert_allclose(pooled, wanted, atol=1e-4)


def test_a_box_of_no_area_is_as_large_as_one_cell() -> None:
    feature_map = maps_of(1, 5, 6, 2)
    point, cell = np.array([[20, 20, 20, 20]]), np.array([[20, 20, 36, 36]])
    np.testing.assert_allclose(align(feature_map, point), align(feature_map, cell), atol=1e-6)


def test_beyond_the_last_cells_centre_it_is_zero_or_that_cells_value() -> None:
    ones = np.ones((1, 4, 4, 1), np.float32)
    box = np.array([[0, 0, 55, 55]])
    pooled = align(ones, box, size=4)[0, :, :, 0]
    np.testing.assert_allclose(pooled[:3, :3], 1, rtol=1e-6)
    # of the last bin's two samples the first lies before the last cell's centre and the second after it
    np.testing.assert_allclose(pooled[3], [0.5, 0.5, 0.5, 0.25])
    np.testing.assert_allclose(align(ones, box, size=4, clamped=True), 1, rtol=1e-6)


@pytest.mark.parametrize("clamped", [False, True])
def test_a_map_of_one_cell(clamped: bool) -> None:
    one = np.full((1, 1, 1, 1), 5, np.float32)
    np.testing.assert_allclose(align(one, np.array([[0, 0, 9, 9]]), clamped=clamped), 5)


def test_boxes_are_cut_from_their_own_image() -> None:
    feature_map = maps_of(3, 5, 6, 2)
    boxes = np.array([[8, 8, 50, 60], [8, 8, 50, 60], [0, 16, 40, 40]])
    index = np.array([2, 0, 1], np.int32)
    together = align(feature_map, boxes, index=index)
    for row, image in enumerate(index):
        np.testing.assert_array_equal(together[row], align(feature_map[image : image + 1], boxes[row : row + 1])[0])


@given(corners=arrays(np.float32, (20, 4), elements=st.floats(0, 1, width=16)), side=st.sampled_from([64, 512, 1024]))
def test_levels_follow_equation_1(corners: NDArray[Any], side: int) -> None:
    boxes = np.concatenate([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], 1)
    levels = pyramid_levels(boxes, tf.constant(side), tf.constant(side)).numpy()
    for level, (y1, x1, y2, x2) in zip(levels, boxes.astype(float), strict=True):
        area = (y2 - y1) * (x2 - x1) * side**2
        exact = 4 + np.log2(np.sqrt(area) / 224) if area else -np.inf
        allowed = {round(min(max(exact + shift, 2), 5)) for shift in (-1e-5, 1e-5)}
        assert level in allowed


@pytest.mark.parametrize(
    ("pixels", "level"),
    [(1, 2), (40, 2), (112, 3), (157, 3), (160, 4), (224, 4), (316, 4), (318, 5), (448, 5), (1024, 5)],
)
def test_level_of_a_square_box(pixels: int, level: int) -> None:
    box = np.array([[0, 0, pixels / 1024, pixels / 1024]], np.float32)
    assert pyramid_levels(box, tf.constant(1024), tf.constant(1024)).numpy().tolist() == [level]


def test_boxes_of_no_area_get_the_finest_level() -> None:
    boxes = np.array([[0.5, 0.5, 0.5, 0.5], [0, 0.2, 1, 0.2]], np.float32)
    assert pyramid_levels(boxes, tf.constant(1024), tf.constant(1024)).numpy().tolist() == [2, 2]


def naive_corners(feature_map: NDArray[Any], box: NDArray[Any], size: int) -> NDArray[np.float64]:
    """First and last samples on the box's corners."""
    height, width = np.array(feature_map.shape[:2]) - 1
    rows, columns = np.linspace(box[0], box[2], size) * height, np.linspace(box[1], box[3], size) * width
    return np.array([[naive.sample(feature_map, y, x) for x in columns] for y in rows])


def test_the_pyramid_gives_each_box_its_level_and_keeps_the_order() -> None:
    """Boxes of all levels and of two images, mixed; the sides stay off the map's far edge."""
    rng = np.random.default_rng(5)
    maps = [rng.normal(size=(2, 256 >> level, 256 >> level, 3)).astype(np.float32) for level in range(2, 6)]
    sides = rng.permutation([0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9] * 2)
    near = rng.uniform(0, 0.98 - sides[:, None], (16, 2))
    boxes = np.concatenate([near, near + sides[:, None]], axis=1).astype(np.float32)
    boxes[3, 2:] = boxes[3, :2]  # of no area
    index = rng.integers(0, 2, 16).astype(np.int32)
    shape = tf.constant(1024), tf.constant(1024)
    levels = pyramid_levels(boxes, *shape).numpy()
    assert set(levels) == {2, 3, 4, 5}
    assert (np.diff(levels) != 0).any()
    found = pyramid_roi_align(maps, boxes, index, shape, 3).numpy()
    for pooled, box, image, level in zip(found, boxes.astype(float), index, levels, strict=True):
        np.testing.assert_allclose(pooled, naive_corners(maps[level - 2][image], box, 3), atol=1e-4)


def test_the_pyramid_is_zero_beyond_the_map() -> None:
    ones = [np.ones((1, side, side, 1), np.float32) for side in (16, 8, 4, 2)]
    boxes = np.array([[-0.5, 0, 0.5, 1]], np.float32)
    pooled = pyramid_roi_align(ones, boxes, np.zeros(1, np.int32), (tf.constant(64), tf.constant(64)), 3).numpy()
    np.testing.assert_array_equal(pooled[0, :, :, 0], [[0, 0, 0], [1, 1, 1], [1, 1, 1]])


def test_no_box_gives_no_features() -> None:
    nothing, index = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    maps = [np.ones((1, side, side, 2), np.float32) for side in (16, 8, 4, 2)]
    assert pyramid_roi_align(maps, nothing, index, (tf.constant(64), tf.constant(64)), 7).shape == (0, 7, 7, 2)
    assert align(maps[0], nothing).shape == (0, 3, 3, 2)
