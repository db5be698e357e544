"""The counts and the table of a run over photos."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PurePath

import numpy as np
import pytest

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.frame import Frame
from maskseg_cli.job import Job, Source

NAMES = ("background", "person", "dog", "objects")
ALL = (*NAMES, *"abcdefghijklmnop")


def add(summary: RunSummary, photo: str, result: str | None, names: list[str], seconds: float) -> None:
    """Adds a photo whose result was written, with these objects."""
    found = Detections(
        np.zeros((len(names), 4), np.float32),
        np.array([ALL.index(name) for name in names], np.int32),
        np.ones(len(names), np.float32),
        tuple(MaskCrop(0, 0, np.ones((1, 1), bool)) for _ in names),
        (4, 6),
        ALL,
        seconds=seconds,
    )
    job = Job(Source(Path(photo), PurePath(photo)), None if result is None else Path(result), ".jpg")
    summary.add(Frame(np.zeros((4, 6, 3), np.uint8), source=photo, job=job), found, None)


def filled(path: Path | None) -> RunSummary:
    summary = RunSummary(path)
    summary.start(NAMES)
    add(summary, "in/a, b.jpg", "out/a, b.jpg", ["dog", "person", "dog"], 0.123456)
    summary.skip("in/c.jpg", "out/c.jpg")
    summary.fail('in/"d".jpg', 'in/"d".jpg is empty (0 bytes).')
    add(summary, "in/ü.jpg", None, [], 1)
    return summary


@pytest.fixture
def summary(tmp_path: Path) -> RunSummary:
    return filled(tmp_path / "s.csv")


def table(summary: RunSummary, tmp_path: Path) -> str:
    summary.finish()
    return (tmp_path / "s.csv").read_text(encoding="utf-8")


def test_a_photo_that_failed_and_then_succeeded_is_done(summary: RunSummary, tmp_path: Path) -> None:
    summary.fail("late.jpg", "late.jpg is cut off.")
    summary.fail("late.jpg", "late.jpg is empty (0 bytes).")
    assert summary.failed == 2
    add(summary, "late.jpg", "out/late.jpg", ["dog"], 0.1)
    assert summary.lines(None)[-1] == '3 photos done, 1 there already, 1 failed: in/"d".jpg.'
    rows = list(csv.DictReader(io.StringIO(table(summary, tmp_path))))
    assert [(row["photo"], row["status"]) for row in rows[2:]] == [
        ('in/"d".jpg', "failed"),
        ("in/ü.jpg", "done"),
        ("late.jpg", "done"),
    ]
    summary.fail("late.jpg", "late.jpg is empty (0 bytes).")
    assert summary.failed == 2


def test_the_table(summary: RunSummary, tmp_path: Path) -> None:
    text = table(summary, tmp_path)
    assert text.endswith("\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["photo", "result", "status", "reason", "seconds", "objects", "person", "dog"]
    assert [row["photo"] for row in rows] == ["in/a, b.jpg", "in/c.jpg", 'in/"d".jpg', "in/ü.jpg"]
    assert [row["status"] for row in rows] == ["done", "skipped", "failed", "done"]
    assert [row["objects"] for row in rows] == ["3", "", "", "0"]
    assert [row["person"] for row in rows] == ["1", "", "", "0"]
    assert rows[0]["seconds"] == "0.1235"
    assert rows[2]["reason"] == 'in/"d".jpg is empty (0 bytes).'


def test_the_json(tmp_path: Path) -> None:
    filled(tmp_path / "s.json").finish()
    data = json.loads((tmp_path / "s.json").read_bytes())
    assert [data[key] for key in ("done", "skipped", "failed")] == [2, 1, 1]
    assert list(data["objects"].items()) == [("person", 1), ("dog", 2)]
    assert data["seconds"] >= 0
    assert data["photos"] == [
        {
            "photo": "in/a, b.jpg",
            "result": "out/a, b.jpg",
            "status": "done",
            "seconds": 0.1235,
            "objects": {"dog": 2, "person": 1},
        },
        {"photo": "in/c.jpg", "result": "out/c.jpg", "status": "skipped"},
        {"photo": 'in/"d".jpg', "status": "failed", "reason": 'in/"d".jpg is empty (0 bytes).'},
        {"photo": "in/ü.jpg", "status": "done", "seconds": 1, "objects": {}},
    ]


def test_it_may_be_written_and_more_added(summary: RunSummary, tmp_path: Path) -> None:
    first = table(summary, tmp_path)
    summary.skip("e\udcff.jpg", None)
    assert table(summary, tmp_path) == first + "e\\udcff.jpg,,skipped,,,,,\n"


def test_it_is_written_also_where_the_run_failed(summary: RunSummary, tmp_path: Path) -> None:
    summary.discard()
    assert (tmp_path / "s.csv").read_text(encoding="utf-8").count("\n") == 5


def test_nothing_at_all(tmp_path: Path) -> None:
    assert table(RunSummary(tmp_path / "s.csv"), tmp_path) == "photo,result,status,reason,seconds,objects\n"
    RunSummary(tmp_path / "s.json").finish()
    data = json.loads((tmp_path / "s.json").read_bytes())
    assert (data["objects"], data["photos"]) == ({}, [])
    assert RunSummary().lines(0) == ["0 of 0 photos done."]
    assert RunSummary().lines(None) == ["0 photos done."]
    with pytest.raises(UsageError, match=r"csv and \.json"):
        RunSummary(tmp_path / "s.xml")


def test_closing_lines(summary: RunSummary) -> None:
    assert summary.lines(None) == [
        "In all, without 1 photo there already: 2 dogs, 1 person.",
        '2 photos done, 1 there already, 1 failed: in/"d".jpg.',
    ]
    assert summary.lines(4)[-1].startswith("2 of 4 photos done, ")
    for i in range(20):
        summary.fail(f"{i}.jpg", "broken")
    assert summary.lines(24)[-1].endswith(", 7.jpg, 8.jpg and 11 more.")
    for name in "abcdefghijklmnop":
        add(summary, f"{name}.jpg", None, [name], 1)
    assert summary.lines(None)[0].endswith("1 i, 1 j, and 6 objects of 6 other classes.")
    one = RunSummary()
    add(one, "a.jpg", None, [], 1)
    assert one.lines(None) == ["In all: nothing found.", "1 photo done."]


@pytest.mark.parametrize("name", ["s.csv", "s.json"])
def test_kept_photos_have_the_objects_that_an_earlier_run_has_written(name: str, tmp_path: Path) -> None:
    filled(tmp_path / name).finish()
    again = RunSummary(tmp_path / name, resume=True)
    again.start(NAMES)
    for photo in ("in/a, b.jpg", "in/c.jpg", "in/ü.jpg"):
        again.skip(photo, "out")
    again.skip("in/new.jpg", "out", {"dog": 4})
    add(again, "later.jpg", None, ["person"], 1)
    assert again.lines(5) == [
        "In all, without 1 photo there already: 6 dogs, 2 persons.",
        "1 of 5 photos done, 4 there already.",
    ]
    again.finish()
    third = RunSummary(tmp_path / name, resume=True)
    for photo in ("in/a, b.jpg", "in/new.jpg", "later.jpg"):
        third.skip(photo, "out")
    assert third.lines(3)[0] == "In all: 6 dogs, 2 persons."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.csv", "my,own,table\n1,2,3\n"),
        ("s.json", '{"photos": 3}'),
        ("s.json", "[1, 2]"),
        ("s.csv", "\0"),
        ("s.json", '{"photos": [{"photo": "a.jpg", "objects": {"dog": 1e400}}]}'),
        ("s.json", "[" * 100_000),
    ],
    ids=range(6),
)
def test_a_file_that_is_no_summary_is_not_replaced(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(MasksegError, match="could be continued: delete it, or name another file"):
        RunSummary(tmp_path / name, resume=True)
    assert (tmp_path / name).read_text() == text
