"""Projects of VIA 3: what its shapes and attributes mean, and what is left out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets.samples import picture

SQUARE = [7, 10, 8, 30, 8, 30, 28, 10, 28]


def region(xy: Any, view: str = "1", **more: Any) -> dict[str, Any]:
    return {"vid": view, "flg": 0, "z": [], "xy": xy, "av": {"1": "0"}, **more}


def project(*records: Any, **parts: Any) -> dict[str, Any]:
    """A project of two pictures, a video, and a view of both pictures, as VIA 3.0.11 saves it."""
    files = {
        str(number): {"fid": str(number), "fname": name, "type": kind, "loc": 1, "src": ""}
        for number, (name, kind) in enumerate((("1.png", 2), ("2.png", 2), ("film.mp4", 4)), 1)
    }
    attribute = {"aname": "kind", "anchor_id": "FILE1_Z0_XY1", "type": 4, "desc": "", "default_option_id": ""}
    return {
        "project": {"pid": "__VIA_PROJECT_ID__", "rev": "__VIA_PROJECT_REV_ID__", "pname": "coins", "vid_list": ["1"]},
        "config": {"file": {"loc_prefix": {"1": "", "2": "", "3": "", "4": ""}}, "ui": {}},
        "attribute": {"1": {**attribute, "options": {"0": "dog", "1": "cat"}}},
        "file": files,
        "metadata": {f"1_{number:08d}": record for number, record in enumerate(records)},
        "view": {**{number: {"fid_list": [number]} for number in files}, "4": {"fid_list": ["1", "2"]}},
        **parts,
    }


def save(folder: Path, document: dict[str, Any]) -> Path:
    for name in ("1.png", "2.png"):
        picture(folder / name)
    path = folder / "via_project.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("xy", "box", "area"),
    [
        (SQUARE, [10, 8, 30, 28], 400),
        ([6, *SQUARE[1:]], [10, 8, 30, 28], 400),
        ([2, 5, 6, 20, 10], [5, 6, 25, 16], 200),
        ([3, 20, 20, 10], [10, 10, 30, 30], math.pi * 100),
        ([4, 20, 20, 5, 10], [15, 10, 25, 30], math.pi * 50),
        ([8, 5, 12, 25, 9, 12, 6, 14, 16], [5, 6, 25, 16], 200),
    ],
    ids=["polygon", "polyline", "rectangle", "circle", "ellipse", "extreme rectangle"],
)
def test_shapes(tmp_path: Path, xy: list[float], box: list[float], area: float) -> None:
    path = save(tmp_path, project(region(xy), region(SQUARE, "2", av={"1": "1"})))
    assert detect_format(path) == "via3"
    source = open_source(path)
    assert (source.class_names, source.problems) == (("background", "dog", "cat"), [])
    first, second = source
    np.testing.assert_allclose(first.boxes, [box], atol=0.1)
    assert first.masks[0].area == pytest.approx(area, rel=0.02)
    assert (second.name, first.class_ids.tolist(), second.class_ids.tolist()) == ("2.png", [1], [2])
    assert len(CocoDataset.read(path, tmp_path).annotations) == 2


def test_attributes(tmp_path: Path) -> None:
    attribute = {"aname": "kind", "type": 2, "options": {"a": "dog", "b": "cat"}}
    both = project(
        region(SQUARE, av={"1": "b"}), region([3, 40, 20, 5], av={"1": "b,a", "2": "7"}), region([3, 9, 9, 5], av={}),
        attribute={"1": attribute, "2": {"aname": "price", "type": 1, "options": {}}},
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"have the attributes kind, price: .* --via-attribute"):
        open_source(save(tmp_path, both))
    source = open_source(tmp_path / "via_project.json", attribute="kind")
    assert [source.class_names[number] for number in source[0].class_ids] == ["cat", "cat"]
    assert {problem.kind: problem.count for problem in source.problems} == {"two-classes": 1, "no-class": 1}
    assert open_source(tmp_path / "via_project.json", attribute="price").class_names == ("background", "7")


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        (region([1, 5, 5]), "point"),
        (region([5, 5, 5, 9, 9]), "point"),
        (region(SQUARE, "3", z=[1.2]), "video-region"),
        (region(SQUARE, "4"), "several-pictures"),
        (region(SQUARE, "9"), "via3-record"),
        (region(SQUARE, [1]), "via3-record"),  # type: ignore[arg-type]
        ("text", "via3-record"),
        (region("text"), "via3-record"),
        (region(SQUARE, av={"1": "5"}), "no-class"),
        (region(SQUARE, av=[]), "no-class"),
        (region([7, 1, 2, 3]), "outline"),
        (region([2, 1, 2, 3]), "outline"),
        (region([3, 1, 2, "x"]), "outline"),
        (region([99, 1, 2, 3, 4, 5, 6]), "outline"),
        (region([[7], 1, 2, 3, 4, 5, 6]), "outline"),
        (region([]), None),
    ],
)  # fmt: skip
def test_a_bad_record_does_not_stop_the_rest(tmp_path: Path, record: Any, kind: str | None) -> None:
    source = open_source(save(tmp_path, project(region(SQUARE), record)))
    assert [(problem.kind, problem.count) for problem in source.problems] == ([(kind, 1)] if kind else [])
    assert [mask.area for mask in source[0].masks] == [400]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="without any object: it holds no picture"):
        open_source(save(tmp_path, project()))
