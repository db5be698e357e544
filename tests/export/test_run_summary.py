"""What is said of many photos at the end."""

from __future__ import annotations

import csv
import io
import json

import pytest

from maskseg_cli.export.run_summary import RunSummary

NAMES = ("background", "person", "dog", "objects")


@pytest.fixture
def summary() -> RunSummary:
    summary = RunSummary(rows=True)
    summary.add_done("in/a, b.jpg", "out/a, b.jpg", ["dog", "person", "dog"], 0.123456)
    summary.add_kept("in/c.jpg", "out/c.jpg")
    summary.add_failed('in/"d".jpg', 'in/"d".jpg is empty (0 bytes).')
    summary.add_done("in/ü.jpg", None, [], 1)
    return summary


def test_a_photo_that_failed_and_then_succeeded_is_done(summary: RunSummary) -> None:
    summary.add_failed("late.jpg", "late.jpg is cut off.")
    summary.add_failed("late.jpg", "late.jpg is empty (0 bytes).")
    assert summary.failed == 2
    summary.add_done("late.jpg", "out/late.jpg", ["dog"], 0.1)
    assert summary.lines(None)[-1] == '3 photos done, 1 there already, 1 failed: in/"d".jpg.'
    rows = list(csv.DictReader(io.StringIO(b"".join(summary.csv_parts(NAMES)).decode())))
    assert [(row["photo"], row["status"]) for row in rows[2:]] == [
        ('in/"d".jpg', "failed"),
        ("in/ü.jpg", "done"),
        ("late.jpg", "done"),
    ]
    summary.add_failed("late.jpg", "late.jpg is empty (0 bytes).")
    assert summary.failed == 2


def test_the_table(summary: RunSummary) -> None:
    text = b"".join(summary.csv_parts(NAMES)).decode()
    assert text.endswith("\n")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["photo", "result", "status", "reason", "seconds", "objects", "person", "dog"]
    assert [row["photo"] for row in rows] == ["in/a, b.jpg", "in/c.jpg", 'in/"d".jpg', "in/ü.jpg"]
    assert [row["status"] for row in rows] == ["done", "skipped", "failed", "done"]
    assert [row["objects"] for row in rows] == ["3", "", "", "0"]
    assert [row["person"] for row in rows] == ["1", "", "", "0"]
    assert rows[0]["seconds"] == "0.1235"
    assert rows[2]["reason"] == 'in/"d".jpg is empty (0 bytes).'


def test_the_json(summary: RunSummary) -> None:
    data = json.loads(b"".join(summary.json_parts(NAMES)))
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


def test_both_may_be_written_and_more_added(summary: RunSummary) -> None:
    first = b"".join(summary.csv_parts(NAMES))
    summary.add_kept("e\udcff.jpg", None)
    second = b"".join(summary.csv_parts(NAMES))
    assert second == first + b"e\\udcff.jpg,,skipped,,,,,\n"
    assert len(json.loads(b"".join(summary.json_parts(NAMES)))["photos"]) == 5


def test_nothing_at_all() -> None:
    summary = RunSummary(rows=True)
    assert b"".join(summary.csv_parts(())) == b"photo,result,status,reason,seconds,objects\n"
    data = json.loads(b"".join(summary.json_parts(())))
    assert (data["objects"], data["photos"]) == ({}, [])
    assert summary.lines(0) == ["0 of 0 photos done."]
    assert RunSummary().lines(None) == ["0 photos done."]


def test_closing_lines(summary: RunSummary) -> None:
    assert summary.lines(None) == [
        "In all: 2 dogs, 1 person.",
        '2 photos done, 1 there already, 1 failed: in/"d".jpg.',
    ]
    assert summary.lines(4)[-1].startswith("2 of 4 photos done, ")
    for i in range(20):
        summary.add_failed(f"{i}.jpg", "broken")
    assert summary.lines(24)[-1].endswith(", 7.jpg, 8.jpg and 11 more.")
    for name in "abcdefghijklmnop":
        summary.add_done(f"{name}.jpg", None, [name], 1)
    assert summary.lines(None)[0].endswith("1 i, 1 j, and 6 objects of 6 other classes.")
    one = RunSummary()
    one.add_done("a.jpg", None, [], 1)
    assert one.lines(None) == ["In all: nothing found.", "1 photo done."]
