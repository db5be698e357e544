"""Annotation files as other programs write them: what has one meaning is read, for training and evaluation alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.reporter import Reporter
from tests.datasets.samples import HEIGHT, SQUARE, WIDTH, document, picture, write

TALL = [35, 5, 55, 5, 55, 35, 35, 35]


def plain() -> dict[str, Any]:
    """Two photos with a square and a tall rectangle each."""
    objects = [
        {"segmentation": [SQUARE], "bbox": [10, 8, 20, 20], "area": 400, "iscrowd": 0},
        {"segmentation": [TALL], "bbox": [35, 5, 20, 30], "area": 600, "iscrowd": 0, "category_id": 5},
    ]
    return document(*objects, *(one | {"image_id": 2} for one in objects), images=2)


def trained(path: Path, folder: Path) -> list[Any]:
    source = read_coco(path, folder)
    found: list[Any] = [source.class_names]
    for example in (source[index] for index in range(len(source))):
        found.append((example.class_ids.tolist(), example.has_mask.tolist(), example.boxes.round(2).tolist()))
        found.append([mask.full(HEIGHT, WIDTH).sum() for mask in example.masks])
    return found


def measured(path: Path, folder: Path) -> list[Any]:
    dataset = CocoDataset.read(path, folder)
    found: list[Any] = [list(dataset.categories.values())]
    for one in dataset.annotations:
        mask = coco_mask.decode(one["segmentation"]).sum()
        found.append((one["category_id"], one["iscrowd"], np.round(one["bbox"], 2).tolist(), one["area"], mask))
    return found


def each(part: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    """Changes every record of a part; a function gets the value there was."""

    def change(content: dict[str, Any]) -> None:
        for record in content[part]:
            record |= {name: new(record.get(name)) if callable(new) else new for name, new in fields.items()}

    return change


def pairs(outline: list[list[float]]) -> list[list[list[float]]]:
    return [[list(point) for point in zip(one[::2], one[1::2], strict=True)] for one in outline]


def named(points: list[list[float]]) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in points]


def shares(numbers: list[float]) -> list[float]:
    return [number / (HEIGHT if place % 2 else WIDTH) for place, number in enumerate(numbers)]


def runs(outline: list[list[float]]) -> dict[str, Any]:
    """Of a rectangle, x1 y1 x2 y1 x2 y2 ...; the last run may be left out."""
    left, top, right, _, _, bottom, *_ = map(int, outline[0])
    counts = [HEIGHT * left + top, *([bottom - top, HEIGHT - bottom + top] * (right - left))]
    return {"size": [HEIGHT, WIDTH], "counts": [*counts[:-1], HEIGHT * WIDTH - sum(counts[:-1])]}


def packed(outline: list[list[float]]) -> bytes:
    counts: bytes = coco_mask.frPyObjects(runs(outline), HEIGHT, WIDTH)["counts"]
    return counts


def floats(outline: dict[str, Any]) -> dict[str, Any]:
    return outline | {"counts": [float(count) for count in outline["counts"]]}


def texts(numbers: list[float]) -> list[float | str]:
    return [number if place % 3 else f"{number:.1f}" for place, number in enumerate(numbers)]


def corners(box: list[float]) -> list[float]:
    return [box[0], box[1], box[0] + box[2], box[1] + box[3]]


def drop_sizes(content: dict[str, Any]) -> None:
    for record in content["images"]:
        del record["width"], record["height"]


def other_case(content: dict[str, Any]) -> None:
    content["categories"].append({"id": 9, "name": "Cat"})
    content["annotations"][2]["category_id"] = 9


def root(name: str, written: str | None = None) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for record in content["categories"]:
            record["supercategory"] = written or name
        content["categories"].insert(0, {"id": 0, "name": name, "supercategory": "none"})

    return change


def background(content: dict[str, Any]) -> None:
    content["categories"].insert(0, {"id": 0, "name": "__background__"})


def twice(content: dict[str, Any]) -> None:
    content["images"].append(content["images"][0])
    content["categories"].append(content["categories"][0])


SAME: dict[str, Callable[[dict[str, Any]], None]] = {
    "image ids as text": each("annotations", image_id=str),
    "image ids as floats": each("images", id=float),
    "category ids as text": each("annotations", category_id=str),
    "category ids of categories as text": each("categories", id=str),
    "category ids as floats": each("annotations", category_id=float, id=float),
    "sizes as floats": each("images", width=60.0, height=40.0),
    "sizes as text": each("images", width="60", height="40"),
    "no sizes": drop_sizes,
    "sizes of 0": each("images", width=0, height=0),
    "iscrowd as text": each("annotations", iscrowd="0"),
    "iscrowd as a float in a text": each("annotations", iscrowd="0.0"),
    "run lengths in a list of one": each("annotations", segmentation=lambda outline: [runs(outline)]),
    "run lengths as Python prints bytes": each(
        "annotations", segmentation=lambda outline: {"size": [HEIGHT, WIDTH], "counts": str(packed(outline))}
    ),
    "run lengths as floats": each("annotations", segmentation=lambda outline: floats(runs(outline))),
    "run lengths beside boxes as corners": each(
        "annotations", bbox=corners, segmentation=lambda outline: runs(outline)
    ),
    "numbers as text": each(
        "annotations", bbox=lambda box: list(map(str, box)), area=str, segmentation=lambda outline: [texts(outline[0])]
    ),
    "boxes as text with commas": each("annotations", bbox=lambda box: ", ".join(map(str, box))),
    "another field for the name": lambda content: [
        record.update(path=record.pop("file_name")) for record in content["images"]
    ],
    "spaces round file names": each("images", file_name=lambda name: f" {name} "),
    "lists as text": each("annotations", bbox=json.dumps, segmentation=json.dumps),
    "lists nested five times": each("annotations", segmentation=lambda outline: [[[pairs(outline)]]]),
    "boxes by name": each("annotations", bbox=lambda box: dict(zip(("x", "y", "width", "height"), box, strict=True))),
    "spaces round names": each("categories", name=lambda name: f" {name} "),
    "iscrowd as a word": each("annotations", iscrowd="False", ignore=None),
    "iscrowd as a truth value": each("annotations", iscrowd=False, ignore=0.0),
    "equal annotation ids": each("annotations", id=7),
    "no annotation ids": each("annotations", id=None),
    "flat polygons": each("annotations", segmentation=lambda outline: outline[0]),
    "lists of points": each("annotations", segmentation=pairs),
    "points by name": each("annotations", segmentation=lambda outline: [named(pairs(outline)[0])]),
    "one list nested in another": each("annotations", segmentation=lambda outline: [outline]),
    "points nested once more": each("annotations", segmentation=lambda outline: [pairs(outline)]),
    "one list of points": each("annotations", segmentation=lambda outline: pairs(outline)[0]),
    "an empty polygon beside a sound one": each("annotations", segmentation=lambda outline: [*outline, []]),
    "two points beside a polygon": each("annotations", segmentation=lambda outline: [*outline, [5, 5, 9, 9]]),
    "backslashes": each("images", file_name=lambda name: f"images\\{name}"),
    "a Windows path": each("images", file_name=lambda name: f"C:\\photos\\{name}"),
    "a folder that is not there": each("images", file_name=lambda name: f"images/{name}"),
    "coordinates from 0 to 1": each(
        "annotations", bbox=shares, segmentation=lambda outline: [shares(one) for one in outline]
    ),
    "boxes from 0 to 1 alone": each("annotations", bbox=shares),
    "boxes as corners": each("annotations", bbox=corners),
    "boxes as corners from 0 to 1": each("annotations", bbox=lambda box: shares(corners(box))),
    "boxes of nothing": each("annotations", bbox=[0, 0, 0, 0]),
    "boxes of something else": each("annotations", bbox=[50, 0, 3, 3]),
    "a root category": root("animals"),
    "a root that its members write otherwise": root("Shapes", "shapes"),
    "a root category of the same name": root("cat"),
    "names that differ in case": other_case,
    "a background": background,
    "records twice": twice,
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_meaning_gives_the_same_objects(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, plain(), 2)
    expected = trained(path, tmp_path), measured(path, tmp_path)
    content = plain()
    SAME[name](content)
    path.write_text(json.dumps(content))
    assert (trained(path, tmp_path), measured(path, tmp_path)) == expected


#: What is noted, for both; nothing is noted of the others.
NOTES = {
    "equal annotation ids": {"duplicate-annotation-id": 3},
    "an empty polygon beside a sound one": {"outline-part": 4},
    "a Windows path": {"image-folder": 2},
    "coordinates from 0 to 1": {"outline-shares": 4, "box-shares": 4},
    "boxes as corners": {"box-corners": 4},
    "run lengths beside boxes as corners": {"box-corners": 4},
    "numbers as text": {},
    "boxes of something else": {"box-differs": 4},
    "a root category": {"group-category": 1},
    "names that differ in case": {"similar-categories": 1},
    "records twice": {"repeated-image": 1},
    "flat polygons": {},
    "iscrowd as text": {},
}


@pytest.mark.parametrize("name", NOTES)
def test_what_is_not_as_it_should_be_is_noted(tmp_path: Path, name: str) -> None:
    content = plain()
    SAME[name](content)
    path = write(tmp_path, content, 2)
    for problems in (read_coco(path, tmp_path).problems, CocoDataset.read(path, tmp_path).problems):
        assert {problem.kind: problem.count for problem in problems} == NOTES[name]


def test_a_root_category_is_no_reason_to_refuse(tmp_path: Path) -> None:
    content = plain()
    root("animals")(content)
    assert read_coco(write(tmp_path, content, 2), tmp_path, strict=True).problems[0].kind == "group-category"


def test_a_group_of_its_own_alone_or_with_objects_is_a_class(tmp_path: Path) -> None:
    content = plain()
    content["categories"].append({"id": 1, "name": "person", "supercategory": "person"})
    assert read_coco(write(tmp_path, content, 2), tmp_path).class_names[-1] == "person"
    content["categories"][0]["supercategory"] = content["categories"][1]["supercategory"] = "person"
    assert read_coco(write(tmp_path, content, 2), tmp_path).class_names == ("background", "cat", "dog")
    content["annotations"][0]["category_id"] = "1"
    assert read_coco(write(tmp_path, content, 2), tmp_path).class_names[-1] == "person"


def test_letters_are_told_apart(tmp_path: Path) -> None:
    content = plain()
    content["categories"] = [{"id": 7, "name": "a"}, {"id": 5, "name": "A"}]
    assert read_coco(write(tmp_path, content, 2), tmp_path).class_names == ("background", "a", "A")


@pytest.mark.parametrize("outline", [[[]], [[10, 8, 30, 28]], [[], [1, 2]]])
def test_an_empty_outline_leaves_its_box(tmp_path: Path, outline: Any) -> None:
    content = plain()
    content["annotations"][0]["segmentation"] = outline
    path = write(tmp_path, content, 2)
    source, dataset = read_coco(path, tmp_path), CocoDataset.read(path, tmp_path)
    assert source[0].has_mask.tolist() == [False, True]
    np.testing.assert_array_equal(source[0].boxes[0], [10, 8, 30, 28])
    assert (dataset.unmasked, dataset.annotations[0]["bbox"]) == (1, [10, 8, 20, 20])
    for problems in (source.problems, dataset.problems):
        assert [(problem.kind, problem.names) for problem in problems] == [
            ("outline-empty", ("annotation 1 of 1.png",))
        ]


def test_boxes_alone_as_corners(tmp_path: Path) -> None:
    boxes = [[5, 5, 50, 35], [30, 20, 58, 39], [2, 3, 20, 30], [40, 2, 59, 12]]
    path = write(tmp_path, document(*({"bbox": box} for box in boxes)))
    np.testing.assert_array_equal(read_coco(path, tmp_path)[0].boxes, boxes)
    assert CocoDataset.read(path, tmp_path).annotations[0]["bbox"] == [5, 5, 45, 30]
    # COCO's boxes that reach over the edge stay COCO's
    path = write(tmp_path, document(*({"bbox": box} for box in ([5, 5, 60, 35], [3, 2, 30, 10], [40, 20, 10, 9]))))
    assert CocoDataset.read(path, tmp_path).annotations[1]["bbox"] == [3, 2, 30, 10]


def test_shares_beside_an_rle_or_a_broken_number(tmp_path: Path) -> None:
    content = document(*({"segmentation": [shares(SQUARE), None], "id": None, "note": note} for note in range(20)))
    content["annotations"][3]["segmentation"] = {"size": [HEIGHT, WIDTH], "counts": [40, 80, HEIGHT * WIDTH - 120]}
    content["annotations"][5]["segmentation"][0][0] = None
    source = read_coco(write(tmp_path, content), tmp_path)
    areas = [int(mask.full(HEIGHT, WIDTH).sum()) for mask in source[0].masks]
    assert areas == [400] * 3 + [80] + [400] * 15
    assert {problem.kind: problem.names[0] for problem in source.problems} == {
        "outline-item": "annotation number 1 of 1.png",
        "outline-shares": "annotation number 1",
    }


def test_coordinates_that_may_be_percent_are_named(tmp_path: Path) -> None:
    boxes = [[place, 2 * place, 30, 40] for place in range(1, 11)]
    content = document(*({"bbox": box} for box in boxes))
    content["images"][0] |= {"width": 640, "height": 480}
    path = write(tmp_path, content, 0)
    picture(tmp_path / "1.png", 480, 640)
    for problems in (read_coco(path, tmp_path).problems, CocoDataset.read(path).problems):
        assert [(problem.kind, problem.count) for problem in problems] == [("percent", 10)]
    content["annotations"][3]["bbox"][0] = 101
    assert CocoDataset.read(write(tmp_path, content, 0)).problems == ()


def test_shares_in_a_file_of_pixels_are_named(tmp_path: Path) -> None:
    content = plain()
    content["annotations"][1] |= {"segmentation": [shares(TALL)], "bbox": shares([35, 5, 20, 30])}
    path = write(tmp_path, content, 2)
    for problems in (read_coco(path, tmp_path).problems, CocoDataset.read(path, tmp_path).problems):
        assert [(problem.kind, problem.names) for problem in problems] == [
            ("outline-corner", ("annotation 2",)),
            ("box-corner", ("annotation 2",)),
        ]


def test_the_picture_of_another_folder_is_not_taken(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["images"][0]["file_name"] = "cam2/1.png"
    path = write(tmp_path / "cam1", content)
    write(tmp_path / "cam2", content)
    for name in ("cam1", "cam1/../cam1"):
        with pytest.raises(MasksegError, match=r"1 image files that are not there \(left out\): cam2/1.png"):
            read_coco(path, tmp_path / name)
    assert read_coco(path, tmp_path / "cam2").problems == []
    assert read_coco(path, tmp_path).problems == []


def test_one_picture_is_not_taken_for_two(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, {"segmentation": [SQUARE], "image_id": 2}, images=2)
    for number, image in enumerate(content["images"], 1):
        image["file_name"] = f"cam{number}/1.png"
    path = write(tmp_path, content)
    with pytest.raises(MasksegError, match="2 image files that are not there"):
        read_coco(path, tmp_path)
    content["images"][0]["file_name"] = "1.png"
    path = write(tmp_path, content)
    assert [image.path.name for image in read_coco(path, tmp_path).images] == ["1.png"]


class Progress(Reporter):
    """Records the bars, and how far each came."""

    def __init__(self) -> None:
        self.bars: list[tuple[int | None, str, str]] = []
        self.done: list[int] = []
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        self.bars.append((total, unit, label))
        yield self.done.append


def test_reading_much_shows_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, document(*({"bbox": [1, 2, 3, 4]} for _ in range(2500))))
    for read in (open_source, CocoDataset.read):
        reporter = Progress()
        read(path, tmp_path, reporter=reporter)
        assert (reporter.bars, reporter.said) == ([], []), "few records are read at once"
    monkeypatch.setattr("maskseg_cli.datasets.coco_records.MANY", 2000)
    monkeypatch.setattr("maskseg_cli.datasets.annotation_input._LARGE", 1000)
    for read in (open_source, CocoDataset.read):
        reporter = Progress()
        read(path, tmp_path, reporter=reporter)
        assert reporter.bars == [(2500, "annotation", "reading annotations")]
        assert reporter.done == [1000, 2000]
        assert reporter.said == ["Reading annotations.json (0 MB)"]
