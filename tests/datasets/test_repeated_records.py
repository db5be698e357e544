"""Images and objects that are in a file more than once: one reader for training and evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset, score_results
from tests.datasets.samples import HEIGHT, SQUARE, WIDTH, document, write

TALL = [35, 5, 55, 5, 55, 35, 35, 35]


def two_records() -> dict[str, Any]:
    content = document({"segmentation": [SQUARE]}, {"segmentation": [TALL], "image_id": 2}, images=2)
    content["images"][1]["file_name"] = "1.png"
    return content


def both_problems(path: Path) -> list[dict[str, int]]:
    sources = read_coco(path, path.parent), CocoDataset.read(path, path.parent)
    return [{problem.kind: problem.count for problem in source.problems} for source in sources]


@pytest.mark.parametrize("name", ["1.png", "./1.png", ".\\1.png"])
def test_two_records_of_one_photo_are_one_image(tmp_path: Path, name: str) -> None:
    content = two_records()
    content["images"][1]["file_name"] = name
    path = write(tmp_path, content)
    assert both_problems(path) == [{"same-photo": 1}] * 2
    source = read_coco(path, tmp_path)
    assert (len(source), len(source[0])) == (1, 2)
    dataset = CocoDataset.read(path)
    assert [image["id"] for image in dataset.images] == [1]
    assert [one["image_id"] for one in dataset.annotations] == [1, 1]
    results = tmp_path / "results.json"
    results.write_text(json.dumps([one | {"score": 0.9} for one in content["annotations"]]))
    assert score_results(path, results).metrics["segm"]["AP"] == pytest.approx(1), "either id names the photo"


def test_classes_that_one_of_the_records_has_complete(tmp_path: Path) -> None:
    content = two_records()
    content["images"][0]["complete_classes"], content["images"][1]["complete_classes"] = [7], [5]
    assert read_coco(write(tmp_path, content), tmp_path)[0].complete_class_ids == {1, 2}
    del content["images"][1]["complete_classes"]
    assert read_coco(write(tmp_path, content), tmp_path)[0].complete_class_ids is None


def test_two_records_of_one_photo_with_two_sizes(tmp_path: Path) -> None:
    content = two_records()
    content["images"][1]["width"] = WIDTH + 1
    path = write(tmp_path, content)
    assert len(read_coco(path, tmp_path)[0]) == 1
    with pytest.raises(MasksegError, match=rf"with another size \({WIDTH + 1} x {HEIGHT}, not {WIDTH} x {HEIGHT}\)"):
        CocoDataset.read(path)


@pytest.mark.parametrize("identity", [2, "x", None, 1])
def test_a_copy_counts_once(tmp_path: Path, identity: Any) -> None:
    one = {"segmentation": [SQUARE], "bbox": [10, 8, 20, 20], "id": 1}
    path = write(tmp_path, document(one, one | {"id": identity}, one | {"id": 3, "bbox": [10, 8, 20, 21]}))
    assert both_problems(path) == [{"repeated-annotation": 1}] * 2
    assert len(read_coco(path, tmp_path)[0]) == len(CocoDataset.read(path).annotations) == 2


@pytest.mark.parametrize("outline", [[], {}, [[]], [[10, 8, 30, 28]], [[], [1, 2]], None])
@pytest.mark.parametrize("box", [[0, 0, 0, 0], [], None, [10, 8, 0, 20]])
def test_an_object_of_nothing_is_left_out_by_both(tmp_path: Path, outline: Any, box: Any) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE]}, {"segmentation": outline, "bbox": box}))
    assert both_problems(path) == [{"object-empty": 1}] * 2
    dataset = CocoDataset.read(path)
    assert len(read_coco(path, tmp_path)[0]) == len(dataset.annotations) == 1
    assert dataset.has_masks


@pytest.mark.parametrize(
    "fields", [{"segmentation": [[70, 5, 90, 5, 90, 30]]}, {"bbox": [70, 5, 10, 10]}, {"bbox": [5, -30, 10, 20]}]
)
def test_an_object_outside_its_photo_is_left_out_by_both(tmp_path: Path, fields: dict[str, Any]) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE]}, fields))
    assert both_problems(path) == [{"box-outside": 1}] * 2
    assert len(read_coco(path, tmp_path)[0]) == len(CocoDataset.read(path).annotations) == 1


def test_an_annotation_without_an_id_of_its_image_or_category(tmp_path: Path) -> None:
    for name, words in (
        ("image_id", "annotation 1 has no image_id"),
        ("category_id", "annotation 1 has no category_id"),
    ):
        with pytest.raises(MasksegError, match=words):
            CocoDataset.read(write(tmp_path, document({"segmentation": [SQUARE], name: None})))


def test_a_line_beside_a_box_is_no_outline_to_go_by(tmp_path: Path) -> None:
    """COCO's evaluation counts its mask, which nobody finds; but the box is the one that training takes."""
    path = write(tmp_path, document({"segmentation": [[1, 2, 3, 4, 5, 6]], "bbox": [10, 8, 20, 20]}))
    dataset = CocoDataset.read(path)
    assert dataset.annotations[0]["bbox"] == [10, 8, 20, 20]
    assert dataset.has_masks
    assert read_coco(path, tmp_path)[0].boxes.tolist() == [[10, 8, 30, 28]]
