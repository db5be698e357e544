"""The journal of an unfinished JSON: the data set that it becomes, and what a killed run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_journal import CocoJournal
from maskseg_cli.export.coco_json import FOUND, coco_annotations, coco_categories, read_dataset


def found(*class_ids: int) -> Detections:
    n = len(class_ids)
    return Detections(
        np.arange(4 * n, dtype=np.float32).reshape(n, 4) / 3,
        np.array(class_ids, np.int32),
        np.linspace(0.9, 0.1, n).astype(np.float32),
        tuple(MaskCrop(i % 3, 1, np.eye(3, dtype=bool)) for i in range(n)),
        (8, 9),
        COCO_CLASSES,
    )


def text_of(journal: CocoJournal) -> str:
    return b"".join(journal.json_parts()).decode()


PHOTOS = st.lists(
    st.tuples(st.sampled_from(["a.jpg", "b.jpg", "ü/写.png", 'x"y.jpg']), st.lists(st.integers(1, 80), max_size=3)),
    max_size=8,
)


def data_set(photos: list[tuple[str, list[int]]]) -> dict[str, Any]:
    """The COCO data set of these photos and the classes of their objects, made in memory."""
    images = [{"id": n, "file_name": name, "width": 4, "height": 3} for n, (name, _) in enumerate(photos, 1)]
    rows = [row for n, (_, classes) in enumerate(photos, 1) for row in coco_annotations(found(*classes), n)]
    height, width = found().image_size
    return {
        "info": {"description": FOUND},
        "images": [{**image, "width": width, "height": height} for image in images],
        "annotations": [{"id": n, **row} for n, row in enumerate(rows, 1)],
        "categories": coco_categories(COCO_CLASSES),
    }


@given(photos=PHOTOS, stop_after=st.integers(0, 8))
def test_it_becomes_the_data_set_of_the_photos(
    photos: list[tuple[str, list[int]]], stop_after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also when the run was stopped in the middle; of a photo that was done twice the later result counts."""
    path = tmp_path_factory.mktemp("journal") / "r.json.part"
    last = [one for i, one in enumerate(photos) if one[0] not in [later for later, _ in photos[i + 1 :]]]
    journal = CocoJournal(path, COCO_CLASSES)
    for i, (name, classes) in enumerate(photos):
        if i == stop_after:
            journal.close(remove=False)
            journal = CocoJournal(path, COCO_CLASSES)
        journal.add(name, found(*classes))
    text = json.dumps(data_set(last), ensure_ascii=False, separators=(",", ":")) + "\n"
    assert text_of(journal) == text
    assert len(journal) == len({name for name, _ in photos})
    journal.close(remove=True)
    assert not path.exists()


def test_it_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "r.json.part"
    journal = CocoJournal(path, COCO_CLASSES)
    assert not path.exists()  # nothing found, nothing written
    journal.add("a.jpg", found(1, 2))
    whole = path.read_bytes()
    journal.add("b.jpg", found(3))
    both = path.read_bytes()
    for end in range(len(whole), len(both)):
        path.write_bytes(both[:end])
        again = CocoJournal(path, COCO_CLASSES)
        assert again.resumed
        assert "a.jpg" in again
        assert "b.jpg" not in again
        again.add("c.jpg", found(4))
        names = [image["file_name"] for image in json.loads(text_of(again))["images"]]
        assert names == ["a.jpg", "c.jpg"]
        again.close(remove=False)


def test_it_takes_over_a_finished_data_set(tmp_path: Path) -> None:
    journal = CocoJournal(tmp_path / "r.json.part", COCO_CLASSES)
    journal.add("a.jpg", found(5))
    journal.add_dataset(data_set([("a.jpg", [1]), ("b.jpg", [2, 3])]))
    data = json.loads(text_of(journal))
    assert [image["file_name"] for image in data["images"]] == ["a.jpg", "b.jpg"]
    assert [(a["id"], a["image_id"], a["category_id"]) for a in data["annotations"]] == [
        (1, 1, 5),
        (2, 2, 2),
        (3, 2, 3),
    ]


@pytest.mark.parametrize("text", ["", "mine", "{}\n", "[1]\n", '{"images": []}', "\xff"])
def test_other_files_are_left_alone(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json.part"
    path.write_text(text, "latin-1")
    for attempt in (lambda: CocoJournal(path, COCO_CLASSES), lambda: CocoJournal.remove(path)):
        with pytest.raises(MasksegError, match="is not the journal of a stopped run"):
            attempt()
    assert path.read_text("latin-1") == text


def test_other_classes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "r.json.part"
    journal = CocoJournal(path, ("background", "cat"))
    journal.add("a.jpg", Detections.empty((3, 4)))
    journal.close(remove=False)
    with pytest.raises(MasksegError, match="begun with other classes"):
        CocoJournal(path, COCO_CLASSES)
    CocoJournal.remove(path)
    assert not path.exists()
    CocoJournal.remove(path)


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    journal = CocoJournal(None, COCO_CLASSES)
    journal.add("a\udcff.jpg", found(1))
    assert json.loads(text_of(journal))["images"][0]["file_name"] == "a\udcff.jpg"


@pytest.mark.parametrize(
    "line",
    [
        '{"image":{"file_name":"b.jpg","width":10,"height":8},"annotations":[{"image_id":0}]}',
        '{"image":{"file_name":"b.jpg","width":10,"height":8},"annotations":[{"image_id":[],"category_id":1}]}',
        '{"image":{"file_name":"b.jpg","width":10,"height":8},"annotations":{}}',
        '{"image":{"file_name":"b.jpg","width":"10","height":8},"annotations":[]}',
        '{"image":{"file_name":["b.jpg"],"width":10,"height":8},"annotations":[]}',
        '{"image":"b.jpg","annotations":[]}',
        "[" * 100_000,
        "9" * 5000,
    ],
    ids=range(8),
)
def test_a_line_that_is_none_ends_what_is_continued(line: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json.part"
    journal = CocoJournal(path, COCO_CLASSES)
    journal.add("a.jpg", found(1, 2))
    journal.close(remove=False)
    with path.open("a") as file:
        file.write(line + "\n")
    again = CocoJournal(path, COCO_CLASSES)
    assert "b.jpg" not in again
    assert again.objects_of("a.jpg") == {"person": 1, "bicycle": 1}
    assert len(json.loads(text_of(again))["images"]) == 1
    again.close(remove=True)


@pytest.mark.parametrize(
    "change",
    [
        {"images": [{"id": [], "file_name": "a.jpg", "width": 1, "height": 1}]},
        {"images": [{"id": 1, "file_name": 5, "width": 1, "height": 1}]},
        {"images": [5]},
        {"annotations": [{"image_id": 1}]},
        {"annotations": 3},
    ],
    ids=range(5),
)
def test_a_data_set_of_another_form_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**data_set([("a.jpg", [1])]), **change}))
    with pytest.raises(MasksegError, match="is no COCO JSON that could be continued"):
        read_dataset(path, COCO_CLASSES)
    path.write_text("[" * 100_000)
    with pytest.raises(MasksegError, match="is no COCO JSON that could be continued"):
        read_dataset(path, COCO_CLASSES)
