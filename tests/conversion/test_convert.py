"""What `convert_data` does with crowds, boxes, scores, classes, photos and files that exist."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from maskseg_cli import Reporter, convert_data
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.export.formats import DATA_FORMATS
from tests.conversion.samples import HEIGHT, PARTS, RING, WIDTH, document, opened, rle, write


class Heard(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.lines.append(sentence)

    warn = say


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def with_others() -> dict[str, Any]:
    """Also a crowd, a box without an outline, a pseudo-label, and a polygon of six clicks."""
    content = document()
    content["images"][0]["complete_classes"] = [4]
    content["annotations"] += [
        {"id": 4, "image_id": 12, "category_id": 4, "segmentation": rle(RING), "iscrowd": 1},
        {"id": 5, "image_id": 12, "category_id": 4, "bbox": [5.5, 50, 20.25, 30]},
        {"id": 6, "image_id": 12, "category_id": 9, "segmentation": rle(PARTS), "score": 0.75},
        {
            "id": 7,
            "image_id": 11,
            "category_id": 9,
            "segmentation": [[2, 3.5, 30, 2, 40, 20, 31, 31, 12.25, 28, 3, 20]],
        },
    ]
    return content


def test_coco_keeps_ids_crowds_boxes_and_scores(tmp_path: Path) -> None:
    heard = Heard()
    path = write(tmp_path, with_others(), photos=False)
    done = convert_data(path, tmp_path / "out.json", reporter=heard)
    assert (done.format, done.photos, done.objects, done.left_out, done.problems) == ("coco", 3, 7, 0, ())
    out = read(tmp_path / "out.json")
    assert out["categories"] == [{"id": 9, "name": "zebra"}, {"id": 4, "name": "apple tree"}]
    assert [image["file_name"] for image in out["images"]] == ["a.png", "trip/b.png", "trip/empty.png"]
    assert [image["id"] for image in out["images"]] == [11, 12, 13]
    assert [image.get("complete_classes") for image in out["images"]] == [[4], None, None]
    assert [one["image_id"] for one in out["annotations"]] == [11, 11, 11, 12, 12, 12, 12]
    by_place = out["annotations"]
    assert [one["category_id"] for one in by_place] == [4, 9, 9, 9, 4, 4, 9]
    assert [one["iscrowd"] for one in by_place] == [0, 0, 0, 0, 1, 0, 0]
    assert [one.get("score") for one in by_place] == [None] * 6 + [0.75]
    assert "segmentation" not in by_place[5]
    assert by_place[5]["bbox"] == [5.5, 50, 20.25, 30]
    assert by_place[5]["area"] == 607.5
    assert by_place[0]["segmentation"] == rle(RING)
    assert "found" not in out["info"]["description"]
    assert heard.lines == []


def test_polygons_keep_the_corners_that_were_clicked(tmp_path: Path) -> None:
    path = write(tmp_path, with_others())
    corners = [[2, 3.5], [30, 2], [40, 20], [31, 31], [12.25, 28], [3, 20]]
    convert_data(path, tmp_path / "polygons.json", to="coco-polygons")
    drawn = [one.get("segmentation") for one in read(tmp_path / "polygons.json")["annotations"]]
    assert [np.ravel(corners).tolist()] in drawn
    convert_data(path, tmp_path / "labelme", to="labelme", images=tmp_path / "photos")
    shapes = read(tmp_path / "labelme" / "a.json")["shapes"]
    assert corners in [shape["points"] for shape in shapes]
    assert {shape["description"] for shape in shapes} == {""}
    convert_data(path, tmp_path / "yolo", to="yolo")
    lines = (tmp_path / "yolo" / "labels" / "a.txt").read_text().splitlines()
    assert np.allclose(np.array(lines[-1].split()[1:], float).reshape(-1, 2) * (WIDTH, HEIGHT), corners, atol=1e-3)


def test_polygons_that_lie_over_each_other_are_traced(tmp_path: Path) -> None:
    content = document()
    over = [[10, 10, 60, 10, 60, 60, 10, 60], [30, 30, 80, 30, 80, 80, 30, 80]]
    content["annotations"] = [{"image_id": 11, "category_id": 9, "segmentation": over}]
    convert_data(write(tmp_path, content), tmp_path / "yolo", to="yolo", images=tmp_path / "photos")
    [record, *_] = opened(tmp_path / "yolo", tmp_path / "photos").images
    [one] = record.objects
    [ring] = one.outline
    x, y = np.array(ring).reshape(-1, 2).T
    area = abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)
    assert area == pytest.approx(50 * 50 * 2 - 30 * 30, rel=0.01)  # with a hole where both are it would be 3200


@pytest.mark.parametrize("name", ["labelme", "cvat", "yolo", "voc", "masks", "csv"])
def test_what_other_formats_do_not_have_is_said_once(tmp_path: Path, name: str) -> None:
    heard = Heard()
    done = convert_data(write(tmp_path, with_others()), tmp_path / "out", to=name, reporter=heard)
    assert done.objects == 6
    assert len(heard.lines) == len(set(heard.lines))
    assert [line for line in heard.lines if "crowd" in line] == [f"{name} has no crowds: 1 object left out."]
    assert [line for line in heard.lines if "complete_classes" in line] == [
        f"{name} cannot say that not all objects are marked (complete_classes), as in 1 photo."
    ]
    assert any("boxes without an outline" in line for line in heard.lines) == (name in ("yolo", "masks"))


def test_a_box_stays_a_box_where_the_format_has_boxes(tmp_path: Path) -> None:
    path = write(tmp_path, with_others())
    for name in ("labelme", "cvat", "voc", "csv"):
        convert_data(path, tmp_path / name, to=name, images=tmp_path / "photos")
    [shape] = [one for one in read(tmp_path / "labelme" / "trip" / "b.json")["shapes"] if one["label"] == "apple tree"]
    assert (shape["shape_type"], shape["points"]) == ("rectangle", [[5.5, 50], [25.75, 80]])
    [box] = ElementTree.parse(tmp_path / "cvat" / "annotations.xml").iter("box")
    assert [box.get(side) for side in ("xtl", "ytl", "xbr", "ybr")] == ["5.50", "50.00", "25.75", "80.00"]
    masks = [mask.get("source") for mask in ElementTree.parse(tmp_path / "cvat" / "annotations.xml").iter("mask")]
    assert masks == ["manual"] * 4 + ["auto"]
    tree = ElementTree.parse(tmp_path / "voc" / "Annotations" / "trip" / "b.xml")
    [entry] = [one for one in tree.iter("object") if one.findtext("name") == "apple tree"]
    assert (entry.find("polygon"), entry.find("score")) == (None, None)
    row = [line.split(",") for line in (tmp_path / "csv" / "objects.csv").read_text().splitlines() if "apple" in line][
        -1
    ]
    assert row[5:] == ["apple tree", "", "5.5", "50.0", "25.75", "80.0", "", "", ""]


def test_in_pictures_of_masks_the_smaller_object_is_on_top(tmp_path: Path) -> None:
    content = document()
    small, large = np.zeros((HEIGHT, WIDTH), bool), np.zeros((HEIGHT, WIDTH), bool)
    small[20:40, 20:40], large[10:80, 10:80] = True, True
    content["annotations"] = [
        {"image_id": 11, "category_id": category, "segmentation": rle(mask)}
        for category, mask in ((9, small), (9, large), (4, small))
    ]
    heard = Heard()
    convert_data(write(tmp_path, content), tmp_path / "out", to="masks", reporter=heard)
    numbers = np.array(Image.open(tmp_path / "out" / "masks" / "a.png"))
    assert set(np.unique(numbers[small])) == {3}
    assert (numbers[large & ~small] == 2).all()
    assert [line for line in heard.lines if line.startswith("In pictures of masks")] == [
        "In pictures of masks a pixel has one object: where two overlap, the smaller one is on top.",
        "In pictures of masks, objects that lie wholly under others are missing.",
    ]


def test_classes_are_chosen_and_renamed(tmp_path: Path) -> None:
    path = write(tmp_path, document(), photos=False)
    convert_data(path, tmp_path / "one.json", classes="Apple-Tree")
    out = read(tmp_path / "one.json")
    assert out["categories"] == [{"id": 4, "name": "apple tree"}]
    assert [one["category_id"] for one in out["annotations"]] == [4]
    assert len(out["images"]) == 3
    done = convert_data(path, tmp_path / "yolo", to="yolo", rename="Zebra = apple tree")
    assert done.objects == 3
    assert (tmp_path / "yolo" / "data.yaml").read_text().endswith('names:\n  0: "apple tree"\n')
    for wrong in ({"classes": "zebras,dgo"}, {"rename": "zebr=horse"}, {"rename": "zebra=background"}):
        with pytest.raises(UsageError, match=r"data set has no class|stands for the background"):
            convert_data(path, tmp_path / "no.json", **wrong)


def test_a_data_set_is_divided(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    images = tmp_path / "photos"
    done = convert_data(path, tmp_path / "coco", to="coco", split=0.67, seed=3)
    assert done.paths == (tmp_path / "coco" / "train.json", tmp_path / "coco" / "val.json")
    parts = [[image["file_name"] for image in read(part)["images"]] for part in done.paths]
    assert [len(part) for part in parts] == [2, 1]
    assert sorted(parts[0] + parts[1]) == ["a.png", "trip/b.png", "trip/empty.png"]
    convert_data(path, tmp_path / "yolo", to="yolo", images=images, split=0.67, seed=3, link_photos=True)
    assert (tmp_path / "yolo" / "data.yaml").read_text().startswith("train: images/train\nval: images/val\n")
    for part, names in zip(("train", "val"), parts, strict=True):
        for name in names:
            assert (tmp_path / "yolo" / "images" / part / name).samefile(images / name)
            assert (tmp_path / "yolo" / "labels" / part / name).with_suffix(".txt").is_file()
    convert_data(path, tmp_path / "again", to="coco", split=0.67, seed=3)
    assert [[image["file_name"] for image in read(tmp_path / "again" / f"{part}.json")["images"]] for part in
            ("train", "val")] == parts  # fmt: skip
    with pytest.raises(MasksegError, match="leaves none"):
        convert_data(path, tmp_path / "none", to="coco", split=0.01)
    with pytest.raises(UsageError, match="two files"):
        convert_data(path, tmp_path / "one.json", split=0.5)


def test_photos_are_copied_byte_by_byte(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    photo = tmp_path / "photos" / "a.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side; the record has the upright size
    Image.new("RGB", (HEIGHT, WIDTH)).save(photo, exif=exif)
    convert_data(path, tmp_path / "out", to="labelme", images=tmp_path / "photos", copy_photos=True)
    assert (tmp_path / "out" / "a.png").read_bytes() == photo.read_bytes()
    record = read(tmp_path / "out" / "a.json")
    assert (record["imagePath"], record["imageHeight"], record["imageWidth"]) == ("a.png", HEIGHT, WIDTH)
    assert read(tmp_path / "out" / "trip" / "b.json")["imagePath"] == "b.png"
    with pytest.raises(MasksegError, match="exists already"):
        convert_data(path, tmp_path / "out", to="labelme", images=tmp_path / "photos", copy_photos=True)
    convert_data(path, tmp_path / "out", to="labelme", images=tmp_path / "photos", copy_photos=True, overwrite=True)


def test_photos_of_another_size_or_missing_are_left_out_where_they_are_copied(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    (tmp_path / "photos" / "trip" / "empty.png").unlink()
    Image.new("RGB", (WIDTH, HEIGHT + 1)).save(tmp_path / "photos" / "a.png")
    heard = Heard()
    out = tmp_path / "out"
    done = convert_data(path, out, to="coco", images=tmp_path / "photos", copy_photos=True, reporter=heard)
    assert (done.photos, done.left_out) == (1, 2)
    assert [one.kind for one in done.problems] == ["missing-image", "image-size"]
    assert [line for line in heard.lines if line.startswith("Problems in")] == [f"Problems in {path}:"]
    assert [image["file_name"] for image in read(out / "annotations.json")["images"]] == ["trip/b.png"]
    assert (out / "images" / "trip" / "b.png").is_file()


@pytest.mark.parametrize("name", ["12:30.png", 'trip "x"/a?.png', "new\nline.png"])
def test_names_that_not_every_file_system_takes_keep_their_classes(tmp_path: Path, name: str) -> None:
    content = document()
    content["images"][0]["file_name"] = name
    path = write(tmp_path, content)
    convert_data(path, tmp_path / "out", to="masks", images=tmp_path / "photos", copy_photos=True)
    back = opened(tmp_path / "out")
    assert back.class_names == ("background", "apple tree", "zebra")
    assert back.problems == []


class Stopping(Reporter):
    """Stops the run after its second photo, as Ctrl-C or a full disk does."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @contextmanager
    def progress(self, *_: object, **__: object) -> Iterator[Callable[[int], None]]:
        def show(done: int) -> None:
            if done == 2:
                raise self.error

        yield show


