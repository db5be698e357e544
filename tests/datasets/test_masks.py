"""Folders of pictures of masks: numbers of objects, or one object each, with whatever names tools give them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.datasets.coco import from_document
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.mask_names import parse_mask_name
from maskseg_cli.datasets.masks import is_masks, masks_to_coco
from maskseg_cli.datasets.photo_names import PhotoNames
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.mask_pictures import MaskPictures, instance_numbers
from maskseg_cli.export.object_rows import ObjectTable
from tests.datasets.samples import picture
from tests.datasets.voc_samples import save
from tests.export.samples import NAMES, found, photo_frame, video_frame

SIZE = (40, 60)


def numbers() -> NDArray[np.uint16]:
    """Objects of the numbers 1, 7 and 300; the first has two parts, the second a hole."""
    labels = np.zeros(SIZE, np.uint16)
    labels[2:12, 3:14] = 1
    labels[35:40, 0:6] = 1
    labels[20:34, 20:40] = 7
    labels[25:28, 25:30] = 0
    labels[0:40, 50:60] = 300
    return labels


def write(path: Path, pixels: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def one(value: int) -> NDArray[np.uint8]:
    return np.where(numbers() == value, 255, 0).astype(np.uint8)


def read(path: Path, images: Path | None = None) -> tuple[dict[str, list[tuple[str, Any]]], dict[str, int]]:
    """File name -> class and mask of its objects; and the problems by kind."""
    log = ProblemLog()
    document = masks_to_coco(path, images, log)
    names = {category["id"]: category["name"] for category in document["categories"]}
    objects: dict[str, list[tuple[str, Any]]] = {image["file_name"]: [] for image in document["images"]}
    files = {image["id"]: image["file_name"] for image in document["images"]}
    for record in document["annotations"]:
        mask = coco_mask.decode(record["segmentation"]).astype(bool)
        objects[files[record["image_id"]]].append((names[record["category_id"]], mask))
        assert record["area"] == mask.sum()
    return objects, {problem.kind: problem.count for problem in log.problems()}


def check(objects: list[tuple[str, Any]], *wanted: tuple[str, int]) -> None:
    assert [label for label, _ in objects] == [label for label, _ in wanted]
    for (_, mask), (_, value) in zip(objects, wanted, strict=True):
        assert (mask == (numbers() == value)).all()


@pytest.mark.parametrize("name", ["a.png", "a_mask.png", "a_instanceIds.png"])
def test_numbers_beside_the_photos(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "images" / "a.jpg")
    picture(tmp_path / "images" / "not annotated.jpg")
    write(tmp_path / "masks" / name, numbers())
    assert is_masks(tmp_path)
    assert is_masks(tmp_path / "masks")
    objects, problems = read(tmp_path)
    assert list(objects) == ["images/a.jpg"]
    check(objects["images/a.jpg"], ("object", 1), ("object", 7), ("object", 300))
    assert problems == {"mask-without-class": 3}
    objects, _ = read(tmp_path / "masks", tmp_path / "images")
    check(objects["a.jpg"], ("object", 1), ("object", 7), ("object", 300))
    objects, _ = read(tmp_path / "masks")
    [name] = objects
    assert Path(name) == tmp_path / "images" / "a.jpg"


def test_it_is_data_to_train_on(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", numbers())
    assert detect_format(tmp_path) == "masks"
    example = open_source(tmp_path, strict=True)[0]
    for crop, value in zip(example.masks, (1, 7, 300), strict=True):
        assert (crop.full(*SIZE) == (numbers() == value)).all()


def test_indices_of_a_palette(tmp_path: Path) -> None:
    labels = np.where(numbers() == 300, 255, numbers())
    save(tmp_path / "masks" / "a.png", labels)
    picture(tmp_path / "photos" / "a.jpg")
    assert is_masks(tmp_path)
    objects, _ = read(tmp_path)
    check(objects["photos/a.jpg"], ("object", 1), ("object", 7), ("object", 300))


@pytest.mark.parametrize(
    ("content", "classes"),
    [
        ("cell\n", ("cell", "cell", "cell")),
        ("1 cat\n7: traffic light\n", ("cat", "traffic light", "object")),
        ("background\ncat\n", ("cat", "cat", "cat")),
        ("cat\nb\nc\nd\ne\nf\ndog\n", ("cat", "dog", "object")),
    ],
)
def test_a_list_of_classes(tmp_path: Path, content: str, classes: tuple[str, ...]) -> None:
    picture(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", numbers())
    (tmp_path / "classes.txt").write_text(content)
    assert detect_format(tmp_path) == "masks"
    objects, _ = read(tmp_path, tmp_path)
    check(objects["images/a.jpg"], *zip(classes, (1, 7, 300), strict=True))


def test_numbers_of_class_and_object(tmp_path: Path) -> None:
    """Cityscapes and KITTI MOTS: class * 1000 + object."""
    picture(tmp_path / "images" / "a.jpg")
    labels = numbers()
    labels[labels == 1] = 2001
    labels[labels == 7] = 1001
    write(tmp_path / "masks" / "a.png", labels)
    (tmp_path / "masks" / "classes.txt").write_text("1 car\n2 person\n")
    objects, _ = read(tmp_path)
    assert [label for label, _ in objects["images/a.jpg"]] == ["object", "car", "person"]


def test_folders_of_classes(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    for value, label in ((1, "cat"), (7, "cat"), (300, "dog")):
        write(tmp_path / "masks" / label / f"a_{value}.png", one(value))
    objects, problems = read(tmp_path)
    check(objects["images/a.jpg"], ("cat", 1), ("cat", 7), ("dog", 300))
    assert not problems


@pytest.mark.parametrize("name", ["a_{}_cat.png", "a_cat_{}.png", "a_mask_cat{}.png", "a/cat_{}.png", "a/{}-cat.png"])
def test_a_picture_for_each_object(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "images" / "a.jpg")
    for value in (1, 7, 300):
        soft = cv2.blur(one(value), (3, 3))  # values between 0 and 255 at the border are one object
        write(tmp_path / "masks" / name.format(f"{value:05d}"), soft)
    objects, _ = read(tmp_path)
    for (label, mask), value in zip(objects["images/a.jpg"], (1, 7, 300), strict=True):
        assert label == "cat"
        assert (mask == (cv2.blur(one(value), (3, 3)) > 0)).all()


def test_the_data_science_bowl(tmp_path: Path) -> None:
    for number, name in enumerate(("00ae65c1c6631ae6f2be1a449902976e6eb8483bf6b0740d00530220832c6d3e", "b" * 64)):
        picture(tmp_path / name / "images" / f"{name}.png")
        for value in (1, 7):
            write(tmp_path / name / "masks" / f"{value}{name[1:]}.png", one(value))
        if number:
            write(tmp_path / name / "masks" / "empty.png", one(5))
    assert detect_format(tmp_path) == "masks"
    objects, problems = read(tmp_path)
    assert len(objects) == 2
    for path, each in objects.items():
        assert (tmp_path / path).is_file()
        check(each, ("object", 1), ("object", 7))
    assert problems == {"mask-empty": 1, "mask-without-class": 4}
    assert list(read(tmp_path, tmp_path)[0]) == list(objects)


def test_masks_among_the_photos(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.png")
    write(tmp_path / "a.png", numbers())
    write(tmp_path / "b_mask.png", numbers())
    objects, problems = read(tmp_path)
    assert sorted(objects) == ["a.jpg", "b.png"]
    assert [len(each) for each in objects.values()] == [3, 3]
    assert problems == {"mask-without-class": 6}


@pytest.mark.parametrize("tracked", [False, True])
def test_our_own_export_is_read_back_exactly(tmp_path: Path, tracked: bool) -> None:
    """The table that `--export csv` writes beside the masks names the classes; photos of one name have their own."""
    (tmp_path / "photos" / "trip").mkdir(parents=True)
    export = tmp_path / "export"
    with MaskPictures(export / "masks") as masks, ObjectTable(export / "objects.csv") as table:
        for number, name in enumerate(("a.jpg", "a.png", "trip/a.png")):
            frame = photo_frame(tmp_path / "photos" / name, number)
            frame = type(frame)(frame.image, number, source=name, job=frame.job)
            for sink in (masks, table):
                sink.start(NAMES)
                sink.add(frame, found(tracked), None)
    assert detect_format(export / "masks") == detect_format(export) == "masks"
    for path in (export, export / "masks"):
        objects, problems = read(path, tmp_path / "photos")
        assert not problems
        assert sorted(objects) == ["a.jpg", "a.png", "trip/a.png"]
        wanted = instance_numbers(found(tracked))
        for each in objects.values():
            assert [label for label, _ in each] == list(found().names)
            for (_, mask), value in zip(each, sorted(set(wanted.ravel()) - {0}), strict=True):
                assert (mask == (wanted == value)).all()


def test_our_own_export_with_the_photos_elsewhere(tmp_path: Path) -> None:
    """The table knows the picture, so that the folder is not taken for its class."""
    frame = photo_frame(tmp_path / "a.png")
    frame = type(frame)(frame.image, 0, source="trip/a.png", job=frame.job)
    with MaskPictures(tmp_path / "masks") as masks, ObjectTable(tmp_path / "objects.csv") as table:
        masks.add(frame, found(), None)
        table.add(frame, found(), None)
    picture(tmp_path / "photos" / "a.jpg", 120, 160)
    objects, _ = read(tmp_path, tmp_path / "photos")
    assert [label for label, _ in objects["a.jpg"]] == list(found().names)


def test_exported_frames_of_a_video(tmp_path: Path) -> None:
    with MaskPictures(tmp_path / "masks") as masks, ObjectTable(tmp_path / "objects.csv") as table:
        for index in (1, 2):
            masks.add(video_frame(index), found(tracked=True), None)
            table.add(video_frame(index), found(tracked=True), None)
            picture(tmp_path / "images" / "film" / f"{index:06d}.jpg", 120, 160)
    objects, problems = read(tmp_path)
    assert [label for label, _ in objects["images/film/000002.jpg"]] == list(found().names)
    assert not problems


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a", ("a.jpg", None, False)),
        ("a_1", ("a_1.jpg", None, False)),  # a photo of its own
        ("a_1_2", ("a_1.jpg", None, True)),
        ("a_2_traffic_light", ("a.jpg", "traffic_light", True)),
        ("trip/b.v2_label", ("trip/b.v2.jpg", None, False)),
        ("Katze/trip/b.v2", ("trip/b.v2.jpg", "Katze", False)),
        ("train/trip/b.v2", ("trip/b.v2.jpg", None, False)),  # no name of a class
        ("trip/b.v2/deadbeefdeadbeef", ("trip/b.v2.jpg", None, True)),
        ("other", None),
        ("a1", None),
        ("", None),
    ],
)
def test_names(tmp_path: Path, name: str, said: tuple[str, str | None, bool] | None) -> None:
    for photo in ("a.jpg", "a_1.jpg", "trip/b.v2.jpg"):
        (tmp_path / photo).parent.mkdir(exist_ok=True)
        (tmp_path / photo).touch()
    assert parse_mask_name(name, PhotoNames(tmp_path)) == said


def test_broken_pictures_do_not_stop_the_rest(tmp_path: Path) -> None:
    for name in "abcd":
        picture(tmp_path / "images" / f"{name}.jpg")
    write(tmp_path / "masks" / "a.png", numbers())
    write(tmp_path / "masks" / "a_0.png", one(1)[:9])
    write(tmp_path / "masks" / "b.png", numbers() * 0)
    write(tmp_path / "masks" / "stranger.png", numbers())
    (tmp_path / "masks" / "c.png").write_bytes(b"\x89PNG")
    (tmp_path / "masks" / "d.png").write_bytes((tmp_path / "masks" / "a.png").read_bytes()[:-20])
    objects, problems = read(tmp_path)
    assert {name: len(each) for name, each in objects.items()} == {"images/a.jpg": 3, "images/b.jpg": 0}
    assert problems == {"mask-file": 3, "mask-without-photo": 1, "mask-without-class": 3}


def test_a_mask_of_another_size_than_its_photo_is_left_out(tmp_path: Path) -> None:
    for name in "ab":
        picture(tmp_path / "images" / f"{name}.jpg")
    write(tmp_path / "masks" / "a.png", numbers())
    write(tmp_path / "masks" / "b.png", numbers()[:20])
    log = ProblemLog()
    source = from_document(masks_to_coco(tmp_path, None, log), tmp_path, tmp_path, None, False, log)
    assert len(source) == 1
    assert "image-size" in [problem.kind for problem in source.problems]


def test_sets_without_a_photo_or_an_object_are_one_sentence(tmp_path: Path) -> None:
    write(tmp_path / "masks" / "a.png", numbers())
    assert is_masks(tmp_path / "masks")
    with pytest.raises(MasksegError, match="name the folder of the photos"):
        masks_to_coco(tmp_path / "masks", None, ProblemLog())
    picture(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", numbers() * 0)
    with pytest.raises(MasksegError, match="there is no object"):
        masks_to_coco(tmp_path, None, ProblemLog())
    (tmp_path / "objects.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MasksegError, match="no table of objects"):
        masks_to_coco(tmp_path, None, ProblemLog())


def test_what_is_no_folder_of_masks(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    write(tmp_path / "photos" / "a.png", noise)
    write(tmp_path / "gray" / "a.png", noise[..., 0])
    write(tmp_path / "coco" / "a.png", numbers())
    (tmp_path / "coco" / "annotations.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    for name in ("photos", "gray", "coco", "empty", "broken", "none", "photos/a.png"):
        assert not is_masks(tmp_path / name)
    assert not is_masks(Path("\0"))


def test_changed_bytes_never_crash_the_reader(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    write(tmp_path / "masks" / "a.png", numbers())
    rows = b"file,frame,object,id,class\na.jpg,0,1,,cat\na.jpg,0,7,,dog\n"
    data = (tmp_path / "masks" / "a.png").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(100):
        for path, content in ((tmp_path / "masks" / "a.png", data), (tmp_path / "objects.csv", rows)):
            changed = bytearray(content)
            for place in rng.integers(len(content), size=rng.integers(1, 4)):
                changed[place] = rng.integers(256)
            path.write_bytes(changed if rng.random() < 0.7 else content)
        is_masks(tmp_path)
        with contextlib.suppress(MasksegError):
            masks_to_coco(tmp_path, None, ProblemLog())
