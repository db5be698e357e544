"""What is kept of a video that is not complete has a name of its own: a.partial.mp4."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.cli.stop_signals import StopSignals
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline.videos import process_video, process_videos
from maskseg_cli.reporter import Reporter
from maskseg_cli.stop_token import StopToken

from .fake_model import blob_predictor
from .running import tree_of
from .video_running import facts, film, json_lines, run


class Said(Reporter):
    """Keeps what a user would read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.lines.append(sentence)


def wait_for_the_reader() -> None:
    """Waits until no more frames are read: at the end of a short film, in a longer one after a stop."""
    for thread in threading.enumerate():
        if thread.name == "maskseg-decode":
            thread.join(60)


def stopped(source: str, output: str, at: int = 3, last: bool = False, **options: Any) -> list[str]:
    """Makes a run that is stopped at a frame, `last` says that it is the last one; returns what it says."""
    stop, said = StopToken(), Said()

    def stop_at(frame: Frame, detections: Detections) -> Detections:
        if frame.index == at and not last:
            stop.request()
        if frame.index == at:
            wait_for_the_reader()
            stop.request()
        return detections

    process_videos(source, output, model=blob_predictor(), transforms=[stop_at], stop=stop, reporter=said, **options)
    return said.lines


def interrupted(source: str, output: str, **options: Any) -> None:
    """Makes a run that gets SIGTERM at a frame."""

    def signal_at(frame: Frame, detections: Detections) -> Detections:
        if frame.index == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            wait_for_the_reader()
        return detections

    process_videos(source, output, model=blob_predictor(), transforms=[signal_at], stop=StopSignals(), **options)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv", ".gif"])
def test_a_stopped_run_keeps_a_partial_film_and_the_next_one_makes_the_whole(here: Path, suffix: str) -> None:
    film(here / "in.mp4", frames=60)
    said = stopped("in.mp4", f"a{suffix}")
    assert tree_of(here) == [f"a.partial{suffix}", "in.mp4"]
    assert 4 <= len(facts(f"a.partial{suffix}").frames) < 60
    assert any(f"-> a.partial{suffix}: " in line for line in said)
    assert said[-1] == "  It is not the whole video: the same command with --skip-existing does it again."
    run("in.mp4", "-o", f"a{suffix}", "--skip-existing")
    assert tree_of(here) == [f"a{suffix}", "in.mp4"]
    assert len(facts(f"a{suffix}").frames) == 60


def test_a_complete_film_survives_a_run_with_overwrite_that_is_stopped(here: Path) -> None:
    film(here / "in.mp4", frames=60)
    run("in.mp4", "-o", "a.mp4", "--end", "0.2")
    before = (here / "a.mp4").read_bytes()
    assert stopped("in.mp4", "a.mp4", overwrite=True)[-1].endswith("video: the same command does it again.")
    assert (here / "a.mp4").read_bytes() == before
    assert tree_of(here) == ["a.mp4", "a.partial.mp4", "in.mp4"]
    run("in.mp4", "-o", "a.mp4", "--overwrite")
    assert tree_of(here) == ["a.mp4", "in.mp4"]
    assert len(facts("a.mp4").frames) == 60


def test_so_do_its_lines(here: Path) -> None:
    film(here / "in.mp4", frames=60)
    run("in.mp4", "-o", "a.mp4", "--json", "r.jsonl", "--end", "0.2")
    before = (here / "r.jsonl").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        interrupted("in.mp4", "a.mp4", json="r.jsonl", overwrite=True)
    assert (here / "r.jsonl").read_bytes() == before
    assert len(json_lines("r.partial.jsonl")) == len(facts("a.partial.mp4").frames)
    run("in.mp4", "-o", "a.mp4", "--json", "r.jsonl", "--overwrite")
    assert len(json_lines("r.jsonl")) == 60
    assert tree_of(here) == ["a.mp4", "in.mp4", "r.jsonl"]
    with pytest.raises(KeyboardInterrupt):  # there is none to be kept
        interrupted("in.mp4", "b.mp4", json="b.jsonl")
    assert len(json_lines("b.jsonl")) == len(facts("b.partial.mp4").frames)


def test_numbered_frames_have_partial_names_until_all_are_there(here: Path) -> None:
    film(here / "in.mp4", frames=60)
    run("in.mp4", "-o", "f/%03d.png", "--end", "0.2")
    before = {path.name: path.read_bytes() for path in (here / "f").iterdir()}
    assert sorted(before) == [f"{number:03}.png" for number in range(5)]
    said = stopped("in.mp4", "f/%03d.png", overwrite=True)
    assert any("-> f/%03d.partial.png: " in line for line in said)
    after = {path.name: path.read_bytes() for path in (here / "f").iterdir()}
    assert {name: after.pop(name) for name in before} == before
    assert 4 <= len(after) < 60
    assert sorted(after) == [f"{number:03}.partial.png" for number in range(len(after))]
    stopped("in.mp4", "g/%03d.png")
    run("in.mp4", "-o", "g/%03d.png", "--end", "0.2")  # a shorter run than the one that was stopped
    assert tree_of(here / "g") == [f"{number:03}.png" for number in range(5)]


def test_a_part_that_was_asked_for_and_a_source_that_breaks_off_are_complete(here: Path) -> None:
    film(here / "in.mkv", frames=60)
    run("in.mkv", "-o", "a.mp4", "--max-frames", "3")
    run("in.mkv", "-o", "b.mp4", "--start", "1", "--end", "1.2")
    whole = (here / "in.mkv").read_bytes()
    (here / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    result = run("cut.mkv", "-o", "c.mp4", code=1)
    assert f"c.mp4 holds the {len(facts('c.mp4').frames)} frames before that." in result.stderr
    assert tree_of(here) == ["a.mp4", "b.mp4", "c.mp4", "cut.mkv", "in.mkv"]


def test_a_stop_after_the_last_frame_leaves_a_complete_film(here: Path) -> None:
    film(here / "in.mp4", frames=4)
    said = stopped("in.mp4", "a.mp4", at=3, last=True)
    assert tree_of(here) == ["a.mp4", "in.mp4"]
    assert not any("not the whole" in line for line in said)


def test_what_was_written_says_whether_it_is_complete(here: Path) -> None:
    film(here / "in.mp4", frames=2)
    summary = process_video("in.mp4", "a.mp4", model=blob_predictor())
    assert summary is not None
    assert summary.written is not None
    assert (summary.written.path, summary.written.partial) == (Path("a.mp4"), False)


def test_blocks_of_deferred_signals_may_lie_in_each_other() -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = StopSignals()
    with stop:
        with stop:
            pass
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested
    assert signal.getsignal(signal.SIGTERM) is before