@pytest.mark.parametrize(
    ("name", "error"),
    [*((name, KeyboardInterrupt()) for name in DATA_FORMATS), ("yolo", OSError(errno.ENOSPC, "No space left"))],
)
def test_nothing_stays_of_a_conversion_that_was_stopped(tmp_path: Path, name: str, error: BaseException) -> None:
    path = write(tmp_path, document())
    before = sorted(tmp_path.rglob("*"))
    options: dict[str, Any] = {"to": name, "images": tmp_path / "photos", "copy_photos": True}
    with pytest.raises(type(error)):
        convert_data(path, tmp_path / "new" / "out", reporter=Stopping(error), **options)
    assert sorted(tmp_path.rglob("*")) == before
    convert_data(path, tmp_path / "out", **options)  # where there is something already, that stays
    there = sorted(tmp_path.rglob("*"))
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(type(error)):
        convert_data(path, tmp_path / "out", reporter=Stopping(error), overwrite=True, **options)
    assert sorted(tmp_path.rglob("*")) == sorted([*there, tmp_path / "out" / "notes.txt"])


def test_files_of_the_input_are_never_replaced(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    with pytest.raises(UsageError, match="belongs to the input"):
        convert_data(path, path, overwrite=True)
    convert_data(path, tmp_path / "photos", to="labelme", images=tmp_path / "photos")
    assert read(tmp_path / "photos" / "trip" / "b.json")["imagePath"] == "b.png"
    before = (tmp_path / "photos" / "a.json").read_bytes()
    with pytest.raises(UsageError, match="belongs to the input"):
        convert_data(tmp_path / "photos", tmp_path / "photos", to="labelme", rename="zebra=horse", overwrite=True)
    assert (tmp_path / "photos" / "a.json").read_bytes() == before
    (tmp_path / "photos").rename(tmp_path / "masks")
    with pytest.raises(UsageError, match=r"a\.png belongs to the input"):
        convert_data(path, tmp_path, to="masks", images=tmp_path / "masks", overwrite=True)


def test_names_that_lead_out_of_the_folder_stay_in_it(tmp_path: Path) -> None:
    content = document()
    content["images"][0]["file_name"] = "../../a.png"
    for image in content["images"]:
        (tmp_path / "in" / "deep" / image["file_name"]).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "in" / "deep" / image["file_name"])
    path = write(tmp_path / "in", content, photos=False)
    for name in ("coco", "labelme", "yolo", "voc"):
        out = tmp_path / "x" / "y" / name
        convert_data(path, out, to=name, images=tmp_path / "in" / "deep", copy_photos=True)
    assert {one.name for one in tmp_path.iterdir()} == {"in", "x", "a.png"}
    assert {one.name for one in (tmp_path / "x" / "y").iterdir()} == {"coco", "labelme", "yolo", "voc"}
    assert (tmp_path / "x" / "y" / "labelme" / "a.json").is_file()


