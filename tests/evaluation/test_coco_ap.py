"""Average precision of a data set with thousands of classes, of which few have objects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.evaluation import CocoDataset, coco_ap

ROW: dict[str, Any] = {"image_id": 1, "category_id": 7, "bbox": [10, 10, 30, 30]}
OBJECT = {**ROW, "id": 1, "area": 900, "iscrowd": 0}


def test_a_class_without_objects_costs_nothing_and_has_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[list[int]] = []
    evaluate = coco_ap.COCOeval.evaluate
    monkeypatch.setattr(
        coco_ap.COCOeval, "evaluate", lambda self: measured.append(self.params.catIds) or evaluate(self)
    )
    document = {
        "images": [{"id": 1, "file_name": "1.jpg", "width": 100, "height": 80}],
        "annotations": [OBJECT],
        "categories": [{"id": number, "name": f"class {number}"} for number in range(1, 50)],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    dataset = CocoDataset.read(tmp_path / "a.json")
    rows = [{**ROW, "score": 0.9}, {**ROW, "category_id": 3, "score": 0.8}]
    found = coco_ap.average_precision(dataset, rows, "bbox", range(1, 50))
    assert measured == [[7]]
    assert found.figures["AP"] == pytest.approx(1)
    assert list(found.per_class) == list(range(1, 50))
    assert [found.per_class[7][name] for name in ("AP", "AP50", "AP75", "APs")] == [pytest.approx(1)] * 4
    assert found.per_class[7]["APl"] is None
    assert set(found.per_class[3].values()) == {None}
