"""Counts, lines, zones, sizes and the report on the command line and from Python."""

from __future__ import annotations

import csv
import dataclasses
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from maskseg_cli import Detections, Frame, Reporter, process_camera, process_images, process_video, process_videos
from maskseg_cli.cli import image as _image  # commands take their options from the features when they are imported
from maskseg_cli.cli import render as _render
from maskseg_cli.cli import video as _video
from maskseg_cli.cli import webcam as _webcam
from maskseg_cli.cli.main import main
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.features import registry
from maskseg_cli.features.counting import Counting
from maskseg_cli.features.feature import Feature, RunParts
from maskseg_cli.features.tracking import Tracking
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.stop_token import StopToken
from tests.cli.fake_model import scene, use_blob_engine
from tests.cli.video_running import facts, film

#: So the other tests of this process find all options, also where this file comes first.
COMMANDS = (_image, _render, _video, _webcam)

#: The walker's centre passes this line at frame 16; whoever looks from its first point to its second has the side that
#: the walker comes from on the right.
GATE = "gate=0.25,0,0.25,1"
RIGHT = "right=0.25,0,1,0,1,1,0.25,1"


@dataclass(frozen=True)
class OneTrack(Feature):
    """Takes the place of the tracker: each person is track 0."""

    def add_to(self, parts: RunParts) -> None:
        def number(frame: Frame, detections: Detections) -> Detections:
            return dataclasses.replace(detections, tracker_id=np.zeros(len(detections), np.int32))

        if parts.kind != "photos":
            parts.transforms.append(number)


