"""`maskseg video --ray`: the same results, files and messages as without Ray, whatever happens to the workers."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli import process_videos
from maskseg_cli.errors import UsageError
from maskseg_cli.reporter import Reporter
from maskseg_cli.stop_token import StopToken
from tests.cli.fake_model import blob_predictor, use_blob_engine
from tests.cli.running import tree_of
from tests.cli.video_running import facts, film, json_lines, run

from .stand_in import Killer, Slow

pytestmark = pytest.mark.usefixtures("cluster")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the stand-in in this process too."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path


class Said(Reporter):
    """Keeps what is said, without the times."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.warn(sentence)

    def warn(self, sentence: str) -> None:
        self.lines.append(without_times(sentence))


def without_times(text: str) -> str:
    return re.sub(r"in [0-9.]+ s \([0-9.]+ a second\)", "in time", text)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in tree_of(folder)}


#: Everything that a run over several videos can write, by the folder of the results.
def all_outputs(folder: str) -> list[str]:
    exports = [
        word for name in ("coco", "csv", "jsonl", "labelme", "cvat", "yolo", "mots") for word in ("--export", name)
    ]
    files = {
        "--json": "lines.jsonl", "--counts": "counts.csv", "--sizes": "sizes.csv", "--report": "report.html",
        "--cutout": "objects", "--export-dir": "exports", "--save-detections": "found.msk",
    }  # fmt: skip
    named = [word for option, name in files.items() for word in (option, f"{folder}/{name}")]
    return ["-o", f"{folder}/films", *named, *exports, "--count", "--line", "gate=0.5,0,0.5,1", "--effect", "blur"]


def test_all_outputs_are_those_of_a_run_in_one_process(here: Path) -> None:
    film(here / "in" / "a.mp4", frames=4)
    film(here / "in" / "a.avi", codec="mpeg4", frames=9)  # which takes longest, and whose name is taken
    (here / "in" / "b.mp4").write_text("no video\n" * 50)
    film(here / "in" / "c.mp4", frames=6, sound="aac")
    alone = run("in", *all_outputs("alone"), code=1)
    spread = run("in", *all_outputs("spread"), "--ray", "--ray-workers", "2", code=1)
    assert without_times(spread.stderr).replace("spread/", "alone/") == without_times(alone.stderr)
    assert "3 of 4 videos done, 1 failed: in/b.mp4." in spread.stderr
    assert spread.stdout == alone.stdout == ""
    expected, found = bytes_of(here / "alone"), bytes_of(here / "spread")
    assert list(found) == list(expected)
    assert {"films/a.mp4", "exports/mots/a.txt", "exports/cvat/a_mp4.xml"} <= found.keys()
    assert [name for name in found if found[name] != expected[name]] == []


def test_a_lost_worker_loses_nothing(here: Path) -> None:
    for name in "abcd":
        film(here / "in" / f"{name}.mp4", frames=5)
    for name in ("once", "always"):
        (here / name).mkdir()
    kills = [Killer("b.mp4", here / "once"), Killer("c.mp4", here / "always", 3)]
    said = Said()
    outputs: dict[str, Any] = {"json": "out/lines.jsonl", "cutout": "out/objects", "skip_existing": True}
    done = process_videos("in", "out", transforms=kills, ray=True, ray_workers=2, reporter=said, **outputs)
    assert list(done.failures.items()) == [
        ("in/c.mp4", "the process that did it has ended 3 times: it was killed, or its machine is gone.")
    ]
    assert [one.name for one in done.done] == ["in/a.mp4", "in/b.mp4", "in/d.mp4"]
    notes = [line for line in said.lines if line.startswith("Note: ")]
    again = "Note: in/{}.mp4 is done again, because the process that did it has ended."
    assert sorted(notes) == [again.format("b"), again.format("c"), again.format("c")]
    assert list((here / "out").rglob(".*")) == []
    assert facts("out/b.mp4").frames
    assert not Path("out/c.mp4").exists()

    summary = process_videos("in", "out", ray=True, ray_workers=2, **outputs)
    assert len(summary.kept) == 3
    assert [one.name for one in summary.done] == ["in/c.mp4"]
    process_videos("in", "alone", json="alone/lines.jsonl", cutout="alone/objects")
    assert sorted(json_lines("out/lines.jsonl"), key=str) == sorted(json_lines("alone/lines.jsonl"), key=str)
    expected, found = bytes_of(here / "alone"), bytes_of(here / "out")
    assert list(found) == list(expected)
    assert [name for name in found if found[name] != expected[name]] == ["lines.jsonl"]  # whose order differs


def test_a_stop_keeps_what_is_there(here: Path) -> None:
    film(here / "in" / "a.mp4", frames=3)
    film(here / "in" / "b.mp4", frames=400)

    class StopsAtFrames(StopToken):
        def raise_if_requested(self) -> None:
            if self.requested:
                raise KeyboardInterrupt

    stop = StopsAtFrames()

    class Stops(Said):
        def warn(self, sentence: str) -> None:
            super().warn(sentence)
            if "a.mp4 -> " in sentence:
                stop.request()

    said, slow = Stops(), [Slow("b.mp4", 0.05)]
    with pytest.raises(KeyboardInterrupt):
        process_videos(
            "in", "out", json="lines.jsonl", transforms=slow, ray=True, ray_workers=2, reporter=said, stop=stop
        )
    assert tree_of(here / "out") == ["a.mp4", "b.partial.mp4"]
    assert said.lines[-1] == "  It is not the whole video: the same command with --skip-existing does it again."
    kept = [line["file_name"] for line in json_lines("lines.jsonl")]
    assert kept[:3] == ["a.mp4"] * 3
    assert len(facts("out/b.partial.mp4").frames) == kept.count("b.mp4") > 0


#: What cannot be pickled.
lock = threading.Lock()


class Everywhere:
    """A sink of a user's own."""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"show": True}, "--show shows frames"),
        ({"sinks": [Everywhere()]}, "sinks take the frames of all videos"),
        ({"model": blob_predictor()}, "A loaded network cannot be sent"),
        ({"transforms": [lambda frame, found: lock]}, "The transforms cannot be sent"),
        ({"sources": "rtsp://camera/1"}, "rtsp://camera/1: with --ray, videos are files"),
    ],
)
def test_what_cannot_be_spread_is_refused(here: Path, options: dict[str, Any], words: str) -> None:
    film(here / "a.mp4", frames=2)
    with pytest.raises(UsageError, match=words):
        process_videos(**{"sources": "a.mp4", "output": "out.mp4", "ray": True, **options})
    assert tree_of(here) == ["a.mp4"]
