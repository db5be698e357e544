from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.masks import draw_masks
from tests.drawing.scenes import any_detections, noise


@settings(max_examples=150, deadline=None)
@given(any_detections(), st.floats(0, 1), st.tuples(*[st.integers(0, 255)] * 3))
def test_each_pixel_is_the_weighted_mean_of_picture_and_colour(
    detections: Detections, alpha: float, color: tuple[int, int, int]
) -> None:
    picture = noise(*detections.image_size)
    for mask in detections.masks:
        canvas = picture.copy()
        draw_masks(canvas, [mask], [color], alpha)
        inside = mask.full(*detections.image_size)
        expected = (1 - alpha) * picture + alpha * np.array(color)
        assert np.abs(canvas[inside] - expected[inside]).max(initial=0) <= 1.001
        assert np.array_equal(canvas[~inside], picture[~inside])


def test_alpha_of_one_covers_and_of_zero_leaves() -> None:
    picture, mask = noise(4, 5), MaskCrop(1, 2, np.ones((2, 3), dtype=bool))
    canvas = picture.copy()
    draw_masks(canvas, [mask], [(1, 2, 3)], 1.0)
    assert (canvas[1:3, 2:5] == (1, 2, 3)).all()
    canvas = picture.copy()
    draw_masks(canvas, [mask], [(1, 2, 3)], 0.0)
    assert np.array_equal(canvas, picture)


@pytest.mark.parametrize("shape", [(4, 1), (1, 4), (4, 4), (3, 3), (1, 1)])
def test_crops_whose_shape_looks_like_a_colour(shape: tuple[int, int]) -> None:
    # OpenCV takes an array of 4 numbers for a colour, or for an image, by its shape.
    canvas = np.full((6, 6, 3), 100, np.uint8)
    draw_masks(canvas, [MaskCrop(1, 1, np.ones(shape, dtype=bool))], [(0, 100, 200)], 0.5)
    region = canvas[1 : 1 + shape[0], 1 : 1 + shape[1]]
    assert (region == (50, 100, 150)).all()


def test_the_later_mask_lies_on_the_earlier() -> None:
    canvas = np.zeros((1, 1, 3), np.uint8)
    dot = MaskCrop(0, 0, np.ones((1, 1), dtype=bool))
    draw_masks(canvas, [dot, dot], [(200, 0, 0), (0, 200, 0)], 0.5)
    assert canvas[0, 0].tolist() == [50, 100, 0]
