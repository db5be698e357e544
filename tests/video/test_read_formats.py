"""Every frame of videos of all kinds comes, in order, at its time; among them the real ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.video.reader import open_video
from maskseg_cli.video.writer import VideoWriter
from tests.video.samples import corners_of, make_pictures, make_video, number_of

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)
FAST_VP9 = {"deadline": "realtime", "cpu-used": "8"}
QUIET_X265 = {"preset": "ultrafast", "x265-params": "log-level=0"}

# name -> how it is made: containers, codecs, clocks (1/90000, 1/1000, ...), frames that are predicted from later ones
KINDS: dict[str, dict[str, Any]] = {
    "a.mp4": {"b_frames": 2, "sound": "aac"},
    "ntsc.mp4": {"rate": NTSC},
    "a.mov": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "sound": "pcm_s16le"},
    "film.mkv": {"rate": FILM, "b_frames": 2},
    "hevc.mkv": {"codec": "libx265", "options": QUIET_X265, "b_frames": 2, "rate": 30},
    "film.webm": {"codec": "libvpx-vp9", "options": FAST_VP9, "rate": FILM, "sound": "libopus"},
    "a.avi": {"codec": "mpeg4", "sound": "pcm_s16le"},
    "b.avi": {"b_frames": 2},
    "c.avi": {"codec": "mpeg4", "b_frames": 2, "rate": NTSC},
    "a.flv": {"codec": "flv1", "rate": 30},
    "a.mpg": {"codec": "mpeg2video", "b_frames": 2},
    "a.wmv": {"codec": "wmv2"},
    "a.gif": {"codec": "gif", "pix_fmt": "rgb8", "rate": 20},
    "a.apng": {"codec": "apng", "pix_fmt": "rgb24", "rate": 10},
    "a.h264": {"b_frames": 2},
    "odd.mkv": {"size": (63, 47), "pix_fmt": "yuv444p"},
    "colon: 100%.mp4": {},
}


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_comes_in_order_at_its_time(name: str, tmp_path: Path) -> None:
    rate = Fraction(KINDS[name].get("rate", 25))
    path = make_video(tmp_path / name, frames=30, **KINDS[name])
    with open_video(path) as video:
        frames = list(video)
    assert [number_of(frame.image) for frame in frames] == list(range(30))
    assert [frame.index for frame in frames] == list(range(30))
    start = frames[0].time
    assert [frame.time - start for frame in frames] == [index / rate for index in range(30)]
    assert {frame.duration for frame in frames} == {1 / rate}
    info = video.info
    assert (info.width, info.height) == KINDS[name].get("size", (64, 48)) == frames[0].image.shape[1::-1]
    assert info.frame_rate == rate
    assert info.frames in (30, None)
    assert info.has_sound == ("sound" in KINDS[name])
    if name not in ("a.h264", "a.apng", "a.mpg"):  # which store none, or an inexact one
        assert info.duration == pytest.approx(30 / rate, abs=0.05)
    assert (video.skipped, video.broken) == (0, None)
    assert corners_of(frames[9].image) == ["red", "green", "blue", "white"]


def test_info_says_what_there_is(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", sound="aac", frames=50)
    with open_video(str(path)) as video:
        info = video.info
    assert (info.name, info.frames, info.duration) == (str(path), 50, 2.0)
    assert (info.has_sound, info.sound_codec, info.notes) == (True, "aac", ())


def test_the_time_counts_from_the_first_sound_where_that_comes_first(tmp_path: Path) -> None:
    times = [Fraction(1, 2) + Fraction(index, 25) for index in range(5)]
    path = make_video(tmp_path / "a.mp4", frames=5, times=times, sound="aac")
    with open_video(path) as video:
        assert [frame.time for frame in video] == times


def test_the_time_counts_from_the_start_of_a_broadcast(tmp_path: Path) -> None:
    with open_video(make_video(tmp_path / "a.ts", frames=5, rate=NTSC)) as video:
        assert [frame.time for frame in video] == [index / NTSC for index in range(5)]


def test_numbered_pictures(tmp_path: Path) -> None:
    pattern = make_pictures(tmp_path / "frames", frames=8, first=7)
    (tmp_path / "frames/00010.png").unlink()  # a gap is closed
    with open_video(pattern) as video:
        frames = list(video)
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 4, 5, 6, 7]
    assert [frame.time for frame in frames] == [Fraction(index, 25) for index in range(7)]
    assert (video.info.frames, video.info.duration) == (7, 7 / 25)
    with open_video(pattern, start=0.2, rate=Fraction(10)) as video:
        assert [frame.index for frame in video] == [2, 3, 4, 5, 6]
    (tmp_path / "frames/00011.png").write_bytes(b"no picture")
    with open_video(pattern) as video:
        assert [frame.index for frame in video] == [0, 1, 2, 4, 5, 6]
        assert video.skipped == 1


@pytest.mark.parametrize(
    ("name", "size", "rate", "count", "seconds", "sound"),
    [
        ("01_dog.mp4", (1280, 720), NTSC, 289, 9.643, "aac"),
        ("car-detection.mp4", (768, 432), Fraction(25, 2), 377, 30.16, "aac"),
        ("walk.mkv", (640, 480), Fraction(30), 89, 2.967, None),
    ],
)
def test_real_videos(
    name: str, size: tuple[int, int], rate: Fraction, count: int, seconds: float, sound: str | None, shared: Path
) -> None:
    with open_video(shared / "videos" / name) as video:
        frames = [(frame.index, frame.time, frame.duration) for frame in video]
    assert frames == [(index, index / rate, 1 / rate) for index in range(count)]
    assert (video.info.width, video.info.height, video.info.frame_rate) == (*size, rate)
    assert video.info.duration == pytest.approx(seconds, abs=0.001)
    assert video.info.sound_codec == sound
    assert (video.skipped, video.broken) == (0, None)


def test_a_part_of_a_long_real_video(shared: Path) -> None:
    with open_video(shared / "videos/one-by-one-person-detection.mp4", start=139) as video:
        assert [(frame.index, frame.time) for frame in video] == [(i, Fraction(i, 10)) for i in range(1390, 1394)]
    assert (video.info.frames, video.info.duration) == (1394, 139.4)


def test_a_camera_for_slow_motion_keeps_its_pictures(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", frames=100, rate=2000)
    with open_video(source) as video:
        frames = list(video)
        assert (video.info.frame_rate, len(frames)) == (2000, 100)
        notes = {}
        for suffix in (".mp4", ".avi"):
            with VideoWriter(tmp_path / f"out{suffix}", video.info) as writer:
                for frame in frames:
                    writer.write(frame.image, frame.time, frame.duration)
                written = writer.finish()
            assert float(written.duration) == pytest.approx(0.05, abs=0.0015)
            notes[suffix] = written.notes
    assert notes[".mp4"] == ()
    assert notes[".avi"] == ("50 pictures were left out, because .avi has one constant rate, here 1000 a second",)


def test_transparent_parts_are_on_white_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("png", 10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgba"
        for alpha in (255, 128):
            image = np.full((48, 64, 4), (255, 0, 0, alpha), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgba")))
        output.mux(stream.encode(None))
    with open_video(path) as video:
        frames = iter(video)
        assert next(frames).image[0, 0].tolist() == [0, 0, 255]
        assert video.notes == []
        assert next(frames).image[0, 0] == pytest.approx([127, 127, 255], abs=2)
        assert video.notes == ["transparent parts were laid on white"]
