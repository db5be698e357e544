"""The index of names: the same as a dictionary, on the disk too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.detections import Detections
from maskseg_cli.export import coco_journal
from maskseg_cli.export.coco_journal import CocoJournal
from maskseg_cli.export.name_index import NameIndex


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 2**62)), max_size=40), st.integers(1, 5))
def test_it_is_a_mapping(pairs: list[tuple[str, int]], most: int) -> None:
    index, expected = NameIndex(most), dict[str, int]()
    for name, place in pairs:
        index[name] = expected[name] = place
        assert len(index) == len(expected)
    assert {name: index.get(name) for name in expected} == expected
    assert "unknown" not in index
    index.close()


def test_names_that_are_no_text_have_places(tmp_path: Path) -> None:
    index = NameIndex(1)
    for number in range(9):
        index[f"\udcff{number}"] = number
    assert [index.get(f"\udcff{number}") for number in range(9)] == [*range(9)]
    index.close()


def test_a_journal_on_the_disk_keeps_the_last_line_of_a_photo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(coco_journal, "NameIndex", lambda: NameIndex(2))
    classes = ("background", "cat")
    journal = CocoJournal(tmp_path / "found.json.part", classes)
    for name, width in (("a", 6), ("b", 6), ("c", 6), ("d", 6), ("a", 7), ("e", 6)):
        journal.add(f"{name}.jpg", Detections.empty((4, width), classes))
    journal.close(remove=False)
    again = CocoJournal(tmp_path / "found.json.part", classes)
    images = json.loads(b"".join(again.json_parts()))["images"]
    assert [(image["file_name"], image["width"]) for image in images] == [
        ("b.jpg", 6),
        ("c.jpg", 6),
        ("d.jpg", 6),
        ("a.jpg", 7),
        ("e.jpg", 6),
    ]
    assert again.objects_of("a.jpg") == {}
    assert "x.jpg" not in again
    again.close(remove=True)
