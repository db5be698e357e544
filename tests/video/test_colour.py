"""Colours of encoded pictures: the standards' numbers."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.video.colour import BT601, BT709, PictureConverter, bgr_to_yuv, pad_to_even

# 8-bit values of pure red, green, blue, white and black, from ITU-R BT.601-7 and BT.709-6.
_STANDARD = {
    (BT601, False): [(81, 90, 240), (145, 54, 34), (41, 240, 110), (235, 128, 128), (16, 128, 128)],
    (BT709, False): [(63, 102, 240), (173, 42, 26), (32, 240, 118), (235, 128, 128), (16, 128, 128)],
    (BT601, True): [(76, 85, 255), (150, 44, 21), (29, 255, 107), (255, 128, 128), (0, 128, 128)],
}
_PURE = np.array([(0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 255), (0, 0, 0)])


@pytest.mark.parametrize(("matrix", "full_range"), _STANDARD)
def test_pure_colours_have_the_numbers_of_the_standard(matrix: int, full_range: bool) -> None:
    weights = bgr_to_yuv(matrix, full_range)
    found = np.clip(np.rint(np.column_stack([_PURE, np.ones(5)]) @ weights.T), 0, 255)
    assert np.abs(found - _STANDARD[matrix, full_range]).max() <= 1


@pytest.mark.parametrize(("height", "matrix"), [(480, BT601), (718, BT601), (720, BT709), (1080, BT709)])
def test_hd_is_bt709_and_less_is_bt601(height: int, matrix: int) -> None:
    assert PictureConverter(64, height, "yuv420p").matrix == matrix
    assert PictureConverter(64, height, "yuvj420p").matrix == BT601  # JPEG has no other


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.sampled_from([480, 720]))
def test_plain_pictures_come_back_through_ffmpeg(blue: int, green: int, red: int, height: int) -> None:
    image = np.full((height, 8, 3), (blue, green, red), np.uint8)
    converter = PictureConverter(8, height, "yuv420p")
    (frame,) = converter(image, 7)
    assert frame.pts == 7
    frame.colorspace, frame.color_range = converter.matrix, 1
    back = frame.reformat(format="bgr24", src_colorspace=converter.matrix, src_color_range=1).to_ndarray()
    assert np.abs(back.astype(int) - image).max() <= 4


@pytest.mark.parametrize("width", [2, 6, 30, 322, 1278])  # rows that FFmpeg pads
def test_each_pixel_lands_in_its_place(width: int) -> None:
    image = np.random.default_rng(3).integers(0, 255, (6, width, 3), np.uint8)
    (frame,) = PictureConverter(width, 6, "bgr0")(image, 0)
    assert (frame.to_ndarray(format="bgr24") == image).all()
    (frame,) = PictureConverter(width, 6, "yuv420p")(image, 0)
    luma = np.frombuffer(frame.planes[0], np.uint8).reshape(6, -1)[:, :width].astype(float)
    expected = (image * bgr_to_yuv(BT601, False)[0, :3]).sum(axis=2) + 16
    assert np.abs(luma - expected).max() <= 0.75  # OpenCV rounds the weights too
    chroma = np.frombuffer(frame.planes[1], np.uint8).reshape(3, -1)[:, : width // 2].astype(float)
    means = image.reshape(3, 2, width // 2, 2, 3).mean(axis=(1, 3))
    assert np.abs(chroma - (means * bgr_to_yuv(BT601, False)[1, :3]).sum(axis=2) - 128).max() <= 1.25


def test_a_thin_coloured_line_keeps_its_colour_wherever_it_is() -> None:
    for row in (10, 11):  # chroma has half the rows: taking every second one would lose one of the two
        image = np.full((32, 32, 3), 128, np.uint8)
        image[row] = (0, 0, 255)
        (frame,) = PictureConverter(32, 32, "yuv420p")(image, 0)
        red = np.frombuffer(frame.planes[2], np.uint8).reshape(16, -1)[5, :16]
        assert (red > 175).all()


@given(st.integers(1, 9), st.integers(1, 9))
def test_padding_repeats_the_edge_and_leaves_the_rest(height: int, width: int) -> None:
    image = np.random.default_rng(height).integers(0, 255, (height, width, 3), np.uint8)
    padded = pad_to_even(image)
    assert padded.shape == (height + height % 2, width + width % 2, 3)
    assert (padded[:height, :width] == image).all()
    assert (padded[-1, :width] == image[-1]).all()
    assert (padded[:height, -1] == image[:, -1]).all()


def test_the_file_says_which_colours_its_numbers_mean() -> None:
    context = av.codec.CodecContext.create("libx264", "w")
    PictureConverter(1280, 720, "yuv420p").label(context)
    assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
