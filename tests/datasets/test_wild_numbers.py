"""Numbers that no annotation should have: they are named before pycocotools sees them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.field_values import shown
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, score_results
from tests.datasets.samples import HEIGHT, SQUARE, WIDTH, document, write

WILD = [math.nan, math.inf, -math.inf, None, 1e6, -1e8, 1e8, 2**31, 1e300, 10**400, "x9", True, [3], {"x": 1}]


def refused(path: Path) -> str:
    with pytest.raises(MasksegError) as caught:
        CocoDataset.read(path)
    assert str(caught.value).startswith(f"In {path}: annotation 1")
    return str(caught.value)


@pytest.mark.parametrize("number", WILD, ids=str)
def test_in_a_polygon(tmp_path: Path, number: Any) -> None:
    content = document({"segmentation": [[number, *SQUARE[1:]]], "bbox": [10, 8, 20, 20]}, {"segmentation": [SQUARE]})
    path = write(tmp_path, content)
    source = read_coco(path, tmp_path)
    assert [(problem.kind, problem.count) for problem in source.problems] == [("outline-number", 1)]
    assert source[0].has_mask.tolist() == [False, True], "the box is taken"
    words = f"the number {number}"[:20] if type(number) in (int, float) else f"{shown(number)} in place of a number"
    assert f"of 1.png has an outline with {words}" in refused(path)
    content["annotations"][0]["segmentation"] += [SQUARE]
    assert read_coco(write(tmp_path, content), tmp_path)[0].has_mask.all(), "what is sound is taken"


@pytest.mark.parametrize("number", WILD, ids=str)
@pytest.mark.parametrize("place", [0, 2])
def test_in_a_box(tmp_path: Path, number: Any, place: int) -> None:
    box = [10, 8, 20, 20]
    box[place] = number
    path = write(tmp_path, document({"segmentation": [SQUARE], "bbox": box}, {"bbox": box}))
    source = read_coco(path, tmp_path)
    assert [(problem.kind, problem.count) for problem in source.problems] == [("box", 1), ("box-broken", 1)]
    assert len(source[0]) == 1
    assert "of 1.png has no bbox of four numbers in pixels" in refused(path)


@pytest.mark.parametrize("area", [math.nan, -5, 1e300, "big", None, 10**400])
def test_in_an_area(tmp_path: Path, area: Any) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE], "area": area}))
    dataset = CocoDataset.read(path)
    assert dataset.annotations[0]["area"] == 400
    assert [problem.kind for problem in dataset.problems] == ([] if area is None else ["area"])


@pytest.mark.parametrize("score", [math.nan, 80, -1, "half", True])
def test_in_a_weight(tmp_path: Path, score: Any) -> None:
    source = read_coco(write(tmp_path, document({"segmentation": [SQUARE], "score": score})), tmp_path)
    assert source[0].weights.tolist() == [1]
    assert [problem.kind for problem in source.problems] == ["weight"]


@pytest.mark.parametrize("size", [(-60, 40), (math.nan, 40), (10**9, 10**9), ("x", 40), (60.5, 40), (True, 40)])
def test_in_a_size(tmp_path: Path, size: tuple[Any, Any]) -> None:
    content = document({"segmentation": [SQUARE]})
    content["images"][0] |= dict(zip(("width", "height"), size, strict=True))
    path = write(tmp_path, content)
    with pytest.raises(MasksegError, match=r"1\.png has no width and height of a picture .*: name the folder"):
        CocoDataset.read(path)
    with pytest.raises(MasksegError, match="1 images of another size than their record says"):
        read_coco(path, tmp_path)


TOTAL = HEIGHT * WIDTH


@pytest.mark.parametrize(
    ("rle", "kind"),
    [
        ({"counts": [100, 50]}, "outline-length"),
        ({"counts": [100, TOTAL]}, "outline-length"),
        ({"counts": [2**31, 2**31]}, "outline-length"),
        ({"counts": [-100, TOTAL + 100]}, "outline"),
        ({"counts": [2**32 + TOTAL]}, "outline"),
        ({"counts": [100.5, TOTAL - 100.5]}, "outline"),
        ({"counts": [None, TOTAL]}, "outline"),
        ({"counts": [math.nan, TOTAL]}, "outline"),
        ({"counts": "1" * 5000}, "outline-length"),
        ({"counts": "PPPPPPPPPPPPPPPP1"}, "outline"),
        ({"counts": "ooooooooo0"}, "outline"),
        ({"counts": {}}, "outline"),
        ({}, "outline"),
        ({"size": [WIDTH, HEIGHT], "counts": [10, 20, TOTAL - 30]}, "outline-size"),
        ({"size": [math.nan, WIDTH], "counts": [10, 20, TOTAL - 30]}, "outline-size"),
        ({"size": [], "counts": [10, 20, TOTAL - 30]}, "outline-size"),
        ({"size": None, "counts": [10, 20, TOTAL - 30]}, "outline"),
        ({"size": [10**12, 10**12], "counts": [10**24]}, "outline-size"),
    ],
)
def test_in_run_lengths(tmp_path: Path, rle: dict[str, Any], kind: str) -> None:
    rle = {"size": [HEIGHT, WIDTH], **rle}
    path = write(tmp_path, document({"segmentation": rle, "bbox": [10, 8, 20, 20]}))
    source = read_coco(path, tmp_path)
    assert ([problem.kind for problem in source.problems], len(source[0])) == ([kind], 1)
    refused(path)


def test_sizes_of_run_lengths_may_be_floats(tmp_path: Path) -> None:
    rle = {"size": [float(HEIGHT), float(WIDTH)], "counts": [10, 20, TOTAL - 30]}
    path = write(tmp_path, document({"segmentation": rle}))
    assert read_coco(path, tmp_path)[0].masks[0].area == 20
    assert CocoDataset.read(path).annotations[0]["area"] == 20


def test_an_outline_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskseg_cli.datasets.polygons_and_rle._LONGEST", 10_000)
    points = [number for _ in range(300) for number in (0, 0, WIDTH, HEIGHT)] + [WIDTH, 0]
    path = write(tmp_path, document({"segmentation": [points], "bbox": [0, 0, 9, 9]}))
    assert "too long to be drawn" in refused(path)
    assert [problem.kind for problem in read_coco(path, tmp_path).problems] == ["outline-long"]


def test_a_polygon_that_lost_a_number(tmp_path: Path) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE[:-1]], "bbox": [10, 8, 20, 20]}))
    assert "has an outline that is no polygon" in refused(path)
    source = read_coco(path, tmp_path)
    assert ([problem.kind for problem in source.problems], len(source[0])) == (["outline"], 1)


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path, document({"segmentation": [[list(range(500)), *SQUARE[1:]]]}))
    assert len(refused(path)) < 250 + len(str(path))


@pytest.mark.parametrize("flag", [2, -1, "maybe", [1], math.nan])
@pytest.mark.parametrize("name", ["iscrowd", "ignore"])
def test_in_a_flag(tmp_path: Path, flag: Any, name: str) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE], name: flag}, {"segmentation": [SQUARE]}))
    assert f"has {name} " in refused(path)
    source = read_coco(path, tmp_path)
    assert ([problem.kind for problem in source.problems], len(source[0])) == (["crowd"], 1)


@pytest.mark.parametrize("name", ["image_id", "category_id"])
@pytest.mark.parametrize("value", [math.nan, 1e300, 1.5, None, [1], {}, True, 10**400])
def test_in_an_id(tmp_path: Path, name: str, value: Any) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE], name: value}))
    refused(path)
    assert len(read_coco(path, tmp_path)[0]) == 0


ROW = {"image_id": "1", "category_id": "7", "bbox": [10, 8, 20, 20], "score": 0.9, "segmentation": [SQUARE]}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        *(({"score": score}, "no score that is a number") for score in (math.nan, math.inf, None, "x", True, 10**400)),
        *(
            ({"segmentation": [[number, *SQUARE[1:]]]}, "an outline with the number")
            for number in WILD
            if type(number) in (int, float)
        ),
        *(({"bbox": [10, 8, number, 20]}, "no bbox of four numbers in pixels") for number in WILD),
        ({"bbox": [10, 8, -20, 20]}, "no bbox of four numbers in pixels"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [5]}}, "run lengths that do not add up"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": "PPPPPPPPPPPPPPPP1"}}, "an outline that is no"),
        ({"category_id": "horse"}, "belongs to no image or category"),
        ({"image_id": math.nan}, "belongs to no image or category"),
    ],
)
def test_in_results(tmp_path: Path, fields: dict[str, Any], words: str) -> None:
    annotations = write(tmp_path, document({"segmentation": [SQUARE], "bbox": [10, 8, 20, 20]}))
    results = tmp_path / "results.json"
    results.write_text(json.dumps([ROW]))
    assert score_results(annotations, results).metrics["segm"]["AP"] == pytest.approx(1), "ids may be texts"
    results.write_text(json.dumps([ROW, ROW | fields]))
    with pytest.raises(MasksegError, match=f"result 2 .*{words}"):
        score_results(annotations, results)
