"""Pictures come as a player shows them: turned, with square pixels, without combs."""

from __future__ import annotations

import io
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from maskseg_cli.video.orientation import Orientation
from maskseg_cli.video.reader import open_video
from tests.video.samples import corners_of, make_video, number_of, picture

TURNED = {
    0: "red green blue white",
    90: "blue red white green",
    180: "white blue green red",
    270: "green white red blue",
}


@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_video_is_turned_as_the_camera_was_held(name: str, turn: int, mirror: bool, tmp_path: Path) -> None:
    path = make_video(tmp_path / name, frames=2, turn=turn, mirror=mirror)
    with open_video(path) as video:
        [frame, _] = video
    top_left, top_right, bottom_left, bottom_right = TURNED[turn].split()
    corners = [top_left, top_right, bottom_left, bottom_right]
    assert corners_of(frame.image) == ([top_right, top_left, bottom_right, bottom_left] if mirror else corners)
    assert frame.image.shape == ((64, 48, 3) if turn % 180 else (48, 64, 3))
    assert (video.info.height, video.info.width) == frame.image.shape[:2]
    assert frame.image.flags.c_contiguous
    if turn or mirror:
        assert len(video.info.notes) == 1
    if turn == 90 and not mirror:
        assert video.info.notes == ("turned by 90 degrees, as the camera was held",)


@pytest.mark.parametrize(("transpose", "flip_x", "flip_y"), list(itertools.product([False, True], repeat=3)))
def test_each_display_matrix_moves_pixels_as_it_says(transpose: bool, flip_x: bool, flip_y: bool) -> None:
    """ISO/IEC 14496-12: (p, q) is shown at (a p + c q + x, b p + d q + y); x and y bring it back to the corner."""
    across, down = -1 if flip_x else 1, -1 if flip_y else 1
    a, b, c, d = (0, down, across, 0) if transpose else (across, 0, 0, down)
    orientation = Orientation.from_matrix(np.array([a, b, 0, c, d, 0, 0, 0, 1 << 14]) * 65536)
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    shown = orientation.apply(image)
    assert orientation.size(3, 2) == shown.shape[1::-1]
    places = {(p, q): (a * p + c * q, b * p + d * q) for p in range(3) for q in range(2)}
    left, top = (min(place[axis] for place in places.values()) for axis in (0, 1))
    for (p, q), (x, y) in places.items():
        assert (shown[y - top, x - left] == image[q, p]).all()


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    for aspect, width in [(Fraction(4, 3), 85), (Fraction(8, 9), 57), (Fraction(1), 64), (Fraction(100), 64)]:
        path = make_video(tmp_path / "a.mp4", frames=1, aspect=aspect)
        with open_video(path) as video:
            [frame] = video
        assert frame.image.shape == (48, width, 3)
        assert (video.info.width, video.info.height) == (width, 48)
        assert corners_of(frame.image) == ["red", "green", "blue", "white"]
        assert bool(video.info.notes) == (width != 64)


def test_a_phone_video_of_wide_pixels_is_stretched_before_it_is_turned(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=1, aspect=Fraction(4, 3), turn=90)
    with open_video(path) as video:
        [frame] = video
    assert frame.image.shape == (85, 48, 3)


def _moving_bar(index: float, size: tuple[int, int]) -> np.ndarray:
    image = np.full((size[1], size[0], 3), 40, np.uint8)
    left = round(8 * index) % (size[0] - 16)
    image[:, left : left + 12] = 220
    return image


def _comb(image: np.ndarray) -> float:
    """How much neighbouring rows differ: tens where two moments are woven into one picture."""
    return float(np.abs(np.diff(image[4:-4].astype(int), axis=0)).mean())


@pytest.mark.parametrize(("name", "codec"), [("a.mpg", "mpeg2video"), ("a.mp4", "libx264")])
def test_interlaced_frames_lose_their_comb(name: str, codec: str, tmp_path: Path) -> None:
    woven: dict[str, Any] = {"frames": 12, "size": (128, 64), "codec": codec, "interlaced": True}
    path = make_video(tmp_path / name, draw=_moving_bar, **woven)
    with open_video(path) as video:
        frames = list(video)
    assert "deinterlaced" in video.info.notes
    assert [frame.time for frame in frames] == [Fraction(index, 25) for index in range(12)]
    combs = [_comb(frame.image) for frame in frames]
    bars = [int((frame.image[32, :, 0] > 130).argmax()) for frame in frames]
    assert max(combs[1:-1]) < 3
    assert bars == pytest.approx([8 * index for index in range(12)], abs=2)
    with open_video(make_video(tmp_path / name, **woven)) as video:  # with numbers in place of the bar
        assert [number_of(frame.image) for frame in video] == list(range(12))


def test_frames_that_are_not_interlaced_stay_as_they_are(tmp_path: Path) -> None:
    def stripes(index: float, size: tuple[int, int]) -> np.ndarray:
        image = _moving_bar(index, size)
        image[::2] //= 4
        return image

    path = make_video(tmp_path / "a.mkv", frames=3, codec="ffv1", draw=stripes)
    with open_video(path) as video:
        for frame in video:
            assert np.abs(frame.image.astype(int) - stripes(frame.index, (64, 48))).mean() < 3


def test_a_video_that_changes_its_size_keeps_that_of_its_first_frame(tmp_path: Path) -> None:
    small = make_video(tmp_path / "a.ts", frames=40).read_bytes()
    large = make_video(tmp_path / "b.ts", frames=40, size=(128, 96)).read_bytes()
    (tmp_path / "both.ts").write_bytes(small + large)
    with open_video(tmp_path / "both.ts") as video:
        frames = list(video)
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert [number_of(frame.image) for frame in frames] == [*range(40), *range(40)]
    # The clock of the second piece begins anew; the film goes on.
    assert [frame.time for frame in frames] == [Fraction(index, 25) for index in range(80)]


@pytest.mark.parametrize(("turn", "size", "corners"), [(1, (64, 48), 0), (6, (48, 64), 1), (3, (64, 48), 2)])
def test_photos_with_exif_as_the_pictures_of_a_film(
    tmp_path: Path, turn: int, size: tuple[int, int], corners: int
) -> None:
    """Cameras write them; PyAV does not know that part of a picture."""
    exif = Image.Exif()
    exif[0x0112] = turn  # how the camera was held
    exif[0x010F] = "Camera"
    data = io.BytesIO()
    Image.fromarray(picture(5)[..., ::-1]).save(data, "JPEG", exif=exif, quality=95)
    path = tmp_path / "in.avi"
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("mjpeg", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(5):
            packet = av.Packet(data.getvalue())
            packet.pts = packet.dts = number
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 25), stream, True
            output.mux(packet)
    with open_video(path) as video:
        frames = list(video)
        assert (len(frames), video.info.width, video.info.height) == (5, *size)
    expected = (["red", "green", "blue", "white"], ["blue", "red", "white", "green"], ["white", "blue", "green", "red"])
    assert corners_of(frames[0].image) == expected[corners]


def test_tiff_pictures_in_a_film(tmp_path: Path) -> None:
    with open_video(make_video(tmp_path / "in.mov", frames=5, codec="tiff", pix_fmt="rgb24")) as video:
        assert [number_of(frame.image) for frame in video] == list(range(5))
