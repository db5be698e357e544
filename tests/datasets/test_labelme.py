"""Files of labelme: what its shapes mean, and the same masks as labelme's own reader gives."""

from __future__ import annotations

import base64
import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets.samples import HEIGHT, WIDTH, picture

SQUARE = [[10, 8], [30, 8], [30, 28], [10, 28]]


def shape(label: Any, points: Any, kind: str = "polygon", group: Any = None, **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "group_id": group, "shape_type": kind, "flags": {}, **more}


def ring() -> np.ndarray:
    """A mask of 12 x 16 pixels with a hole and a separate part."""
    mask = np.ones((12, 16), bool)
    mask[4:8, 3:7] = False
    mask[:, 12] = False
    return mask


def mask_shape(label: str, left: int, top: int, mask: np.ndarray, **more: Any) -> dict[str, Any]:
    png = cv2.imencode(".png", mask.astype(np.uint8))[1].tobytes()
    corners = [[left, top], [left + mask.shape[1] - 1, top + mask.shape[0] - 1]]
    return shape(label, corners, "mask", mask=base64.b64encode(png).decode(), **more)


def save(path: Path, *shapes: dict[str, Any], image: str = "1.png", **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": image, "imageData": None}
    path.write_text(json.dumps({**document, "imageHeight": HEIGHT, "imageWidth": WIDTH, **more}))
    picture((path.parent / image.replace("\\", "/")).resolve())
    return path


@pytest.mark.parametrize(
    ("one", "box", "area"),
    [
        (shape("cat", SQUARE), [10, 8, 30, 28], 400),
        (shape("cat", [[5, 6], [25, 16]], "rectangle"), [5, 6, 25, 16], 200),
        (shape("cat", [[20, 20], [26, 28]], "circle"), [10, 10, 30, 30], math.pi * 100),
        (shape("cat", SQUARE, "oriented_rectangle"), [10, 8, 30, 28], 400),
        (mask_shape("cat", 20, 10, ring()), [20, 10, 36, 22], ring().sum()),
    ],
    ids=lambda value: value["shape_type"] if isinstance(value, dict) else "",
)
def test_shapes(tmp_path: Path, one: dict[str, Any], box: list[float], area: float) -> None:
    source = open_source(save(tmp_path / "1.json", one))
    assert (source.class_names, source.problems) == (("background", "cat"), [])
    example = source[0]
    np.testing.assert_allclose(example.boxes, [box], atol=0.1)
    assert example.masks[0].area == pytest.approx(area, rel=0.02)


def test_a_mask_is_the_same_pixels(tmp_path: Path) -> None:
    for corner in ((0, 0), (WIDTH - 16, HEIGHT - 12)):
        [mask] = open_source(save(tmp_path / "1.json", mask_shape("cat", *corner, ring())))[0].masks
        expected = np.zeros((HEIGHT, WIDTH), bool)
        expected[corner[1] : corner[1] + 12, corner[0] : corner[0] + 16] = ring()
        np.testing.assert_array_equal(mask.full(HEIGHT, WIDTH), expected)


def test_shapes_of_a_group_are_one_object(tmp_path: Path) -> None:
    far = [[40, 10], [50, 10], [50, 20], [40, 20]]
    both = [shape("cat", SQUARE, group=3), shape("cat", far, group=3)]
    others = [shape("dog", far, group=3), shape("cat", far), shape("cat", [[1, 1], [5, 1], [5, 6]])]
    example = open_source(save(tmp_path / "1.json", *both, *others))[0]
    assert example.class_ids.tolist() == [1, 2, 1, 1]
    assert [mask.area for mask in example.masks] == [500, 100, 100, example.masks[3].area]
    mixed = [shape("cat", SQUARE, group=0), mask_shape("cat", 40, 10, ring(), group=0)]
    [mask] = open_source(save(tmp_path / "1.json", *mixed))[0].masks
    assert mask.area == 400 + ring().sum()


def test_a_folder_with_pictures_elsewhere(tmp_path: Path) -> None:
    save(tmp_path / "labels" / "a.json", shape("dog", SQUARE), image="..\\photos\\a.png")
    save(tmp_path / "labels" / "more" / "b.json", shape("cat", SQUARE), image="../../photos/b.png")
    save(tmp_path / "labels" / "none.json", image="../photos/none.png")
    (tmp_path / "labels" / "other.json").write_text('{"shapes": 3}')
    for images in (None, tmp_path / "photos"):
        source = open_source(tmp_path / "labels", images)
        assert source.class_names == ("background", "cat", "dog")
        found = [(source[index].name, source[index].class_ids.tolist()) for index in range(len(source))]
        assert found == [("a.png", [2]), ("b.png", [1]), ("none.png", [])]
        assert source.problems == []
    assert len(CocoDataset.read(tmp_path / "labels").annotations) == 2


def test_pictures_that_were_moved(tmp_path: Path) -> None:
    save(tmp_path / "here" / "labels" / "a.json", shape("dog", SQUARE), image="../photos/a.png")
    moved = tmp_path / "far" / "deep" / "photos"
    moved.parent.mkdir(parents=True)
    (tmp_path / "here" / "photos").rename(moved)
    source = open_source(tmp_path / "here" / "labels", moved)
    assert source.images[0].path == moved / "a.png"
    # A picture outside the files' folder is found wherever IMAGES lies.
    save(tmp_path / "here" / "labels" / "a.json", shape("dog", SQUARE), image="../photos/a.png")
    assert open_source(tmp_path / "here" / "labels", moved / "..")[0].class_ids.tolist() == [1]


def test_what_is_left_out(tmp_path: Path) -> None:
    wrong = [
        shape("cat", SQUARE),
        shape("cat", [[3, 3]], "point"),
        shape("cat", [[3, 3], [5, 9]], "line"),
        shape("_background_", SQUARE),
        shape(7, SQUARE),
        shape("cat", [[1, 2], [3]]),
        shape("cat", [["x", 2], [3, 4], [5, 6]]),
        shape("cat", None),
        shape("cat", SQUARE, "star"),
        mask_shape("cat", 20, 10, ring()) | {"mask": "no base64!"},
        mask_shape("cat", 20, 10, ring()) | {"points": [[20, 10], [30, 20]]},
        mask_shape("cat", WIDTH - 4, 10, ring()),
    ]
    source = open_source(save(tmp_path / "1.json", *wrong))
    assert len(source[0].class_ids) == 1
    counts = {problem.kind: problem.count for problem in source.problems}
    assert counts["labelme-line"] == 2
    assert (counts["background"], counts["no-class"]) == (1, 1)
    assert sum(counts.values()) == len(wrong) - 1


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="holds no annotations that can be read; known are COCO"):
        open_source(tmp_path)
    with pytest.raises(MasksegError, match="no shape in it is an object with a label"):
        open_source(save(tmp_path / "1.json"))
    save(tmp_path / "1.json", shape("cat", SQUARE), imageHeight=WIDTH, imageWidth=HEIGHT)
    with pytest.raises(MasksegError, match="another size"):
        open_source(tmp_path / "1.json")


