"""Broadcasts that were joined by appending files, so that their clock starts anew or jumps."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from maskseg_cli.frame import Frame
from maskseg_cli.video.continuous_clock import ContinuousClock, is_joined
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from tests.video.samples import make_sound, make_video, number_of, picture
from tests.video.written import clicks, write

PICTURES = 50  # of a piece of 2 seconds


def make_piece(path: Path, first: int, begin: int, codec: str, seconds: int = 2) -> bytes:
    """A part of a broadcast whose clock begins at `begin`; its pictures are numbered from `first` on.

    A click is heard in the middle of each second: a little before and after a joint it is quiet.
    """
    with av.open(str(path), "w") as output:
        video = output.add_stream(codec, 25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.codec_context.thread_count = 1
        voice = output.add_stream("mp2", 48000, layout="mono")
        for index in range(25 * seconds):
            frame = av.VideoFrame.from_ndarray(picture(first + index), format="bgr24")
            frame.pts, frame.time_base = 25 * begin + index, Fraction(1, 25)
            output.mux(video.encode(frame))
            samples = (make_sound(0.04, 48000, index / 25 + 0.5) * 32767).astype(np.int16)
            sound = av.AudioFrame.from_ndarray(samples[None], "s16", "mono")
            sound.sample_rate, sound.time_base = 48000, Fraction(1, 48000)
            sound.pts = 48000 * begin + 1920 * index
            output.mux(voice.encode(sound))
        output.mux(video.encode(None))
        output.mux(voice.encode(None))
    return path.read_bytes()


def join(path: Path, begins: Sequence[int], codec: str = "mpeg2video", seconds: int = 2) -> Path:
    """A file of such parts, whose clocks begin at these seconds."""
    pieces = [
        make_piece(path.with_name(f"{number}{path.suffix}"), number * 25 * seconds, begin, codec, seconds)
        for number, begin in enumerate(begins)
    ]
    path.write_bytes(b"".join(pieces))
    return path


def check_pictures(frames: Sequence[Frame], start: float, pieces: int) -> None:
    """All pictures from `start` on are there, each about 40 ms after the one before."""
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(numbers[0], pieces * PICTURES))
    assert abs(numbers[0] - 25 * start) <= 2
    assert all(0.02 < after.time - before.time < 0.07 for before, after in pairwise(frames))


def check_sound(source: Path, frames: Sequence[Frame], path: Path, pieces: int) -> None:
    """A video written from these frames has its clicks where they were."""
    times = [frame.time - frames[0].time for frame in frames]
    sound = Sound(str(source), frames[0].time)
    written = write(path, times, Fraction(1, 25), options=EncodeOptions(codec="mpeg4"), sound=sound)
    assert (written.frames, written.has_sound) == (len(frames), True)
    # The tracks of a piece begin and end some 20 ms apart, and a joint moves both by the same time.
    first = number_of(frames[0].image)
    heard = [0.5 + second - first / 25 for second in range(2 * pieces)]
    assert clicks(path) == pytest.approx([time for time in heard if time > 0], abs=0.1)


@pytest.mark.parametrize(
    ("name", "begins", "codec"),
    [
        ("in.ts", [0, 0, 0], "mpeg2video"),
        ("in.ts", [500, 20000, 7], "libx264"),
        ("in.vob", [0, 0, 0], "mpeg2video"),
        ("in.mpg", [500, 7, 900], "mpeg2video"),
    ],
)
def test_pictures_and_sound_go_on_behind_a_joint(tmp_path: Path, name: str, begins: list[int], codec: str) -> None:
    source = join(tmp_path / name, begins, codec)
    for start in (0, 4.4, 2.6):
        with open_video(source, start=start) as video:
            frames = list(video)
            assert video.info.notes[0].startswith("its clock starts anew")
            assert video.info.duration is None
        check_pictures(frames, start, pieces=3)
    check_sound(source, frames, tmp_path / "out.mp4", pieces=3)


@pytest.mark.parametrize("start", [0, 2.6])
def test_appended_matroska(tmp_path: Path, start: float) -> None:
    source = join(tmp_path / "in.mkv", [0, 0], "libx264")  # FFmpeg reads no third one
    with open_video(source, start=start) as video:
        frames = list(video)
    check_pictures(frames, start, pieces=2)
    check_sound(source, frames, tmp_path / "out.mp4", pieces=2)


def test_pieces_whose_tracks_have_other_numbers(tmp_path: Path) -> None:
    tracks, programme = {"mpegts_start_pid": "512"}, {"mpegts_pmt_start_pid": "2304"}
    pieces = [
        make_video(tmp_path / f"{n}.ts", frames=25, sound="mp2", codec="mpeg2video", container=container).read_bytes()
        for n, container in enumerate(({}, tracks, tracks | programme))
    ]
    (tmp_path / "in.ts").write_bytes(pieces[0] + pieces[1])
    with open_video(tmp_path / "in.ts") as video:
        numbers = [number_of(frame.image) for frame in video]
        assert numbers == [*range(24), *range(25)]  # FFmpeg gives the one at the joint last, where it has no place
        assert video.notes == []
    (tmp_path / "in.ts").write_bytes(pieces[0] + pieces[2])
    with open_video(tmp_path / "in.ts") as video:  # PyAV does not see the tracks of another programme
        assert [number_of(frame.image) for frame in video] == list(range(25))
        assert video.notes == ["behind the last picture the file goes on with other tracks, which are not read"]


@pytest.mark.parametrize(("begins", "joined"), [([0, 100], True), ([0, 2], False), ([90, 0], True), ([50], False)])
def test_a_jump_of_the_clock_is_found(tmp_path: Path, begins: list[int], joined: bool) -> None:
    source = join(tmp_path / "in.ts", begins)
    with av.open(str(source)) as container:
        assert is_joined(str(source), container, container.streams.video[0]) == joined


def test_a_part_with_few_bytes_is_no_jump(tmp_path: Path) -> None:
    def noise(index: float, size: tuple[int, int]) -> np.ndarray:
        image = np.zeros((size[1], size[0], 3), np.uint8)
        return np.random.default_rng(1).integers(0, 255, image.shape, np.uint8) if 60 < index < 80 else image

    path = make_video(tmp_path / "in.ts", frames=100, rate=1, size=(160, 120), gop=1, draw=noise, options={"crf": "0"})
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert not is_joined(str(path), container, stream)


def test_a_plain_broadcast_is_still_sought_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = join(tmp_path / "in.ts", [100], "mpeg2video", seconds=4)
    read: list[int] = []
    adjust = ContinuousClock.adjust
    monkeypatch.setattr(ContinuousClock, "adjust", lambda clock, packet: read.append(1) or adjust(clock, packet))
    with open_video(source, start=3.5) as video:
        assert [frame.index for frame in video] == list(range(88, 100))
        assert video.info.notes == ()
    assert len(read) < 150  # of 270 packets
