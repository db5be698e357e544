"""`--max-frames` and the lines of `--json` where a constant rate repeats frames or leaves some out."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.frame import Frame
from maskseg_cli.video.frame_limit import ShownFrames, until_filled
from maskseg_cli.video.rate import ConstantRate

from .video_running import facts, film, json_lines, run

#: Every frame of the source that is in the result by itself shows another picture.
PLAIN = ("--no-masks", "--no-contours", "--no-boxes", "--no-captions", "--crf", "0")


def frames_of(times: list[Fraction], end: Fraction) -> list[Frame]:
    ends = [*times[1:], end]
    image = np.zeros((2, 2, 3), np.uint8)
    return [Frame(image, k, time, until - time) for k, (time, until) in enumerate(zip(times, ends, strict=True))]


def walker_places(path: str) -> list[int]:
    """Where the walker of `moving_scene` is, frame by frame: the number of the frame in the source."""
    return [int((frame[20].min(axis=1) > 128).argmax()) - 4 for frame in facts(path).frames]


@pytest.mark.parametrize("fps", ["60", "25", "10", "29.97", "5"])
@pytest.mark.parametrize("more", [(), ("--start", "0.4"), ("--every", "3", "--drop"), ("--every", "3")])
def test_so_many_frames_are_written_at_any_rate(here: Path, fps: str, more: tuple[str, ...]) -> None:
    film(here / "in.mp4", frames=80)
    run("in.mp4", "-o", "out.mp4", "--fps", fps, "--max-frames", "10", *more)
    out = facts("out.mp4")
    assert len(out.frames) == 10
    assert out.duration == pytest.approx(10 / float(fps), abs=0.01)


def test_also_where_the_format_alone_wants_a_constant_rate(here: Path) -> None:
    times = [Fraction(k, 100) for k in (0, 1, 2, 3, 4, 5, 6, 40, 80, 120, 160, 200)]
    film(here / "in.mkv", frames=12, times=times, last=Fraction(1, 100), sound="aac")
    run("in.mkv", "-o", "out.avi", "--max-frames", "6", "--json", "out.jsonl")
    assert len(facts("out.avi").frames) == 6
    run("in.mkv", "-o", "out.mkv", "--max-frames", "6")
    assert len(facts("out.mkv").frames) == 6


@pytest.mark.parametrize(
    "options",
    [
        ("--fps", "5", "--max-frames", "4"),
        ("--fps", "60", "--max-frames", "10"),
        ("--fps", "10"),
        ("--fps", "10", "--every", "4"),
        ("--fps", "50", "--every", "5", "--drop", "--max-frames", "8"),
        ("--start", "0.5", "--fps", "7"),
        ("--fps", "1", "--end", "0.2"),
    ],
)
def test_each_frame_that_is_shown_has_one_line(here: Path, options: tuple[str, ...]) -> None:
    film(here / "in.mp4", frames=40)
    run("in.mp4", "-o", "out.mp4", "--json", "out.jsonl", *PLAIN, *options)
    assert [line["frame"] for line in json_lines("out.jsonl")] == list(dict.fromkeys(walker_places("out.mp4")))


@pytest.mark.parametrize("rate", [Fraction(3), Fraction(24), Fraction(30000, 1001), Fraction(1000)])
@pytest.mark.parametrize("number", [1, 7])
def test_no_frame_too_many_whatever_the_times(rate: Fraction, number: int) -> None:
    random = np.random.default_rng(5)
    for _ in range(50):
        # In milliseconds, as Matroska rounds them, so that frames begin just before or after their places.
        milliseconds = np.cumsum(random.integers(1, 200, 40)).tolist()
        times = [Fraction(0), *(Fraction(one, 1000) for one in milliseconds)]
        steady = ConstantRate(rate)
        for frame in until_filled(frames_of(times, times[-1] + 4), number, rate, from_first=False):
            steady.count(frame.time, frame.duration)
        assert steady.written == number


def test_a_gap_in_the_source_does_not_make_more_frames() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    frames = [Frame(image, k, Fraction(k), Fraction(1, 10)) for k in (0, 1, 9)]  # those in between were damaged
    steady = ConstantRate(Fraction(10))
    for frame in until_filled(frames, 20, Fraction(10), from_first=False):
        steady.count(frame.time, frame.duration)
    assert 10 < steady.written <= 20


def test_a_frame_that_is_shown_later_only_has_its_line_in_its_place() -> None:
    seen: list[str] = []
    shown = ShownFrames(Fraction(10), seen.append)
    shown.add("first", Fraction(0), Fraction(10, 100))
    shown.add("short", Fraction(10, 100), Fraction(1, 100))  # no place of its own, but then a gap follows
    shown.add("hidden", Fraction(48, 100), Fraction(1, 100))
    shown.add("last", Fraction(49, 100), Fraction(10, 100))
    assert seen == ["first", "short", "last"]


def test_of_frames_too_short_for_any_place_the_last_is_shown() -> None:
    seen: list[str] = []
    shown = ShownFrames(Fraction(1), seen.append)
    for k, name in enumerate("abc"):
        shown.add(name, Fraction(k, 10), Fraction(1, 10))
    shown.finish()
    assert seen == ["c"]
