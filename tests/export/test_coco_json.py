"""COCO rows of detections."""

from __future__ import annotations

import json

import numpy as np

from maskseg_cli.classes import COCO_CATEGORY_IDS, COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.coco_json import annotation_rows


def two_objects() -> Detections:
    return Detections(
        np.array([[1.5, 2, 11.5, 7], [0, 0, 3, 4]], np.float32),
        np.array([80, 1], np.int32),
        np.array([0.75, 0.5], np.float32),
        (MaskCrop(2, 2, np.ones((5, 9), bool)), MaskCrop.from_full(np.zeros((20, 30)))),
        (20, 30),
        COCO_CLASSES,
    )


def test_rows() -> None:
    first, second = annotation_rows(two_objects(), 7, COCO_CATEGORY_IDS)
    assert first | {"segmentation": None} == {
        "image_id": 7,
        "category_id": 90,
        "bbox": [1.5, 2.0, 10.0, 5.0],
        "area": 45,
        "segmentation": None,
        "iscrowd": 0,
        "score": 0.75,
    }
    assert first["segmentation"]["size"] == [20, 30]
    assert (second["area"], second["category_id"]) == (0, 1)
    assert json.loads(json.dumps([first, second])) == [first, second]


def test_no_rows() -> None:
    assert annotation_rows(Detections.empty((4, 5)), 1, COCO_CATEGORY_IDS) == []


def test_other_category_ids() -> None:
    assert [row["category_id"] for row in annotation_rows(two_objects(), "a", {80: 5, 1: 1000})] == [5, 1000]
