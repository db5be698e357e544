"""Molding: sizes in every resize mode, and every byte of Matterport's resize."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.interpolation import bilinear_resize
from maskseg_cli.inference.molding import (
    check_molded_shape,
    fit_image,
    image_meta,
    mold,
    molded_shape,
    resize_and_pad,
    resized_shape,
    target_scale,
)

SQUARE = COCO.replace(image_min_dim=64, image_max_dim=128)
PAD64 = SQUARE.replace(image_resize_mode="pad64")
NONE = COCO.replace(image_resize_mode="none", neck="none", backbone_strides=(16,), rpn_anchor_scales=(32,))
FIT = LITE.replace(image_min_dim=64, image_max_dim=128)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def naive_resize(image: NDArray[Any], height: int, width: int) -> NDArray[np.float64]:
    """Matterport's bilinear resize in its own order of operations, so that every bit is the same."""
    image = np.asarray(image, np.float64)
    padded = np.pad(image, [(1, 1), (1, 1)] + [(0, 0)] * (image.ndim - 2))

    def places(size: int, old: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        position = (np.arange(size) + 0.5) * (old / size) - 0.5
        first = np.floor(position)
        return first.astype(int) + 1, 1 - (position - first)

    y, wy = places(height, image.shape[0])
    x, wx = places(width, image.shape[1])
    y, x = y[:, None], x[None, :]
    shape = (-1, 1) + (1,) * (image.ndim - 2)
    wy0, wx0 = wy.reshape(shape), wx.reshape((1, *shape[:1], *shape[2:]))
    wy1, wx1 = 1 - wy0, 1 - wx0
    result = padded[y, x] * wy0 * wx0 + padded[y, x + 1] * wy0 * wx1
    result = result + padded[y + 1, x] * wy1 * wx0 + padded[y + 1, x + 1] * wy1 * wx1
    clipped = np.clip(result, image.min(), image.max())
    return np.where(result == 0, 0, clipped)


@given(size=st.tuples(*[st.integers(1, 40)] * 4), seed=st.integers(0, 1000))
def test_resize_is_exact(size: tuple[int, int, int, int], seed: int) -> None:
    image = noise(size[0], size[1], seed) // 2 + 60  # a range above 0, so that clipping shows
    np.testing.assert_array_equal(bilinear_resize(image, *size[2:]), naive_resize(image, *size[2:]))


@given(size=st.tuples(st.integers(1, 90), st.integers(1, 90)), seed=st.integers(0, 1000))
@settings(max_examples=30)
def test_square_and_padded_pictures_are_exact(size: tuple[int, int], seed: int) -> None:
    image = noise(*size, seed)
    for config in (SQUARE, PAD64):
        padded, (top, left, bottom, right), scale = resize_and_pad(image, config)
        wanted = image if scale == 1 else naive_resize(image, *resized_shape(*size, config)).astype(np.uint8)
        np.testing.assert_array_equal(padded[top:bottom, left:right], wanted)
        padded[top:bottom, left:right] = 0
        assert not padded.any()
        gaps = padded.shape[0] - (bottom - top), padded.shape[1] - (right - left)
        assert (top, left) == (gaps[0] // 2, gaps[1] // 2)


def test_resize_fades_to_black_at_the_border_where_it_enlarges() -> None:
    image = np.full((4, 4), 200, np.uint8)
    image[0, 0] = 0
    enlarged = bilinear_resize(image, 16, 16)
    assert enlarged[8, -1] < 200
    np.testing.assert_array_equal(enlarged[4:-4, 8], 200)


def test_resize_keeps_float32() -> None:
    assert bilinear_resize(np.ones((3, 3), np.float32), 5, 7).dtype == np.float32
    assert bilinear_resize(np.ones((3, 3), np.uint8), 5, 7).dtype == np.float64


@pytest.mark.parametrize(
    ("config", "size", "shape", "window"),
    [
        (SQUARE, (64, 64), (128, 128), (32, 32, 96, 96)),
        (SQUARE, (32, 48), (128, 128), (32, 16, 96, 112)),  # enlarged until the short side has 64
        (SQUARE, (100, 200), (128, 128), (32, 0, 96, 128)),  # shrunk until the long side has 128
        (SQUARE, (90, 120), (128, 128), (19, 4, 109, 124)),  # neither
        (SQUARE, (127, 127), (128, 128), (0, 0, 127, 127)),  # the odd pixel goes to the bottom and right
        (SQUARE, (1, 3000), (128, 128), (63, 0, 64, 128)),
        (SQUARE, (3000, 1), (128, 128), (0, 63, 128, 64)),
        (SQUARE, (1, 1), (128, 128), (32, 32, 96, 96)),
        (PAD64, (300, 451), (320, 512), (10, 30, 310, 481)),  # a large picture is never shrunk
        (PAD64, (64, 128), (64, 128), (0, 0, 64, 128)),
        (PAD64, (32, 33), (64, 128), (0, 31, 64, 97)),
        (PAD64, (1, 1), (64, 64), (0, 0, 64, 64)),
        (PAD64, (1, 300), (64, 19_200), (0, 0, 64, 19_200)),
        (NONE, (300, 451), (300, 451), (0, 0, 300, 451)),
        (NONE, (1, 3000), (1, 3000), (0, 0, 1, 3000)),
        (FIT, (100, 150), (64, 96), (0, 0, 64, 96)),
        (FIT, (10, 15), (64, 96), (0, 0, 64, 96)),
        (FIT, (100, 300), (43, 128), (0, 0, 43, 128)),  # kept within the long side
        (FIT, (1, 1), (64, 64), (0, 0, 64, 64)),
        (FIT, (1, 3000), (1, 128), (0, 0, 1, 128)),
        (FIT, (3000, 1), (128, 1), (0, 0, 128, 1)),
        (FIT, (3000, 4000), (64, 85), (0, 0, 64, 85)),
        (FIT, (4000, 3000), (85, 64), (0, 0, 85, 64)),
    ],
)
def test_sizes_and_windows(
    config: MaskRCNNConfig, size: tuple[int, int], shape: tuple[int, int], window: tuple[int, ...]
) -> None:
    molded = mold(noise(*size), config)
    assert molded.image.shape == (*shape, 3)
    assert molded.image.dtype == np.float32
    assert molded.window == window
    assert molded.original_shape == (*size, 3)
    assert molded_shape(*size, config) == shape


def test_large_photos_fit_the_square_exactly() -> None:
    for size in ((3000, 4000), (4000, 3000), (1024, 4096), (800, 4099)):
        _, _, scale = resize_and_pad(np.zeros((*size, 3), np.uint8), COCO)
        height, width = resized_shape(*size, COCO)
        assert max(height, width) == 1024
        assert scale == 1024 / max(size)


@pytest.mark.parametrize(
    ("options", "size", "scale"),
    [
        ({}, (800, 1000), 1),
        ({}, (400, 500), 2),
        ({}, (400, 800), 1.28),  # twice would be longer than 1024
        ({"image_min_scale": 2}, (900, 900), 1024 / 900),
        ({"image_min_scale": 2}, (500, 500), 2),
        ({"image_min_scale": 1.5}, (400, 400), 2),  # the larger of the two wishes
        ({"image_min_scale": 0.5}, (900, 900), 1),
        ({"image_resize_mode": "pad64", "image_min_dim": 832, "image_min_scale": 2}, (900, 900), 2),
        ({"image_resize_mode": "pad64", "image_min_dim": 832}, (4000, 6000), 1),
        ({"image_resize_mode": "none"}, (5, 5), 1),
        ({"image_resize_mode": "fit"}, (400, 500), 2),
        ({"image_resize_mode": "fit"}, (3200, 4000), 0.25),
        ({"image_resize_mode": "fit"}, (400, 1024), 1),
    ],
)
def test_scale(options: dict[str, Any], size: tuple[int, int], scale: float) -> None:
    assert target_scale(*size, COCO.replace(**options)) == pytest.approx(scale)


def test_halves_of_a_pixel_go_to_the_even_side() -> None:
    assert resized_shape(609, 800, COCO.replace(image_resize_mode="fit", image_min_dim=400, image_max_dim=400)) == (
        304,  # 304.5
        400,
    )


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_fit_keeps_both_limits(height: int, width: int) -> None:
    h, w = molded_shape(height, width, LITE)
    assert 1 <= min(h, w) <= LITE.image_min_dim
    assert max(h, w) <= LITE.image_max_dim
    assert min(h, w) == LITE.image_min_dim or max(h, w) == LITE.image_max_dim


@pytest.mark.parametrize(("mode", "size"), [("none", (100, 64)), ("fit", (64, 100))])
def test_a_pyramid_takes_multiples_of_32_only(mode: str, size: tuple[int, int]) -> None:
    config = SQUARE.replace(image_resize_mode=mode)
    with pytest.raises(UsageError, match=rf"multiples of 32, not {size[1]} x {size[0]} pixels: use the mode square"):
        check_molded_shape(*size, config)
    check_molded_shape(64, 96, config)
    check_molded_shape(*size, config.replace(neck="none"))


def test_a_line_is_not_enlarged_without_end() -> None:
    with pytest.raises(UsageError, match="A picture of 3000 x 1 pixels would have to be enlarged to 2496000 x 832"):
        mold(noise(1, 3000), COCO.replace(image_resize_mode="pad64", image_min_dim=832))


def test_the_mean_is_taken_off_after_padding() -> None:
    """Also from the padding; in float64 and then rounded, as Matterport does."""
    molded = mold(noise(64, 64), SQUARE)
    mean = np.array(COCO.mean_pixel)
    np.testing.assert_array_equal(molded.image[0, 0], (0 - mean).astype(np.float32))
    wanted = (noise(64, 64).astype(np.float64) - mean).astype(np.float32)
    np.testing.assert_array_equal(molded.image[32:96, 32:96], wanted)


def test_the_mean_follows_the_order_of_the_channels() -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    np.testing.assert_allclose(-mold(black, SQUARE).image[0, 0], COCO.mean_pixel)
    np.testing.assert_allclose(-mold(black, SQUARE.replace(channel_order="BGR")).image[0, 0], COCO.mean_pixel[::-1])
    assert not mold(black, FIT).image.any()


def test_meta_is_matterports() -> None:
    molded = mold(noise(100, 200), SQUARE.replace(num_classes=4))
    meta = [0, 100, 200, 3, 128, 128, 3, 32, 0, 96, 128, 0.64, 0, 0, 0, 0]
    assert molded.meta.tolist() == meta
    assert len(meta) == SQUARE.replace(num_classes=4).image_meta_size
    assert image_meta((1, 2, 3), (4, 5, 6), (7, 8, 9, 10), 0.5, 2, image_id=11).tolist() == [
        *(11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0.5, 0, 0)
    ]


@given(size=st.tuples(*[st.integers(1, 60)] * 4))
@settings(max_examples=30)
def test_fit_is_bilinear_where_it_enlarges_or_shrinks_a_little(size: tuple[int, int, int, int]) -> None:
    height, width = max(size[2], size[0] // 3 + 1), max(size[3], size[1] // 3 + 1)
    image = noise(*size[:2])
    wanted = cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(fit_image(image, height, width), wanted)


def test_fit_averages_fine_patterns_away_where_it_shrinks_much() -> None:
    """Every fourth column white: bilinear samples alone would meet all of them or none."""
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::4] = 255
    shrunk = fit_image(stripes, 50, 50)
    assert shrunk.dtype == np.float32
    np.testing.assert_allclose(shrunk, 255 / 4, atol=1)


@pytest.mark.parametrize("config", [SQUARE, PAD64, NONE, FIT])
def test_the_picture_itself_stays_as_it_is(config: MaskRCNNConfig) -> None:
    image = noise(64, 80)
    image.setflags(write=False)
    before = image.copy()
    mold(image[:, :, ::-1], config)
    np.testing.assert_array_equal(image, before)
