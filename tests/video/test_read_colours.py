"""Colours come out right whatever the matrix, the range, the bits and the pixel format."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from maskseg_cli.video.pixel_conversion import MAPS_HDR, Converter
from maskseg_cli.video.reader import open_video
from tests.video.samples import make_video

COLOURS = {"orange": (40, 160, 220), "blue": (200, 60, 30), "gray": (128, 128, 128)}

#: (kr, kb) of ITU-T H.273, by its number for the matrix.
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}


def plain_frame(bgr: tuple[int, int, int], matrix: int, full: bool, bits: int, size: tuple[int, int]) -> av.VideoFrame:
    """A 4:2:0 frame of one colour, by the formulas of ITU-R BT.601, BT.709 and BT.2020."""
    blue, green, red = (value / 255 for value in bgr)
    kr, kb = MATRICES[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    cb, cr = (blue - luma) / (2 - 2 * kb), (red - luma) / (2 - 2 * kr)
    top = 2**bits - 1
    unit = 2 ** (bits - 8)
    if full:
        planes = [luma * top, cb * top + 128 * unit, cr * top + 128 * unit]
    else:
        planes = [(16 + 219 * luma) * unit, (128 + 224 * cb) * unit, (128 + 224 * cr) * unit]
    frame = av.VideoFrame(*size, "yuv420p" if bits == 8 else f"yuv420p{bits}le")
    for plane, value in zip(frame.planes, planes, strict=True):
        count = plane.buffer_size // (1 if bits == 8 else 2)
        plane.update(np.full(count, round(value), "u1" if bits == 8 else "<u2"))
    return frame


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("name", COLOURS)
def test_each_matrix_range_and_depth(matrix: int, full: bool, bits: int, name: str) -> None:
    frame = plain_frame(COLOURS[name], matrix, full, bits, (64, 48))
    frame.colorspace, frame.color_range = matrix, 2 if full else 1
    assert Converter(frame)(frame).mean(axis=(0, 1)) == pytest.approx(COLOURS[name], abs=3)


@pytest.mark.parametrize(("size", "matrix"), [((720, 576), 5), ((640, 480), 5), ((1280, 720), 1), ((1280, 544), 1)])
def test_unmarked_colours_are_guessed_by_the_size_as_players_do(size: tuple[int, int], matrix: int) -> None:
    frame = plain_frame(COLOURS["orange"], matrix, False, 8, size)
    assert Converter(frame)(frame).mean(axis=(0, 1)) == pytest.approx(COLOURS["orange"], abs=3)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "tolerance"),
    [
        ("a.mkv", "ffv1", "bgr0", 0),
        ("a.mkv", "ffv1", "yuv444p", 3),
        ("a.mkv", "ffv1", "yuv410p", 3),
        ("a.mov", "qtrle", "argb", 0),
        ("a.mov", "prores_ks", "yuv422p10le", 3),
        ("a.avi", "mjpeg", "yuvj422p", 3),
        ("a.avi", "rawvideo", "bgr24", 0),
        ("a.mov", "rawvideo", "uyvy422", 3),
    ],
)
def test_pixel_formats(name: str, codec: str, pix_fmt: str, tolerance: int, tmp_path: Path) -> None:
    path = make_video(tmp_path / name, frames=1, codec=codec, pix_fmt=pix_fmt, draw=_orange)
    with open_video(path) as video:
        [frame] = video
    assert frame.image.mean(axis=(0, 1)) == pytest.approx(COLOURS["orange"], abs=tolerance)
    assert frame.image.flags.writeable
    assert frame.image.dtype == np.uint8


@pytest.mark.parametrize(("codec", "pix_fmt", "name"), [("ffv1", "gray", "a.mkv"), ("png", "ya8", "a.mov")])
def test_gray(codec: str, pix_fmt: str, name: str, tmp_path: Path) -> None:
    path = make_video(tmp_path / name, frames=1, codec=codec, pix_fmt=pix_fmt, draw=_orange)
    with open_video(path) as video:
        [frame] = video
    luma = 0.299 * 220 + 0.587 * 160 + 0.114 * 40
    assert frame.image.mean(axis=(0, 1)) == pytest.approx([luma] * 3, abs=1)


def test_more_bits_are_noted(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x265-params": "log-level=0"}
    path = make_video(tmp_path / "a.mp4", frames=2, codec="libx265", pix_fmt="yuv420p10le", options=options)
    with open_video(path) as video:
        assert video.info.notes == ("10 bits a colour become 8",)


def _orange(index: float, size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), COLOURS["orange"], np.uint8)


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [("a.webm", "libvpx-vp9", "yuva420p"), ("a.mov", "png", "rgba")])
def test_transparent_parts_are_laid_on_white(name: str, codec: str, pix_fmt: str, tmp_path: Path) -> None:
    options = {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"} if codec == "libvpx-vp9" else {}
    with av.open(str(tmp_path / name), "w") as output:
        stream = output.add_stream(codec, 25, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 32, pix_fmt
        red = np.zeros((32, 96, 4), np.uint8)
        red[..., 2] = 255
        red[..., 3] = np.repeat([0, 128, 255], 32)  # unseen, half seen, seen
        frame = av.VideoFrame.from_ndarray(red, format="bgra").reformat(format=pix_fmt)
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with open_video(tmp_path / name) as video:
        [shown] = video
    for column, colour in [(16, (255, 255, 255)), (48, (127, 127, 255)), (80, (0, 0, 255))]:
        assert shown.image[16, column] == pytest.approx(colour, abs=3)


@pytest.mark.skipif(not MAPS_HDR, reason="needs PyAV 18, whose FFmpeg maps high dynamic range")
def test_high_dynamic_range_keeps_its_brightness() -> None:
    """PQ (SMPTE ST 2084): paper white of 203 nits is coded as 0.58 and must come out near white, not as middle gray."""
    frame = av.VideoFrame(64, 48, "yuv420p10le")
    for plane, value in zip(frame.planes, (64 + round(0.58 * 876), 512, 512), strict=True):
        plane.update(np.full(plane.buffer_size // 2, value, "<u2"))
    frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries = 9, 1, 16, 9
    converter = Converter(frame)
    image = converter(frame)
    assert image.min() > 235
    assert np.ptp(image.astype(int).reshape(-1, 3).mean(axis=0)) < 3  # white has no tint
    assert converter.notes == ("high dynamic range (10 bits a colour) mapped to the standard range (8 bits)",)