def test_via_gets_sizes_from_its_photos(tmp_path: Path) -> None:
    write(tmp_path, document())
    region = {
        "shape_attributes": {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40},
        "region_attributes": {},
    }
    (tmp_path / "via.json").write_text(json.dumps({"a.png1": {"filename": "a.png", "size": 1, "regions": [region]}}))
    convert_data(tmp_path / "via.json", tmp_path / "out.json", images=tmp_path / "photos")
    [one] = read(tmp_path / "out.json")["annotations"]
    assert (one["bbox"], one["area"]) == ([10, 20, 30, 40], 1200)
    with pytest.raises(MasksegError, match="no picture that can be used"):
        convert_data(tmp_path / "via.json", tmp_path / "none.json")


@pytest.mark.parametrize(
    ("output", "options", "sentence"),
    [
        ("out", {}, "Say it with --to"),
        ("out.json", {"to": "csv"}, "ends in .json"),
        ("out", {"to": "yolov8"}, "did you mean yolo"),
        ("out", {"to": "coco", "copy_photos": True, "link_photos": True}, "contradict"),
        ("out", {"to": "coco", "split": 1.0}, "between 0 and 1"),
        ("out", {"to": "coco", "rename": "zebra"}, "OLD=NEW"),
        ("in.json", {"to": "yolo"}, "needs a folder"),
        ("-", {"to": "coco"}, "standard output"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, output: str, options: dict[str, Any], sentence: str) -> None:
    path = write(tmp_path, document(), photos=False)
    with pytest.raises(UsageError, match=sentence):
        convert_data(path, output if output == "-" else tmp_path / output, **options)
    assert [one.name for one in tmp_path.iterdir()] == ["in.json"]
