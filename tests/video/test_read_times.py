"""Times: variable rates, pieces of a video, and clocks that are coarse or wrong."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.video.reader import open_video
from maskseg_cli.video.timestamps import TimestampConverter, constant_rate
from tests.video.samples import make_video, number_of

NTSC, FILM = Fraction(30000, 1001), Fraction(24000, 1001)
MILLISECOND = Fraction(1, 1000)
UNEVEN = [Fraction(index * index, 100) for index in range(12)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm"])
def test_a_variable_rate_is_kept(name: str, tmp_path: Path) -> None:
    codec: dict[str, Any] = (
        {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}} if name == "a.webm" else {}
    )
    path = make_video(tmp_path / name, frames=12, times=UNEVEN, last=Fraction(1, 2), **codec)
    with open_video(path) as video:
        frames = list(video)
    assert [frame.time for frame in frames] == UNEVEN
    assert [number_of(frame.image) for frame in frames] == list(range(12))
    ends = [*UNEVEN[1:], UNEVEN[-1] + (Fraction(1, 2))]
    assert [frame.time + frame.duration for frame in frames] == ends


# Long enough to be sought in: two seconds and less are simply decoded.
LONG: dict[str, dict[str, Any]] = {
    "a.mp4": {"b_frames": 2, "gop": 50, "options": {"x264-params": "open-gop=1"}},
    "film.mkv": {"b_frames": 2, "gop": 50, "rate": FILM},
    "a.ts": {"gop": 30, "rate": NTSC, "sound": "libmp3lame"},
    "a.mpg": {"codec": "mpeg2video", "gop": 15, "b_frames": 2},
    "a.avi": {"b_frames": 3, "gop": 40},
    "a.gif": {"codec": "gif", "pix_fmt": "rgb8", "rate": 20},
    "uneven.mp4": {"times": [Fraction(i, 20) + Fraction(i * 7 % 5, 200) for i in range(200)], "gop": 60},
}


@pytest.mark.parametrize("name", LONG)
def test_a_piece_has_the_very_frames_of_the_whole(name: str, tmp_path: Path) -> None:
    path = make_video(tmp_path / name, frames=200, **LONG[name])
    with open_video(path) as video:
        whole = [(frame.index, frame.time, frame.duration, number_of(frame.image)) for frame in video]
    assert [number for *_, number in whole] == list(range(200))
    for first, last in [(0, 7), (60, 61), (99, 110), (100, 101), (111, 120), (150, 199)]:
        start, end = (round(float(whole[index][1]), 3) for index in (first, last))  # as a player shows it
        with open_video(path, start, end) as video:
            piece = [(frame.index, frame.time, number_of(frame.image)) for frame in video]
            assert video.skipped == 0
        assert piece == [(index, time, number) for index, time, _, number in whole[first:last]]


def test_start_end_and_number_of_frames(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=100)
    with open_video(path, start=0.1) as video:  # between two frames: 2 begins at 0.08, 3 at 0.12
        assert next(iter(video)).index == 3
    with open_video(path, start=3, max_frames=4) as video:
        assert [frame.index for frame in video] == [75, 76, 77, 78]
        assert [frame.index for frame in video] == [75, 76, 77, 78]  # again, from its start
    with open_video(path, end=0.1) as video:
        frames = list(video)
    assert [(frame.index, frame.duration) for frame in frames] == [
        (0, Fraction(1, 25)),
        (1, Fraction(1, 25)),
        (2, Fraction(1, 50)),  # no longer than the piece
    ]
    with open_video(path, start=3.96) as video:
        [frame] = video
    assert (frame.time, frame.duration) == (Fraction(396, 100), Fraction(1, 25))


def test_a_piece_that_holds_nothing_is_said(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", frames=50)
    with open_video(path, start=2) as video, pytest.raises(MasksegError, match=r"is 2\.0 seconds long.*from 2 on"):
        list(video)
    with open_video(path, start=0.01, end=0.02) as video, pytest.raises(MasksegError, match="no picture in the time"):
        list(video)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": -1}, "must not be negative"),
        ({"start": 3, "end": 2}, r"The end \(2 seconds\) must come after the start \(3 seconds\)"),
        ({"end": 0}, "must come after"),
        ({"max_frames": 0}, "At least one frame"),
    ],
)
def test_impossible_options(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_video("any.mp4", **options)


@given(
    rate=st.sampled_from(
        [FILM, NTSC, Fraction(60000, 1001), Fraction(30), Fraction(60), Fraction(24), Fraction(15, 2)]
    ),
    late=st.fractions(0, 10, max_denominator=1000),
    kept=st.sets(st.integers(0, 10_000), min_size=2, max_size=40),
)
def test_a_rate_that_milliseconds_hide_is_found_again(rate: Fraction, late: Fraction, kept: set[int]) -> None:
    """Also where frames were left out, and where the pictures begin later than the sound."""
    numbers = [number - min(kept) for number in sorted(kept)]
    stamps = [round((late + number / rate) * 1000) for number in numbers]
    grid = constant_rate([rate], MILLISECOND)
    converter = TimestampConverter(Fraction(0), 1 / rate, grid, stamps[0] * MILLISECOND)
    times = [converter.time_of(stamp, MILLISECOND) for stamp in stamps]
    assert [time - times[0] for time in times] == [number / rate for number in numbers]


def test_times_that_are_on_no_grid_stay() -> None:
    stamps = [0, 13, 57, 70, 171]
    converter = TimestampConverter(Fraction(0), 1 / FILM, FILM)
    assert [converter.time_of(stamp, MILLISECOND) * 1000 for stamp in stamps] == stamps


@pytest.mark.parametrize("rate", [Fraction(1000, 131), Fraction(1490, 51), Fraction(90000), None])
def test_uncommon_rates_are_no_grid(rate: Fraction | None) -> None:
    assert constant_rate([rate], MILLISECOND) is None


@given(st.lists(st.one_of(st.none(), st.integers(-500, 5000)), min_size=1, max_size=60))
def test_times_always_grow(stamps: list[int | None]) -> None:
    converter = TimestampConverter(Fraction(0), Fraction(1, 25), jump=Fraction(3))
    times = [converter.time_of(stamp, MILLISECOND) for stamp in stamps]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([0, None, 80, None], [0, 40, 80, 120]),  # missing
        ([0, 40, 40, 120, 160], [0, 40, 80, 120, 160]),  # twice the same
        ([0, 40, 20, 120], [0, 40, 80, 120]),  # one went back
        ([0, 0, 0, 0], [0, 40, 80, 120]),  # standing still
        ([0, 40, 5000, 5040, 80], [0, 40, 80, 120, 160]),  # jumps ahead and back
        ([0, 40, 2540, 2580], [0, 40, 2540, 2580]),  # a long pause
        ([80, 120, 80, 120, 160, 200, 240], [80, 120, 160, 180, 200, 220, 240]),  # two frames back: it catches up
    ],
)
def test_stamps_are_repaired(stamps: list[int | None], times: list[int]) -> None:
    converter = TimestampConverter(Fraction(0), Fraction(1, 25), jump=Fraction(3))
    assert [converter.time_of(stamp, MILLISECOND) * 1000 for stamp in stamps] == times


def test_frames_of_an_earlier_time_are_no_jump_where_packets_do_not_jump() -> None:
    converter = TimestampConverter(Fraction(0), Fraction(1, 25), repaired=True)
    times = [converter.time_of(stamp, MILLISECOND) * 1000 for stamp in (0, 3720, 2520, 3760, 3800, 20000)]
    assert times == [0, 3720, 3760, 3780, 3800, 20000]


def test_a_hole_in_a_broadcast_keeps_its_length(tmp_path: Path) -> None:
    """Behind the hole the decoder gives the frames that it still held in the wrong order."""
    path = make_video(tmp_path / "a.ts", frames=150, size=(160, 120), b_frames=2)
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 5 : len(data) * 3 // 5] = bytes(len(data) * 3 // 5 - len(data) * 2 // 5)
    path.write_bytes(data)
    with open_video(path) as video:
        frames = list(video)
    assert len(frames) < 150
    assert float(frames[-1].time) == pytest.approx(5.96, abs=0.1)
