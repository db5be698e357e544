"""`maskseg video` with tracks: numbers in JSON, the last message, --no-track, frames in between, stops, Python."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli import Detections, Frame, Tracker, process_video, segment_video
from maskseg_cli.errors import UsageError
from tests.cli.fake_model import use_blob_engine
from tests.cli.video_running import SIZE, facts, film, json_lines, moving_scene, outlined, run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return tmp_path


def blinking(index: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A person who is missing in three frames, and a bright spot in one frame."""
    image = moving_scene(index, size)
    if 10 <= index < 13:
        image[:] = (40, 60, 30)
    if index == 20:
        image[48:54, 60:84] = 255
    return image


def test_numbers_and_gaps_and_moments(here: Path) -> None:
    film(here / "in.mp4", frames=40, draw=blinking)
    result = run("in.mp4", "-o", "out.mp4", "--json", "found.jsonl")
    assert "most at once: 1 person; different ones over time: 1 person." in result.stderr
    lines = json_lines("found.jsonl")
    assert [[one["track_id"] for one in line["annotations"]] for line in lines] == [[1]] * 40
    assert all(outlined(frame) for frame in facts("out.mp4").frames[10:13])
    result = run("in.mp4", "-o", "alone.mp4", "--json", "alone.jsonl", "--no-track")
    assert "different ones" not in result.stderr
    lines = json_lines("alone.jsonl")
    assert [len(line["annotations"]) for line in lines] == [0 if 10 <= i < 13 else 1 + (i == 20) for i in range(40)]
    assert all("track_id" not in one for line in lines for one in line["annotations"])


def test_masks_move_in_the_frames_between_results(here: Path) -> None:
    film(here / "in.mp4", frames=31)
    run("in.mp4", "-o", "out.mp4", "--every", "5", "--json", "found.jsonl")
    lines = json_lines("found.jsonl")
    assert [line["detected_in"] for line in lines] == [i - i % 5 for i in range(31)]
    assert [line["annotations"][0]["bbox"][0] for line in lines] == pytest.approx([4 + i for i in range(31)], abs=1)


def test_each_video_begins_with_number_one(here: Path) -> None:
    for name in "ab":
        film(here / f"{name}.mp4", frames=12)
    run("a.mp4", "b.mp4", "-o", "out", "--json", "found.jsonl")
    found = Counter(
        (line["file_name"], one["track_id"]) for line in json_lines("found.jsonl") for one in line["annotations"]
    )
    assert found == {("a.mp4", 1): 12, ("b.mp4", 1): 12}


def test_a_part_and_few_frames(here: Path) -> None:
    film(here / "in.mp4", frames=40)
    run("in.mp4", "-o", "part.mp4", "--start", "0.4", "--end", "0.8", "--json", "part.jsonl")
    assert all(line["annotations"] for line in json_lines("part.jsonl"))
    run("in.mp4", "-o", "one.mp4", "--max-frames", "1", "--json", "one.jsonl")
    assert [len(line["annotations"]) for line in json_lines("one.jsonl")] == [1]
    run("in.mp4", "-o", "rare.mp4", "--every", "10", "--drop", "--json", "rare.jsonl")
    assert [len(line["annotations"]) for line in json_lines("rare.jsonl")] == [1] * 4


def test_wrong_options(here: Path) -> None:
    film(here / "in.mp4", frames=2)
    assert "soon" in run("in.mp4", "--track-hold", "soon", code=2).stderr
    with pytest.raises(UsageError, match="track"):
        process_video("in.mp4", "out.mp4", track="yes")


def test_from_python(here: Path) -> None:
    film(here / "in.mp4", frames=20)
    video = process_video("in.mp4", "out.mp4")
    assert video is not None
    assert (dict(video.unique()), video.tracked) == ({"person": 1}, {1: "person"})
    assert [found.tracker_id.tolist() for _, found in segment_video("in.mp4")] == [[1]] * 20  # type: ignore[union-attr]
    assert all(found.tracker_id is None for _, found in segment_video("in.mp4", track=False))
    # the caller's own tracker takes the place of the run's
    own = Tracker(hold=1)
    assert [found.tracker_id.tolist() for _, found in segment_video("in.mp4", transforms=[own])] == [[1]] * 20  # type: ignore[union-attr]
    # what counts comes after it, and the transforms before it stay there
    order: list[object] = []

    def before(frame: Frame, found: Detections) -> Detections:
        order.append(found.tracker_id)
        return found

    process_video("in.mp4", "own.mp4", transforms=[before, Tracker()], line="gate=0.5,0,0.5,1", counts="own.csv")
    assert order == [None] * 20
    heads, *rows = csv.reader(Path("own.csv").read_text().splitlines())
    assert rows[-1][heads.index("unique")] == "1"
