"""COCO JSON: ids, fields, and going on with a file."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.coco_classes import COCO_91_CLASSES, COCO_CATEGORY_IDS, COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_json import category_ids, coco_annotations, coco_categories, read_dataset
from maskseg_cli.export.coco_sink import CocoJson, journal_path
from maskseg_cli.export.cvat_xml import header
from maskseg_cli.frame import Frame


def found(names: tuple[str, ...] = COCO_CLASSES, class_id: int = 12) -> Detections:
    return Detections(
        np.array([[1.25, 2, 4.5, 6]], np.float32),
        np.array([class_id], np.int32),
        np.array([0.1], np.float32),
        (MaskCrop(2, 1, np.eye(3, dtype=bool)),),
        (8, 9),
        names,
    )


def test_eighty_classes_have_cocos_own_ids() -> None:
    assert category_ids(COCO_CLASSES) == COCO_CATEGORY_IDS
    [row] = coco_annotations(found(), 1)
    assert row["category_id"] == 13  # stop sign: the 12th class, but category 13
    renamed = tuple({"motorcycle": "motorbike", "tv": "tvmonitor"}.get(name, name) for name in COCO_CLASSES)
    assert category_ids(renamed) == COCO_CATEGORY_IDS


def test_networks_with_cocos_numbers_keep_them_and_list_no_gaps() -> None:
    [row] = coco_annotations(found(COCO_91_CLASSES, 13), 1)
    assert row["category_id"] == 13
    assert coco_categories(COCO_91_CLASSES) == coco_categories(COCO_CLASSES)
    assert len(coco_categories(COCO_91_CLASSES)) == 80
    assert header(COCO_91_CLASSES, "annotation") == header(COCO_CLASSES, "annotation")


def test_other_classes_count_from_1() -> None:
    assert category_ids(("background", "cat")) == (0, 1)
    swapped = (*COCO_CLASSES[:1], COCO_CLASSES[2], COCO_CLASSES[1], *COCO_CLASSES[3:])
    assert category_ids(swapped) == tuple(range(81))
    [row] = coco_annotations(found(("background", "cat"), 1), 1)
    assert row["category_id"] == 1
    [row] = coco_annotations(found((), 7), 1)
    assert row["category_id"] == 7


def test_fields() -> None:
    [row] = coco_annotations(found(), image_id="abc")
    assert row == {
        "image_id": "abc",
        "category_id": 13,
        "segmentation": row["segmentation"],
        "bbox": [1.25, 2.0, 3.25, 4.0],
        "area": 3,
        "score": 0.1,
        "iscrowd": 0,
    }
    assert row["segmentation"]["size"] == [8, 9]
    assert json.loads(json.dumps(row)) == row


def write(path: Path, *names: str, resume: bool = False) -> dict[str, Any]:
    """The JSON file of a sink that gets these photos."""
    sink = CocoJson(path, resume=resume)
    sink.start(COCO_CLASSES)
    for name in names:
        sink.add(Frame(np.zeros((8, 9, 3), np.uint8), source=name), found(), None)
    sink.finish()
    return json.loads(path.read_bytes())


def test_the_text_repeats(tmp_path: Path) -> None:
    write(tmp_path / "1.json", "ä.jpg")
    write(tmp_path / "2.json", "ä.jpg")
    text = (tmp_path / "1.json").read_text("utf-8")
    assert text == (tmp_path / "2.json").read_text("utf-8")
    assert '"ä.jpg"' in text
    assert text.endswith("}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.json", "2.json"]


def test_a_finished_file_is_continued_and_a_photo_that_is_done_again_is_replaced(tmp_path: Path) -> None:
    write(tmp_path / "r.json", "a.jpg", "b.jpg", "c.jpg")
    data = write(tmp_path / "r.json", "d.jpg", "a.jpg", resume=True)
    assert [(image["id"], image["file_name"]) for image in data["images"]] == [
        (1, "b.jpg"),
        (2, "c.jpg"),
        (3, "d.jpg"),
        (4, "a.jpg"),
    ]
    assert [(a["id"], a["image_id"]) for a in data["annotations"]] == [(1, 1), (2, 2), (3, 3), (4, 4)]


def test_a_frame_of_a_video_has_its_number_in_its_name(tmp_path: Path) -> None:
    with CocoJson(tmp_path / "r.json") as sink:
        frame = Frame(np.zeros((8, 9, 3), np.uint8), 7, Fraction(7, 25), Fraction(1, 25), "in.mp4")
        sink.add(frame, found(), None)
    assert json.loads((tmp_path / "r.json").read_bytes())["images"][0]["file_name"] == "in.mp4/000007"


def test_what_a_run_that_ends_leaves(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    sink = CocoJson(path)
    sink.add(Frame(np.zeros((8, 9, 3), np.uint8), source="a.jpg"), found(), None)
    assert "so far is in" in (sink.suspend() or "")
    assert journal_path(path).is_file()
    again = CocoJson(path, resume=True)
    again.start(COCO_CLASSES)
    assert (again.has("a.jpg"), again.has("b.jpg")) == (True, False)
    again.discard()
    assert journal_path(path).is_file()  # an earlier run's results are not lost
    new = CocoJson(tmp_path / "new.json")
    new.add(Frame(np.zeros((8, 9, 3), np.uint8), source="a.jpg"), found(), None)
    new.discard()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["r.json.part"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"images": [{}], "annotations": [], "categories": []}', "\xff"])
def test_what_cannot_be_gone_on_with(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(MasksegError, match=r"r\.json is no COCO JSON"):
        read_dataset(path, COCO_CLASSES)


def test_other_classes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    with CocoJson(path) as sink:
        sink.start(("background", "cat"))
        sink.add(Frame(np.zeros((8, 9, 3), np.uint8), source="a.jpg"), Detections.empty((8, 9)), None)
    with pytest.raises(MasksegError, match="other classes"):
        read_dataset(path, COCO_CLASSES)
