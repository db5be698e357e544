"""COCO annotation files as training data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.picture_files import probe_image
from maskseg_cli.errors import MasksegError
from tests.datasets.samples import HEIGHT, SQUARE, WIDTH, document, picture, write


def kinds(source: Any) -> dict[str, int]:
    return {problem.kind: problem.count for problem in source.problems}


def test_polygons_runs_and_crowds(tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[5:20, 40:60] = True
    packed = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    compressed = {"size": packed["size"], "counts": packed["counts"].decode()}
    plain = {"size": [HEIGHT, WIDTH], "counts": [40 * HEIGHT + 5] + [15, HEIGHT - 15] * 19 + [15, 20]}
    content = document(
        {"segmentation": [SQUARE], "bbox": [9.75, 8.25, 20.5, 20]},
        {"segmentation": compressed, "category_id": 5},
        {"segmentation": plain, "iscrowd": 1, "category_id": 5, "score": 0.25},
    )
    source = read_coco(write(tmp_path, content), tmp_path)
    assert (source.class_names, source.category_ids) == (("background", "cat", "dog"), (0, 7, 5))
    assert not source.problems
    example = source[0]
    np.testing.assert_array_equal(example.image, cv2.imread(str(tmp_path / "1.png")))
    assert example.class_ids.tolist() == [1, 2, -2]
    assert example.weights.tolist() == [1, 1, 0.25]
    assert example.has_mask.all()
    assert example.complete_class_ids is None
    np.testing.assert_allclose(example.boxes, [[9.75, 8.25, 30.25, 28.25], [40, 5, 60, 20], [40, 5, 60, 20]])
    np.testing.assert_array_equal(np.argwhere(example.masks[0].full(HEIGHT, WIDTH))[[0, -1]], [[8, 10], [27, 29]])
    for crop in example.masks[1:]:
        np.testing.assert_array_equal(crop.full(HEIGHT, WIDTH), mask)


def test_boxes_without_outlines(tmp_path: Path) -> None:
    content = document({"segmentation": [], "bbox": [1.5, 2, 10, 5]}, {"bbox": [0, 0, 4, 4]})
    example = read_coco(write(tmp_path, content), tmp_path)[0]
    assert not example.has_mask.any()
    np.testing.assert_allclose(example.boxes, [[1.5, 2, 11.5, 7], [0, 0, 4, 4]])
    assert example.masks[0].area == 11 * 5


def test_an_outline_without_a_pixel_leaves_its_box(tmp_path: Path) -> None:
    sliver = [10, 8, 30, 8, 30, 8.05]
    content = document({"segmentation": [sliver], "bbox": [10, 8, 20, 0.075]}, {"segmentation": [sliver]})
    example = read_coco(write(tmp_path, content), tmp_path)[0]
    assert example.has_mask.tolist() == [False]
    np.testing.assert_allclose(example.boxes, [[10, 8, 30, 8.075]], rtol=1e-6)


def test_partial_annotation(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, images=2)
    content["images"][0]["complete_classes"] = [5]
    source = read_coco(write(tmp_path, content, 2), tmp_path)
    assert source[0].complete_class_ids == {2}
    assert source[1].complete_class_ids is None
    assert len(source[1]) == 0
    # of a network with more classes those that the file does not have may be anywhere
    source = read_coco(tmp_path / "annotations.json", tmp_path, COCO_CLASSES)
    cat, dog = COCO_CLASSES.index("cat"), COCO_CLASSES.index("dog")
    assert source[0].complete_class_ids == {dog}
    assert source[1].complete_class_ids == {cat, dog}


def test_classes_by_name_in_either_spelling(tmp_path: Path) -> None:
    names = ("TVmonitor", "motorbike", "unicorn")
    content = document(*({"segmentation": [SQUARE], "category_id": category} for category in (7, 5, 3)), names=names)
    source = read_coco(write(tmp_path, content), tmp_path, COCO_CLASSES)
    tv, motorcycle = COCO_CLASSES.index("tv"), COCO_CLASSES.index("motorcycle")
    assert source.class_names == COCO_CLASSES
    assert source[0].class_ids.tolist() == [tv, motorcycle]
    assert (source.category_ids[tv], source.category_ids[motorcycle], sum(source.category_ids)) == (7, 5, 12)
    assert kinds(source) == {"unknown-class": 1}
    with pytest.raises(MasksegError, match="no class in common"):
        read_coco(tmp_path / "annotations.json", tmp_path, ("background", "fish"))


def test_open_source_keeps_the_order_of_a_network_of_the_same_classes(tmp_path: Path) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE]}))
    network = ("background", "Dog", "Cat")
    assert open_source(path, known_classes=network).class_names == network
    assert open_source(path, tmp_path, known_classes=COCO_CLASSES).class_names == ("background", "cat", "dog")
    with pytest.raises(MasksegError, match="There is no folder"):
        open_source(path, tmp_path / "elsewhere")


def broken_annotations() -> list[tuple[dict[str, Any], str | None]]:
    far = [100, 100, 120, 100, 120, 120]
    return [
        ({"segmentation": [[1, 1, 5, 5]]}, "object-empty"),
        ({"segmentation": [[]]}, "object-empty"),
        ({"segmentation": [[1, 1, 2, 2, 3, 3]]}, "outline"),
        ({"segmentation": [[1, 1, 9, 1, 9, float("nan")]]}, "outline-number"),
        ({"segmentation": "everything"}, "outline"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [3, 4]}}, "outline-length"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH]}}, "object-empty"),
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": "no runs"}}, "outline"),
        ({"segmentation": {"size": [HEIGHT, 9], "counts": [9, 9, HEIGHT * 9 - 18]}}, "outline-size"),
        ({"segmentation": [far]}, "box-outside"),
        ({"bbox": [70, 5, 10, 10]}, "box-outside"),
        ({"bbox": [5, 5, 0, 10]}, "object-empty"),
        ({"bbox": [5, 5, float("nan"), 10]}, "box"),
        ({}, "object-empty"),
        ({"bbox": [5, 5, -1, 10]}, "box"),
        ({"segmentation": [SQUARE], "category_id": 99}, "unknown-category"),
        ({"segmentation": [SQUARE], "image_id": 99}, "unknown-image"),
        ({"segmentation": [SQUARE], "id": 1}, "repeated-annotation"),
        ({"segmentation": [SQUARE], "image_id": [1]}, "unknown-image"),
        ({"segmentation": [SQUARE], "category_id": True}, "unknown-category"),
    ]


@pytest.mark.parametrize(("annotation", "kind"), broken_annotations())
def test_bad_annotations_are_named_and_left_out(tmp_path: Path, annotation: dict[str, Any], kind: str) -> None:
    content = document({"segmentation": [SQUARE]}, annotation, annotation | {"id": annotation.get("id", 3), "note": 2})
    if kind == "repeated-annotation":
        del content["annotations"][2]["note"]
    path = write(tmp_path, content)
    source = read_coco(path, tmp_path)
    assert kinds(source) == {kind: 2}
    assert "annotation" in source.problems[0].message
    assert len(source[0]) == 1
    with pytest.raises(MasksegError, match=r"Problems in .*\n  2 "):
        read_coco(path, tmp_path, strict=True)


def test_what_can_be_mended_is_mended(tmp_path: Path) -> None:
    content = document(
        {"segmentation": [SQUARE, [1, 2, 3]]},
        {"bbox": [50, 30, 20, 5.5]},
        {"segmentation": [SQUARE], "bbox": [0, 0, 3, 3]},
        {"segmentation": [SQUARE], "bbox": [0, 0, 0, 0]},
        {"segmentation": [SQUARE], "bbox": [0, 0, "three", 3]},
        {"segmentation": [SQUARE], "bbox": [0, 0, -3, 3]},
    )
    source = read_coco(write(tmp_path, content), tmp_path)
    assert kinds(source) == {"outline-part": 1, "box-over-edge": 1, "box-differs": 1, "box-broken": 2}
    square = [10, 8, 30, 28]
    np.testing.assert_allclose(source[0].boxes, [square, [50, 30, 60, 35.5], *[square] * 4])


def test_objects_that_share_an_id_are_kept(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, {"bbox": [1, 2, 3, 4], "id": 1}, {"bbox": [1, 2, 3, 5], "id": "1"})
    source = read_coco(write(tmp_path, content), tmp_path)
    assert kinds(source) == {"duplicate-annotation-id": 2}
    assert len(source[0]) == 3


def test_the_background_is_no_class(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]}, {"segmentation": [SQUARE], "category_id": 5}, names=("cat", "BG"))
    source = read_coco(write(tmp_path, content), tmp_path)
    assert source.class_names == ("background", "cat")
    assert kinds(source) == {"background": 1}


def test_bad_images_are_named_and_left_out(tmp_path: Path) -> None:
    content = document(*({"segmentation": [SQUARE], "image_id": number} for number in range(1, 8)), images=7)
    images = content["images"]
    write(tmp_path, content, 7)
    (tmp_path / "2.png").unlink()
    (tmp_path / "3.png").write_text("<html>")
    whole = (tmp_path / "4.png").read_bytes()
    (tmp_path / "4.png").write_bytes(whole[: len(whole) // 2])
    picture(tmp_path / "5.png", HEIGHT, WIDTH + 1)
    images[5]["id"] = 7
    del images[0]["file_name"]
    path = write(tmp_path / "json", content, 0)
    source = read_coco(path, tmp_path)
    assert kinds(source) == {
        "missing-image": 1,
        "unreadable-image": 2,
        "image-size": 1,
        "image-record": 1,
        "duplicate-image-id": 1,
        "unknown-image": 1,
    }
    assert [problem.names for problem in source.problems[:3]] == [
        ("2.png",),
        ("3.png", "4.png"),
        (f"5.png ({WIDTH + 1} x {HEIGHT}, not {WIDTH} x {HEIGHT})",),
    ]
    assert [(image.id, image.path.name) for image in source.images] == [(7, "6.png")]
    with pytest.raises(MasksegError, match="2 image files that are no picture, damaged or cut off") as refused:
        read_coco(path, tmp_path, strict=True)
    assert str(refused.value).count("\n") == 6


def test_only_the_first_names_are_told(tmp_path: Path) -> None:
    content = document(*({"segmentation": [SQUARE], "category_id": 99} for _ in range(50)))
    [unknown, nothing] = read_coco(write(tmp_path, content), tmp_path).problems
    assert unknown.message == (
        "50 annotations of a category that is not in the file (left out): annotation 1, annotation 2, annotation 3 ..."
    )
    assert (nothing.kind, nothing.message) == ("no-objects", "no object at all is annotated")


def test_no_picture_at_all(tmp_path: Path) -> None:
    path = write(tmp_path / "json", document({"segmentation": [SQUARE]}), 0)
    with pytest.raises(MasksegError, match=r"(?s)gives no picture that can be used.*1 image files that are not there"):
        read_coco(path, tmp_path)


def test_a_photo_lying_on_its_side(tmp_path: Path) -> None:
    content = document({"segmentation": [SQUARE]})
    content["images"][0]["file_name"] = "side.jpg"
    path = write(tmp_path, content)
    image = Image.fromarray(np.zeros((WIDTH, HEIGHT, 3), np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "side.jpg", exif=exif)
    source = read_coco(path, tmp_path)
    assert not source.problems
    assert source[0].size == (HEIGHT, WIDTH)


def test_a_large_file_is_read_at_its_ends_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
    for suffix in (".jpg", ".png", ".webp", ".bmp"):
        path = tmp_path / f"noise{suffix}"
        data = cv2.imencode(suffix, noise)[1].tobytes()
        path.write_bytes(data)
        assert len(data) > 1 << 16
        header = probe_image(path)
        assert header is not None
        assert (header.width, header.height, header.complete) == (400, 400, True)
        if suffix != ".bmp":
            path.write_bytes(data[: len(data) // 2])
            header = probe_image(path)
            assert header is not None
            assert not header.complete


def test_a_picture_that_vanishes_later_gets_a_sentence(tmp_path: Path) -> None:
    source = read_coco(write(tmp_path, document({"segmentation": [SQUARE]})), tmp_path)
    picture(tmp_path / "1.png", 9, 9)
    with pytest.raises(MasksegError, match=r"1\.png has 9 x 9 pixels, but its annotations are for 60 x 40"):
        source[0]
    (tmp_path / "1.png").unlink()
    with pytest.raises(MasksegError, match=r"1\.png cannot be read"):
        source[0]


def test_real_data(shared: Path) -> None:
    folder = shared / "data/coco"
    source = read_coco(folder / "instances_val.json", folder / "val", COCO_CLASSES, strict=True)
    assert len(source) == 100
    assert sum(len(image.objects) for image in source.images) == 746
    example = source[0]
    assert [source.class_names[i] for i in example.class_ids[:2]] == ["potted plant", "tv"]
    np.testing.assert_allclose(example.boxes[0], [236.98, 142.51, 261.68, 212.01], atol=0.01)
