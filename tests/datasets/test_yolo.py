"""YOLO's data sets: rows, data.yaml and its folders, label files alone, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli import Detections
from maskseg_cli.datasets.annotation_file import detect_format, read_annotations
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.export.yolo import YoloFolder
from maskseg_cli.reporter import Reporter
from tests.datasets.samples import picture
from tests.export.samples import NAMES, found, photo_frame
from tests.export.test_mask_polygons import iou


class Listener(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


#: As Ultralytics' own sets have it.
YAML = """# COCO8-seg dataset
path: ../datasets/coco8-seg # dataset root dir
train: images/train # train images (relative to 'path')
val: images/val
test: # test images (optional)

# Classes
names:
  0: cat
  1: dog
"""
#: 10 8 30 8 30 28 10 28 of 60 x 40 pixels: a square of 20 x 20, in class 1.
SQUARE = "1 0.166667 0.2 0.5 0.2 0.5 0.7 0.166667 0.7"


def dataset(folder: Path, text: str = YAML, **labels: str) -> Path:
    """data.yaml, and for each name, such as train_a, a picture with label file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.yaml").write_text(text)
    for name, rows in labels.items():
        part, stem = name.split("_")
        picture(folder / "images" / part / f"{stem}.png")
        path = folder / "labels" / part / f"{stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rows)
    return folder / "data.yaml"


def read(path: Path, images: Path | None = None, **more: Any) -> list[str]:
    """File names of what is read."""
    document = read_annotations(path, ProblemLog(), images=images, **more)
    return [image["file_name"] for image in document["images"]]


@pytest.mark.parametrize(
    ("row", "box", "has_mask"),
    [
        (SQUARE, [10, 8, 30, 28], True),
        ("1 0.333333 0.45 0.333333 0.5", [10, 8, 30, 28], False),
        ("1 0.333333 0.45 0.333333 0.5 0.25", [10, 8, 30, 28], False),
        (f"{SQUARE} 0.25", [10, 8, 30, 28], True),
        ("1.0\t1.6e-1 2e-1  0.5 0.2 0.5 0.7 1.6e-1 .7\r", [9.6, 8, 30, 28], True),
    ],
    ids=["polygon", "box", "scored box", "scored polygon", "spaces"],
)
def test_rows(tmp_path: Path, row: str, box: list[float], has_mask: bool) -> None:
    source = open_source(dataset(tmp_path, train_a=row + "\n\n"))
    assert (source.class_names, source.problems) == (("background", "cat", "dog"), [])
    [example] = source
    np.testing.assert_allclose(example.boxes, [box], atol=0.5)
    assert (example.class_ids.tolist(), example.has_mask.tolist()) == ([2], [has_mask])
    assert example.weights.tolist() == [0.25 if row.endswith(" 0.25") else 1]


def test_parts_of_a_set(tmp_path: Path) -> None:
    path = dataset(tmp_path / "set", train_a=SQUARE, train_b="", val_c=SQUARE)
    picture(tmp_path / "set" / "images" / "train" / "unlabelled.png")
    assert detect_format(path) == detect_format(path.parent) == "yolo"
    train = ["images/train/a.png", "images/train/b.png", "images/train/unlabelled.png"]
    for given in (path, path.parent):
        assert read(given) == [*train, "images/val/c.png"]
        assert [example.name for example in open_source(given)] == ["a.png", "b.png", "unlabelled.png"]
        measured = CocoDataset.read(given, tmp_path / "set")
        assert [image["file_name"] for image in measured.images] == ["images/val/c.png"]
        assert [one["area"] for one in measured.annotations] == [400]
    numbers = {image["file_name"]: image["id"] for image in read_annotations(path, ProblemLog())["images"]}
    assert measured.images[0]["id"] == numbers["images/val/c.png"], "whatever part is read"
    # IMAGES chooses pictures, whichever part they are of.
    assert read(path, tmp_path / "set" / "images" / "train", split="val") == ["a.png", "b.png", "unlabelled.png"]
    assert read(tmp_path / "set" / "labels" / "val") == [str(tmp_path / "set" / "images" / "val" / "c.png")]
    assert len(open_source(tmp_path / "set" / "labels" / "val")) == 1


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("train", "train is read (2 pictures), not val (1 picture)"),
        ("val", "val is read (1 picture), not train (2 pictures)"),
        ("test", "there is no part test: train and val are read (3 pictures)"),
        (None, "train and val are read (3 pictures)"),
    ],
)
def test_the_parts_that_are_read_are_said(tmp_path: Path, split: str | None, said: str) -> None:
    path = dataset(tmp_path / "set", train_a=SQUARE, train_b="", val_c=SQUARE)
    reporter = Listener()
    read(path, split=split, reporter=reporter)
    assert reporter.said == [f"data.yaml: {said}."]


