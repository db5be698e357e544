"""Anchors: how many, where, and in which order."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.model.anchors import (
    AnchorCache,
    anchor_sizes,
    anchors_per_cell,
    cell_anchor_sizes,
    feature_map_shapes,
    image_anchors,
    level_anchors,
)


@pytest.mark.parametrize(("anchor_stride", "count"), [(1, 261_888), (2, 65_472)])
def test_matterports_numbers_of_anchors(anchor_stride: int, count: int) -> None:
    anchors = image_anchors(COCO.replace(rpn_anchor_stride=anchor_stride), 1024, 1024)
    assert anchors.shape == (count, 4)
    assert anchors.dtype == np.float64


def test_matterports_range_of_anchors() -> None:
    anchors = AnchorCache(COCO)(1024, 1024)
    assert anchors.dtype == np.float32
    assert f"{anchors.min():.5f} {anchors.max():.5f}" == "-0.35390 1.29134"


def test_anchors_of_a_level_have_equal_areas_and_the_ratios_width_to_height() -> None:
    sizes = anchor_sizes(64, (0.5, 1, 2))
    np.testing.assert_allclose(sizes.prod(axis=1), 64**2)
    np.testing.assert_allclose(sizes[:, 1] / sizes[:, 0], [0.5, 1, 2])


def test_the_ratio_runs_fastest_then_the_column_then_the_row() -> None:
    sizes = anchor_sizes(10, (0.5, 2))
    anchors = level_anchors(sizes, (2, 3), stride=4).reshape(2, 3, 2, 4)
    for row in range(2):
        for column in range(3):
            for ratio, (height, width) in enumerate(sizes):
                y1, x1, y2, x2 = anchors[row, column, ratio]
                assert ((y1 + y2) / 2, (x1 + x2) / 2) == pytest.approx((4 * row, 4 * column))
                assert (y2 - y1, x2 - x1) == pytest.approx((height, width))


def test_levels_follow_one_another_from_the_finest() -> None:
    config = COCO.replace(image_max_dim=128)
    anchors = image_anchors(config, 128, 128)
    sides = np.sqrt((anchors[:, 2] - anchors[:, 0]) * (anchors[:, 3] - anchors[:, 1]))
    cells = [3 * rows * columns for rows, columns in feature_map_shapes(config, 128, 128)]
    assert cells == [3 * 32**2, 3 * 16**2, 3 * 8**2, 3 * 4**2, 3 * 2**2]
    np.testing.assert_allclose(sides, np.repeat(config.rpn_anchor_scales, cells))


def test_an_anchor_stride_leaves_cells_out() -> None:
    sizes = anchor_sizes(32, (1,))
    every = level_anchors(sizes, (5, 4), stride=8).reshape(5, 4, 4)
    other = level_anchors(sizes, (5, 4), stride=8, anchor_stride=2).reshape(3, 2, 4)
    np.testing.assert_array_equal(other, every[::2, ::2])


def test_maps_of_odd_pictures_are_rounded_up() -> None:
    assert feature_map_shapes(LITE, 333, 500) == [(21, 32)]
    assert len(image_anchors(LITE, 333, 500)) == 21 * 32 * 15


def test_lite_anchors_are_those_of_its_weights() -> None:
    """In first and last pixels they surround (8, 8), the middle of the first cell."""
    anchors = AnchorCache(LITE)(64, 96)
    assert anchors.shape == (4 * 6 * 15, 4)
    assert anchors_per_cell(LITE) == 15
    cells = anchors.reshape(4, 6, 15, 4)
    np.testing.assert_allclose((cells[0, 0, :, :2] + cells[0, 0, :, 2:]) / 2, 8, atol=1e-4)
    np.testing.assert_allclose(cells[2, 3] - cells[0, 0], np.tile([32, 48, 32, 48], (15, 1)), atol=1e-3)
    heights = cells[0, 0, :, 2] - cells[0, 0, :, 0] + 1
    np.testing.assert_allclose(heights, np.array(LITE.rpn_anchor_sizes)[:, 0], rtol=1e-5)


def test_lite_anchors_equal_those_in_the_weights_file(shared: object) -> None:
    with np.load(f"{shared}/weights/lite-init.npz") as archive:
        xyxy = archive["rpn/anchors_xyxy"]
    np.testing.assert_allclose(AnchorCache(LITE)(16, 16), xyxy[:, [1, 0, 3, 2]], atol=1e-4)


def test_sizes_given_one_by_one_replace_scales_and_ratios() -> None:
    config = MaskRCNNConfig(rpn_anchor_sizes=((10, 20), (30, 40)))
    assert anchors_per_cell(config) == 2
    sizes = cell_anchor_sizes(config)
    assert len(sizes) == len(config.backbone_strides)
    assert all(level.tolist() == [[10, 20], [30, 40]] for level in sizes)


def test_anchors_of_the_last_sizes_are_kept() -> None:
    cache = AnchorCache(LITE, sizes_kept=1)
    first = cache(64, 64)
    assert cache(64, 64) is first
    cache(64, 80)
    again = cache(64, 64)
    assert again is not first
    np.testing.assert_array_equal(again, first)


def test_scales_and_strides_of_different_numbers() -> None:
    with pytest.raises(UsageError, match="rpn_anchor_scales has 2 entries and backbone_strides 5"):
        AnchorCache(MaskRCNNConfig(rpn_anchor_scales=(32, 64)))
    with pytest.raises(UsageError, match="backbone_strides is empty"):
        MaskRCNNConfig(backbone_strides=())
