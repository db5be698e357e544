"""Animated WebP files, which FFmpeg does not read."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.video.reader import open_video
from tests.video.samples import number_of, picture, truncated

Part = tuple[np.ndarray, int, int, int, int]
DISPOSE, REPLACE = 1, 2
WHITE = (255, 255, 255)


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def make_webp(path: Path, size: tuple[int, int], parts: list[Part], lossless: bool = True) -> Path:
    """An animation on a canvas of this width and height: picture, x, y, milliseconds and flags of each frame."""
    chunks = b"VP8X" + struct.pack("<IBxxx", 10, 0x12) + _three(size[0] - 1) + _three(size[1] - 1)
    chunks += b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    for image, x, y, lasts, flags in parts:
        coded = cv2.imencode(".webp", image, [cv2.IMWRITE_WEBP_QUALITY, 101 if lossless else 90])[1].tobytes()[12:]
        if coded[:4] == b"VP8X":  # a header of the file; in a frame it has no place
            coded = coded[18:]
        head = _three(x // 2) + _three(y // 2) + _three(image.shape[1] - 1) + _three(image.shape[0] - 1) + _three(lasts)
        chunks += b"ANMF" + struct.pack("<I", 16 + len(coded)) + head + bytes([flags]) + coded
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks)
    return path


def colour(size: tuple[int, int], *bgra: int) -> np.ndarray:
    """A picture (H, W, 4) of one colour."""
    return np.full((size[1], size[0], 4), bgra, np.uint8)


@pytest.mark.parametrize("lossless", [True, False])
def test_an_animation_is_read_with_its_times(tmp_path: Path, lossless: bool) -> None:
    times = [40, 0, 500, 40]  # 0 is taken for 100, as browsers do
    path = make_webp(tmp_path / "a.webp", (64, 48), [(picture(k), 0, 0, times[k], 0) for k in range(4)], lossless)
    with open_video(path) as video:
        frames = list(video)
        assert (video.info.frames, video.info.has_sound, video.notes, video.broken) == (4, False, [], None)
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 3]
    assert [frame.time for frame in frames] == [Fraction(n, 1000) for n in (0, 40, 140, 640)]
    assert frames[-1].duration == Fraction(40, 1000)
    with open_video(path, start=0.1, end=0.3) as video:
        assert [(frame.index, float(frame.duration)) for frame in video] == [(2, pytest.approx(0.16, abs=0.001))]


def test_frames_are_laid_on_those_before(tmp_path: Path) -> None:
    parts = [
        (colour((40, 30), 0, 0, 255, 255), 0, 0, 100, 0),  # red, on the whole
        (colour((10, 10), 255, 0, 0, 255), 4, 6, 100, 0),  # a blue square
        (colour((10, 10), 0, 255, 0, 128), 4, 6, 100, 0),  # half green over it
        (colour((10, 10), 0, 255, 0, 128), 20, 6, 100, REPLACE | DISPOSE),  # half green instead of red, then nothing
        (colour((2, 2), 0, 0, 0, 255), 0, 0, 100, 0),
    ]
    with open_video(make_webp(tmp_path / "a.webp", (40, 30), parts)) as video:
        images = [frame.image for frame in video]
        assert video.notes == ["transparent parts were laid on white"]
    assert images[0].reshape(-1, 3).tolist() == [[0, 0, 255]] * 1200
    assert images[1][10, 10].tolist() == [255, 0, 0]
    assert images[1][20, 10].tolist() == [0, 0, 255]
    assert images[2][10, 10] == pytest.approx([127, 128, 0], abs=2)
    assert images[3][10, 25] == pytest.approx([127, 255, 127], abs=2)
    assert images[3][20, 25].tolist() == [0, 0, 255]
    assert images[4][10, 25].tolist() == list(WHITE)
    assert images[4][0, 0].tolist() == [0, 0, 0]


def test_a_damaged_frame_is_left_out_and_counted(tmp_path: Path) -> None:
    path = make_webp(tmp_path / "a.webp", (64, 48), [(picture(k), 0, 0, 40, 0) for k in range(5)])
    data = bytearray(path.read_bytes())
    place = data.index(b"VP8", 30 + data[30:].index(b"ANMF", 200))
    data[place : place + 40] = bytes(40)
    path.write_bytes(data)
    with open_video(path) as video:
        frames = list(video)
        assert video.skipped == 1
    assert len(frames) == 4
    assert frames[-1].time + frames[-1].duration == Fraction(1, 5)


def test_an_animation_that_is_cut_off(tmp_path: Path) -> None:
    path = make_webp(tmp_path / "a.webp", (64, 48), [(picture(k), 0, 0, 40, 0) for k in range(10)])
    with open_video(truncated(path, tmp_path / "cut.webp")) as video:
        assert 2 < len(list(video)) < 8
        assert video.broken == f"{tmp_path / 'cut.webp'} is cut off: its end is missing."


def test_an_animation_of_one_frame_and_a_photo(tmp_path: Path) -> None:
    with open_video(make_webp(tmp_path / "a.webp", (64, 48), [(picture(7), 0, 0, 400, 0)])) as video:
        (frame,) = video
    assert (number_of(frame.image), frame.duration) == (7, Fraction(2, 5))
    cv2.imwrite(str(tmp_path / "b.webp"), picture(0))
    with pytest.raises(MasksegError, match="is a photo"):
        open_video(tmp_path / "b.webp")


def test_it_has_one_stream(tmp_path: Path) -> None:
    path = make_webp(tmp_path / "a.webp", (64, 48), [(picture(number), 0, 0, 100, 0) for number in range(2)])
    with open_video(path, stream=0) as video:
        assert len(list(video)) == 2
    with pytest.raises(UsageError, match="has no stream 3: its pictures are stream 0"):
        open_video(path, stream=3)