def test_a_broken_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    save(tmp_path / "1.json", shape("cat", SQUARE))
    (tmp_path / "2.json").write_text('{"shapes": [')
    source = open_source(tmp_path)
    assert [(problem.kind, problem.names) for problem in source.problems] == [("annotation-file", ("2.json",))]
    assert source[0].masks[0].area == 400
    with pytest.raises(MasksegError, match=r"2\.json cannot be read: 2\.json is .* the file ends in the middle of it"):
        CocoDataset.read(tmp_path, tmp_path)
    (tmp_path / "1.json").unlink()
    with pytest.raises(MasksegError, match=r"holds no file of labelme: .*labelme's\. 1 annotation files .*: 2\.json"):
        open_source(tmp_path, format="labelme")


def test_rotated_photos_are_upright_as_in_labelme(tmp_path: Path) -> None:
    from PIL import Image

    path = save(tmp_path / "1.json", shape("cat", SQUARE), image="1.jpg", imageHeight=60, imageWidth=40)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "1.jpg", exif=exif)
    assert open_source(path)[0].image.shape == (60, 40, 3)
    if importlib.util.find_spec("labelme") is None:
        pytest.skip("needs labelme, to compare with its own reader")
    # In a process of its own, since it loads Qt; it checks the size of the picture as labelme shows it.
    code = "import sys; from labelme._label_file import read_label_file as read; print(read(sys.argv[1]).shapes[0])"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert str(SQUARE) in done.stdout