def test_folders_as_roboflow_has_them(tmp_path: Path) -> None:
    text = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\nnames: ['cat', 'dog']\n"
    for part, name in (("train", "a"), ("valid", "b")):
        picture(tmp_path / part / "images" / f"{name}_jpg.rf.0a1b.jpg")
        (tmp_path / part / "labels").mkdir()
        (tmp_path / part / "labels" / f"{name}_jpg.rf.0a1b.txt").write_text(SQUARE)
    (tmp_path / "data.yaml").write_text(text)
    (tmp_path / "README.roboflow.txt").write_text("coins > 2024-05-07\nProvided by a Roboflow user\n")
    assert read(tmp_path, split="val") == ["valid/images/b_jpg.rf.0a1b.jpg"]
    assert [example.class_ids.tolist() for example in open_source(tmp_path)] == [[2]]
    assert read(tmp_path / "train") == ["images/a_jpg.rf.0a1b.jpg"]


def test_lists_of_pictures(tmp_path: Path) -> None:
    path = dataset(tmp_path, "train: [train.txt]\nval: val.txt\nnames: {0: cat, 1: dog}\n", all_a=SQUARE, all_b=SQUARE)
    (tmp_path / "train.txt").write_text("./images/all/a.png\n\n")
    (tmp_path / "val.txt").write_text(f"{tmp_path}/images/all/b.png\n/\n\0.png\nnotes.md\n{'long' * 100}.png\n")
    (tmp_path / "test.txt").write_text("data/images/all/a.png\n")
    path.write_text(path.read_text() + "test: test.txt\n")
    assert read(path, split="test") == ["images/all/a.png"]
    assert (read(path, split="train"), read(path, split="val")) == (["images/all/a.png"], ["images/all/b.png"])


