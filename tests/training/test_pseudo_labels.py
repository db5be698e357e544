"""A teacher's finds beside the annotations that there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.errors import MasksegError
from maskseg_cli.training.pseudo_labels import merge, write_merged

PERSON, DOG, CUP = 1, 18, 47
OUTLINE = [[10, 10, 30, 10, 30, 40, 10, 40]]


def dataset() -> dict[str, Any]:
    """Picture 1 is complete for persons, 2 for nothing, 3 for all."""
    images = [{"id": n, "file_name": f"{n}.png", "width": 64, "height": 64} for n in (1, 2, 3)]
    images[0]["complete_classes"], images[1]["complete_classes"] = [PERSON], []
    rows = [
        {"id": 5, "image_id": 1, "category_id": PERSON, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0},
        {"id": 9, "image_id": 1, "category_id": DOG, "bbox": [5, 5, 10, 10], "area": 100, "iscrowd": 0},
        {"id": 7, "image_id": 3, "category_id": CUP, "bbox": [0, 0, 5, 5], "area": 25, "iscrowd": 0},
    ]
    names = {PERSON: "person", DOG: "dog", CUP: "cup"}
    categories = [{"id": number, "name": name} for number, name in names.items()]
    return {"images": images, "annotations": rows, "categories": categories}


def find(image: int, category: int, score: float) -> dict[str, Any]:
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [10, 10, 20, 30],
        "segmentation": OUTLINE,
        "score": score,
    }


def test_finds_stand_in_for_classes_that_are_not_complete() -> None:
    finds = [find(1, PERSON, 0.99), find(1, DOG, 0.9), find(2, PERSON, 0.5), find(3, DOG, 0.9), find(4, DOG, 0.9)]
    merged = merge(dataset(), finds)
    rows = [(row["image_id"], row["category_id"], row.get("score")) for row in merged["annotations"]]
    # annotated person of 1 and cup of 3; the teacher's dog takes the place of the annotated one
    assert rows == [(1, PERSON, None), (3, CUP, None), (1, DOG, 0.9), (2, PERSON, 0.5)]
    assert not [image for image in merged["images"] if "complete_classes" in image]
    assert merged["categories"] == dataset()["categories"]


@pytest.mark.parametrize(
    ("score", "fate"), [(0.5, "object"), (0.49, "doubtful"), (0.1, "doubtful"), (0.09, None), (1.0, "object")]
)
def test_thresholds(score: float, fate: str | None) -> None:
    new = [row for row in merge(dataset(), [find(2, CUP, score)])["annotations"] if row["image_id"] == 2]
    if fate is None:
        assert new == []
        return
    assert new[0]["iscrowd"] == 0
    assert new[0]["score"] == (score if fate == "object" else 0)
    assert new[0]["segmentation"] == OUTLINE


def test_other_thresholds() -> None:
    merged = merge(dataset(), [find(2, CUP, 0.6), find(2, DOG, 0.4)], keep=0.7, doubt=0.5)
    assert [(row["category_id"], row["score"]) for row in merged["annotations"] if row["image_id"] == 2] == [(CUP, 0)]


def test_ids_are_unique_and_the_input_is_left_alone() -> None:
    before = dataset()
    merged = merge(before, [find(2, CUP, 0.9), find(2, DOG, 0.3), find(1, CUP, 0.8)])
    ids = [row["id"] for row in merged["annotations"]]
    assert len(set(ids)) == len(ids) == 5
    assert before == dataset()


def test_annotations_need_no_id_and_may_have_a_text() -> None:
    before = dataset()
    del before["annotations"][0]["id"]
    before["annotations"][1]["id"] = "b"
    assert merge(before, [find(2, CUP, 0.9)])["annotations"][-1]["id"] == 8


def test_finds_without_an_outline_are_boxes() -> None:
    box = {name: value for name, value in find(2, CUP, 0.9).items() if name != "segmentation"}
    assert "segmentation" not in merge(dataset(), [box])["annotations"][-1]


def test_files(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    for n in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{n}.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "partial.json").write_text(json.dumps(dataset()))
    (tmp_path / "found.json").write_text(json.dumps([find(2, CUP, 0.9), find(2, DOG, 0.3), find(2, DOG, 0.05)]))
    line = write_merged(tmp_path / "partial.json", tmp_path / "found.json", tmp_path / "new/merged.json")
    assert line == "partial.json: 3 annotated objects, 1 of the teacher, 1 doubtful ones in 3 pictures"
    # what is written trains: the sure find is an object that counts 0.9, the doubtful one counts nothing
    source = read_coco(tmp_path / "new/merged.json", tmp_path)
    example = source[1]
    by_class = dict(zip(example.class_ids.tolist(), example.weights.tolist(), strict=True))
    cup, dog = source.class_names.index("cup"), source.class_names.index("dog")
    assert by_class[cup] == pytest.approx(0.9)
    assert by_class[dog] == 0
    assert example.complete_class_ids is None


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(dataset()))
    (tmp_path / "found.json").write_text('{"bbox": 1}')
    with pytest.raises(MasksegError, match="not a file of COCO results"):
        write_merged(tmp_path / "data.json", tmp_path / "found.json", tmp_path / "merged.json")
    with pytest.raises(MasksegError, match=r"no file .*absent\.json"):
        write_merged(tmp_path / "absent.json", tmp_path / "found.json", tmp_path / "merged.json")
    (tmp_path / "found.json").write_text("[")
    with pytest.raises(MasksegError, match=r"found\.json is not valid JSON: line 1"):
        write_merged(tmp_path / "data.json", tmp_path / "found.json", tmp_path / "merged.json")
    assert not (tmp_path / "merged.json").exists()


def test_an_output_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(dataset()))
    (tmp_path / "found.json").write_text(json.dumps([find(2, CUP, 0.9)]))
    with pytest.raises(MasksegError, match=r"data\.json/merged\.json cannot be written"):
        write_merged(tmp_path / "data.json", tmp_path / "found.json", tmp_path / "data.json" / "merged.json")


def test_a_picture_that_the_teacher_did_not_see_stays_as_it_is() -> None:
    merged = merge(dataset(), [find(2, CUP, 0.05)])
    assert [image.get("complete_classes") for image in merged["images"]] == [[PERSON], None, None]
    assert [row["image_id"] for row in merged["annotations"]] == [1, 1, 3]


def test_ids_of_the_two_files_may_be_written_differently() -> None:
    finds = [row | {"image_id": str(row["image_id"]), "category_id": 1.0} for row in (find(1, 1, 0.9), find(2, 1, 0.9))]
    merged = merge(dataset(), finds)
    assert [row["image_id"] for row in merged["annotations"]] == [1, 3, "2"], "persons are complete in picture 1 alone"


def test_both_files_are_read_as_annotations_are(tmp_path: Path) -> None:
    """Boxes as x1 y1 x2 y2 in the one and coordinates from 0 to 1 in the other give the same as COCO's."""
    before, finds = dataset(), [find(2, CUP, 0.9), find(2, DOG, 0.3)]
    expected = merge(before, finds)["annotations"]
    for row in before["annotations"]:
        row["bbox"] = [side / 64 for side in row["bbox"]]
    for row in finds:
        row["bbox"] = [10, 10, 30, 40]
    (tmp_path / "data.json").write_text(json.dumps(before))
    (tmp_path / "found.json").write_text("\n".join(map(json.dumps, finds)))
    said = write_merged(tmp_path / "data.json", tmp_path / "found.json", tmp_path / "merged.json")
    assert json.loads((tmp_path / "merged.json").read_text())["annotations"] == expected
    assert "3 boxes with coordinates from 0 to 1" in said
    assert "2 boxes as x1 y1 x2 y2 (read so; COCO's are x, y, width, height): result 1, result 2" in said
    del finds[0]["bbox"]
    assert "area" not in merge(dataset(), finds)["annotations"][-2], "the outline's is measured"


@pytest.mark.parametrize("score", [float("nan"), None, "high"])
def test_finds_without_a_score_are_named(tmp_path: Path, score: object) -> None:
    (tmp_path / "data.json").write_text(json.dumps(dataset()))
    (tmp_path / "found.json").write_text(json.dumps([find(2, CUP, 0.9), find(2, CUP, 0.9) | {"score": score}]))
    with pytest.raises(MasksegError, match="result 2 has no score that is a number"):
        write_merged(tmp_path / "data.json", tmp_path / "found.json", tmp_path / "merged.json")
