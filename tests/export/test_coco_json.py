"""COCO JSON: ids, fields, and going on with a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.classes import COCO_CATEGORY_IDS, COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_json import CocoExport, category_ids, coco_annotations, read_dataset


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


def test_the_text_repeats() -> None:
    def text() -> str:
        export = CocoExport(COCO_CLASSES)
        export.add("ä.jpg", found())
        return export.to_json()

    assert text() == text()
    assert '"ä.jpg"' in text()
    assert text().endswith("}\n")


def test_going_on(tmp_path: Path) -> None:
    first = CocoExport(COCO_CLASSES)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        first.add(name, found())
    path = tmp_path / "r.json"
    path.write_text(first.to_json(), "utf-8")
    second = CocoExport(COCO_CLASSES)
    second.add_from(read_dataset(path, COCO_CLASSES), without=["a.jpg"])
    second.add("a.jpg", found())
    data = second.to_dict()
    assert [(image["id"], image["file_name"]) for image in data["images"]] == [
        (1, "b.jpg"),
        (2, "c.jpg"),
        (3, "a.jpg"),
    ]
    assert [(a["id"], a["image_id"]) for a in data["annotations"]] == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"images": [{}], "annotations": [], "categories": []}', "\xff"])
def test_what_cannot_be_gone_on_with(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(MasksegError, match=r"r\.json is no COCO JSON"):
        read_dataset(path, COCO_CLASSES)


def test_other_classes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(CocoExport(("background", "cat")).to_json())
    with pytest.raises(MasksegError, match="other classes"):
        read_dataset(path, COCO_CLASSES)