@pytest.mark.parametrize(
    ("names", "labels", "pictures"),
    [
        ("classes.txt", "labels/a.txt", "images/a.png"),  # Label Studio
        ("classes.txt", "a.txt", "a.png"),  # LabelImg
        ("obj.names", "obj_train_data/a.txt", "obj_train_data/a.png"),  # CVAT's YOLO 1.1
        ("labels/classes.txt", "labels/a.txt", "images/a.png"),
        ("classes.txt", "labels/train/a.txt", "images/train/a.png"),
    ],
)
def test_label_files_with_a_list_of_names(tmp_path: Path, names: str, labels: str, pictures: str) -> None:
    for path, text in ((names, "cat\r\ndog\r\n"), (labels, SQUARE)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    picture(tmp_path / pictures)
    picture((tmp_path / pictures).with_name("not_labelled.png"))
    given = tmp_path if "/" not in names else tmp_path / "labels"
    assert detect_format(given) == "yolo"
    source = open_source(given)
    assert (source.class_names, source.problems) == (("background", "cat", "dog"), [])
    assert [(example.name, example.class_ids.tolist()) for example in source] == [("a.png", [2])]


def test_two_pictures_of_one_name_and_links(tmp_path: Path) -> None:
    path = dataset(tmp_path / "set", train_a=SQUARE)
    picture(tmp_path / "elsewhere" / "a.jpg")
    (tmp_path / "set" / "images" / "train" / "a.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    for given in (path, path.parent / "labels" / "train"):
        document = read_annotations(given, ProblemLog(), images=path.parent / "images" / "train")
        assert [image["file_name"] for image in document["images"]] in (["a.jpg", "a.png"], ["a.png", "a.jpg"])
        assert len({image["id"] for image in document["images"]}) == len(document["annotations"]) == 2


def test_pictures_elsewhere(tmp_path: Path) -> None:
    path = dataset(tmp_path / "set", train_a=SQUARE, train_b=SQUARE)
    (tmp_path / "set" / "images").rename(tmp_path / "photos")
    source = open_source(path, tmp_path / "photos")
    assert [example.name for example in source] == ["a.png", "b.png"]
    (tmp_path / "photos" / "train" / "b.png").unlink()
    for images in (tmp_path / "photos", tmp_path / "photos" / "train"):
        problems = open_source(path.parent / "labels", images).problems
        assert [(one.kind, one.names) for one in problems] == [
            ("missing-image", (f"that of {tmp_path}/set/labels/train/b.txt",))
        ]


def test_what_is_left_out(tmp_path: Path) -> None:
    wrong = [
        "1 0.1 0.2 0.3",
        "x 0.1 0.2 0.3 0.4",
        "-1 0.1 0.2 0.3 0.4",
        "1 0.1 0.2 a 0.4",
        "1 10 20 30 40",
        "1 nan 0 1 1",
    ]
    path = dataset(tmp_path, train_a="\n".join([SQUARE, *wrong, "2 0.1 0.2 0.3 0.4", "0 0.5 0.5 -0.1 0.2"]), train_b="")
    (tmp_path / "labels" / "train" / "gone.txt").write_text(SQUARE)
    (tmp_path / "images" / "train" / "broken.png").write_bytes(b"no picture")
    source = open_source(path)
    assert {problem.kind: problem.count for problem in source.problems} == {
        "yolo-line": 6, "yolo-class": 1, "box": 1, "missing-image": 1, "unreadable-image": 1,
    }  # fmt: skip
    assert [example.class_ids.tolist() for example in source] == [[2], []]
    with pytest.raises(MasksegError, match=r"a.txt, line 2, is no object of YOLO: it has 3 numbers behind the class"):
        CocoDataset.read(path, tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("names: []\ntrain: images\n", "has no names of classes"),
        ("names: {a: b}\n", "has no names of classes"),
        ("names: [cat\ntrain: images\n", "is no YAML file that can be read: line 2"),
        ("names: [cat]\ntrain: images\n", "no picture of it is there"),
        ("names: [cat]\ntrain: /\n", "no picture of it is there"),
        (f"names: [cat]\npath: {'a' * 300}\ntrain: {'b' * 5000}\n", "no picture of it is there"),
        ('names: [cat]\npath: "a\\0b"\ntrain: "c\\0d"\n', "no picture of it is there"),
        ("names: [cat]\ntrain: {a: 1}\nval: 3\npath: [1]", "no picture of it is there"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]\n", "has no names of classes"),
        ("names: !!python/object:os.system [x]\n", "is no YAML file that can be read"),
        (b"names: [caf\xe9]", "is not UTF-8"),
    ],
)
def test_descriptions_that_are_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    path = tmp_path / "data.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for given in (path, tmp_path):
        with pytest.raises(MasksegError, match=words) as caught:
            open_source(given)
        assert "\n" not in str(caught.value)


def test_sets_without_labels_or_names(tmp_path: Path) -> None:
    path = dataset(tmp_path, train_a=SQUARE)
    (tmp_path / "labels" / "train" / "a.txt").unlink()
    with pytest.raises(MasksegError, match=r"none of its 1 pictures has a label file, such as .*labels/train/a.txt"):
        open_source(path)
    dataset(tmp_path, train_a=SQUARE).unlink()
    with pytest.raises(MasksegError, match=r"no names of classes: name them in a file classes.txt"):
        open_source(tmp_path)
    dataset(tmp_path, "nc: 2\ntrain: images\n")
    assert open_source(tmp_path).class_names == ("background", "class_0", "class_1")


def test_poses_are_boxes(tmp_path: Path) -> None:
    text = YAML + "kpt_shape: [2, 3]\n"
    [example] = open_source(dataset(tmp_path, text, train_a="1 0.333333 0.45 0.333333 0.5 0.3 0.4 2 0.4 0.5 1"))
    assert example.has_mask.tolist() == [False]
    np.testing.assert_allclose(example.boxes, [[10, 8, 30, 28]], atol=0.01)


@pytest.mark.parametrize("pictures", [True, False])
def test_exports_are_read_back(tmp_path: Path, pictures: bool) -> None:
    with YoloFolder(tmp_path / "yolo", pictures=pictures) as sink:
        sink.start(NAMES)
        for index, (name, detections) in enumerate(
            (("a.png", found()), ("b.png", Detections.empty((120, 160), NAMES)))
        ):
            picture(tmp_path / "photos" / name, 120, 160)
            sink.add(photo_frame(tmp_path / "photos" / name, index), detections, None)
    source = open_source(tmp_path / "yolo", None if pictures else tmp_path / "photos")
    assert (source.class_names, source.problems) == (NAMES, [])
    first, second = source
    assert first.class_ids.tolist() == [1, 2, 3]
    for crop, mask in zip(first.masks, found().mask, strict=True):
        assert iou(crop.full(120, 160), mask) >= 0.99
    assert second.class_ids.tolist() == []