class Listening(Reporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.lines.append(sentence)

    warn = say


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    monkeypatch.setattr(registry, "FEATURES", (OneTrack, Counting))
    return tmp_path


def test_a_video_on_the_command_line(here: Path) -> None:
    film(here / "in.mp4", frames=40)
    words = ["video", "in.mp4", "-o", "out.mp4", "--count", "--line", GATE, "--zone", RIGHT, "--scale", "2px/cm"]
    words += ["--report", "r.html", "--counts", "c.csv", "--sizes", "s.csv"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    last = result.output.splitlines()[-3:]
    assert last[0] == "1 person in all."
    assert last[1].startswith("1 person in 'right', for 0.9")
    assert last[2] == "0 in, 1 person out over 'gate'."
    rows = list(csv.DictReader((here / "c.csv").open()))
    assert len(rows) == 40
    assert list(rows[0]) == [
        "file", "frame", "time", "objects", "person", "unique", "gate in", "gate out", "right inside",
    ]  # fmt: skip
    assert [row["gate out"] for row in rows] == ["0"] * 18 + ["1"] * 22
    assert [row["right inside"] for row in rows] == ["0"] * 16 + ["1"] * 24
    assert {row["unique"] for row in rows} == {"1"}
    sizes = list(csv.DictReader((here / "s.csv").open()))
    assert len(sizes) == 40
    assert (sizes[0]["area (px)"], sizes[0]["area (cm²)"], sizes[0]["length (cm)"]) == ("192", "48", "12")
    page = (here / "r.html").read_text()
    assert "What was found in in.mp4" in page
    assert "0 in, 1 person out over &#x27;gate&#x27;" in page
    picture = facts(here / "out.mp4").frames[30]
    assert (picture[:, 22:26].max(axis=2) > 150).mean() > 0.3  # the line
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 1
    assert "exists already" in refused.output


def test_photos_have_zones_and_counts_but_no_lines(here: Path) -> None:
    write_image(here / "photos" / "a.png", scene())
    write_image(here / "photos" / "b<i>&.png", scene())
    process_images("photos", "out", count=True, zone="left=0,0,0.5,0,0.5,1,0,1", counts="c.json", report="r.html")
    found = json.loads((here / "c.json").read_text())
    [totals] = found["totals"]
    assert totals["objects"] == {"person": 2, "dog": 2}
    assert totals["zones"]["left"]["objects"] == {"person": 2}
    assert totals["unique"] is None
    assert [one["file"] for one in found["frames"]] == ["a.png", "b<i>&.png"]
    assert found["frames"][0]["zones"] == {"left": {"person": 1}}
    page = (here / "r.html").read_text()
    assert "b&lt;i&gt;&amp;.png" in page
    assert "<i>" not in page
    assert (read_image(here / "out" / "a.png") != scene()).any()
    result = CliRunner().invoke(main, ["image", "photos", "-o", "more", "--line", GATE])
    assert result.exit_code == 2
    assert "it is for videos and cameras" in result.output
    assert not list((here / "more").glob("*.png"))


def test_results_that_exist_are_counted_again_for_the_report(here: Path) -> None:
    write_image(here / "photos" / "a.png", scene())
    process_images("photos", "out")
    process_images("photos", "out", skip_existing=True, counts="c.csv")
    assert (here / "c.csv").read_text().splitlines()[1] == "a.png,0,,2,1,1,"


def test_a_camera_and_several_videos(here: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        film(here / "in" / name, frames=30)
    reporter = Listening()
    result = CliRunner().invoke(main, ["video", "in", "-o", "out", "--line", GATE, "--report", "r.html"])
    assert result.exit_code == 0, result.output
    assert "a.mp4: 0 in, 1 person out over 'gate'." in result.output
    assert "b.mp4: 0 in, 1 person out over 'gate'." in result.output
    assert "All videos" in (here / "r.html").read_text()
    process_camera("in/a.mp4", window=False, line=(GATE,), count=True, report="cam.html", reporter=reporter)
    assert any("1 person in all." in line for line in reporter.lines)
    assert "gate" in (here / "cam.html").read_text()


def test_a_stopped_or_failed_run_leaves_what_was_counted(here: Path) -> None:
    film(here / "in.mp4", frames=300)
    stop = StopToken()

    def stopping(frame: Frame, detections: Detections) -> Detections:
        if frame.index == 20:
            stop.request()
        time.sleep(0.01 if stop.requested else 0)
        return detections

    process_video("in.mp4", "out.mp4", report="r.html", counts="c.csv", transforms=[stopping], stop=stop)
    assert "What was found in in.mp4" in (here / "r.html").read_text()
    assert 20 < len((here / "c.csv").read_text().splitlines()) < 301

    def failing(frame: Frame, detections: Detections) -> Detections:
        if frame.index == 20:
            raise MasksegError("The disk is on fire.")
        return detections

    with pytest.raises(MasksegError, match="on fire"):
        process_video("in.mp4", "two.mp4", report="f.html", counts="f.csv", sizes="s.csv", transforms=[failing])
    assert not (here / "f.html").exists()
    assert "ended with an error" in (here / "f.partial.html").read_text()
    assert len((here / "f.partial.csv").read_text().splitlines()) == 21
    assert len((here / "s.partial.csv").read_text().splitlines()) == 21


def test_what_a_continued_run_does_not_count_is_said(here: Path) -> None:
    for name in ("a", "b"):
        film(here / f"in/{name}.mp4", frames=3)
    process_video("in/a.mp4", "out/a.mp4")
    reporter = Listening()
    process_videos("in", "out", counts="c.csv", skip_existing=True, reporter=reporter)
    note = "Note: c.csv will hold what is counted in this run, not the 1 that is there already; --overwrite does all"
    assert f"{note} again." in reporter.lines
    assert {row["file"] for row in csv.DictReader((here / "c.csv").open())} == {"b.mp4"}
    reporter = Listening()
    process_videos("in", "out", counts="c.csv", report="r.html", skip_existing=True, reporter=reporter)
    assert any(line.startswith("Note: r.html is not written, because no video is left") for line in reporter.lines)
    reporter = Listening()
    process_videos("in", "again", counts="d.csv", skip_existing=True, reporter=reporter)
    assert not any(line.startswith("Note:") for line in reporter.lines)


def test_wrong_options(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film(here / "in.mp4", frames=3)
    for options, words in (
        ({"line": "gate=1,2"}, "a line has four"),
        ({"scale": "12"}, "is no scale"),
        ({"report": "r.pdf"}, r"--report writes \.html and \.htm files"),
        ({"counts": "c.txt"}, r"--counts writes \.csv and \.json files"),
        ({"count_at": "top"}, "count_at is one of centre, bottom"),
        ({"zone": "700,700,800,700,800,800"}, "lies outside the picture, which has 96 x 64"),
    ):
        with pytest.raises(UsageError, match=words):
            process_video("in.mp4", "out.mp4", **options)
    refused = CliRunner().invoke(main, ["video", "in.mp4", "-o", "out.mp4", "--line", "700,700,800,800"])
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1), refused.stderr
    monkeypatch.setattr(registry, "FEATURES", (Tracking, Counting))
    film(here / "empty.mp4", frames=3, draw=lambda *_: np.zeros((64, 96, 3), np.uint8))
    with pytest.raises(UsageError, match="--line counts tracks"):  # also where no object would ever be seen
        process_video("empty.mp4", "out.mp4", line=GATE, track=False)
    monkeypatch.setattr(registry, "FEATURES", (Counting,))
    with pytest.raises((UsageError, MasksegError), match=r"these objects have none: leave out --no-track"):
        process_video("in.mp4", "out.mp4", line=GATE)
    reporter = Listening()
    process_video("in.mp4", "counted.mp4", count=True, reporter=reporter)
    assert reporter.lines[-1].startswith("Most at once: 1 person (different ones over time are counted by tracks")
    plain = Counting()
    assert (plain.files(), plain.writes) == ([], False)
    parts = RunParts("video")
    plain.add_to(parts)
    assert (parts.transforms, parts.overlays, parts.sinks) == ([], [], [])
