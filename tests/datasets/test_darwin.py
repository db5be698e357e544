"""Files of V7 Darwin: polygons of several paths, boxes, and masks of a raster layer to the pixel."""

from __future__ import annotations

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.annotation_file import detect_format
from maskseg_cli.datasets.darwin import darwin_to_coco, is_darwin
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from tests.datasets.samples import picture

HEIGHT, WIDTH = 40, 60

OUTER, HOLE, APART = ([(5, 4), (30, 4), (30, 30), (5, 30)], [(10, 10), (20, 10), (20, 20), (10, 20)],
                      [(40, 4), (50, 4), (50, 9)])  # fmt: skip


def path(corners: Any) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in corners]


def annotation(name: Any, identity: str = "0a", **fields: Any) -> dict[str, Any]:
    return {"id": identity, "name": name, "properties": [], "slot_names": ["0"], **fields}


def polygon(*paths: Any, name: str = "cat") -> dict[str, Any]:
    box = {"x": 5, "y": 4, "w": 25, "h": 26}
    return annotation(name, polygon={"paths": [path(one) for one in paths]}, bounding_box=box)


def raster(labels: NDArray[np.uint8], mapping: dict[str, int]) -> dict[str, Any]:
    """The runs along the rows, as the program writes them."""
    flat = labels.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=flat[0] + 1))
    lengths = np.diff(starts, append=flat.size)
    runs = [int(number) for pair in zip(flat[starts], lengths, strict=True) for number in pair]
    layer = {"dense_rle": runs, "mask_annotation_ids_mapping": mapping, "total_pixels": flat.size}
    return annotation("__raster_layer__", "layer", raster_layer=layer)


def version_2(*annotations: Any, name: str = "a.jpg", folder: str = "/", **slot: Any) -> dict[str, Any]:
    sides = {"type": "image", "slot_name": "0", "width": WIDTH, "height": HEIGHT, "source_files": []}
    item = {"name": name, "path": folder, "source_info": {"item_id": "0"}, "slots": [{**sides, **slot}]}
    return {"version": "2.0", "schema_ref": "schema.json", "item": item, "annotations": list(annotations)}


def write(folder: Path, content: Any, name: str = "a.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))
    return folder


def read(where: Path, images: Path | None = None) -> tuple[dict[str, Any], dict[str, int]]:
    log = ProblemLog()
    return darwin_to_coco(where, images, log), {problem.kind: problem.count for problem in log.problems()}


def mask(record: dict[str, Any]) -> NDArray[np.bool_]:
    return np.asarray(coco_mask.decode(record["segmentation"]), bool)


def test_polygons_of_one_and_of_several_paths(tmp_path: Path) -> None:
    document, problems = read(write(tmp_path, version_2(polygon(OUTER), polygon(OUTER, HOLE), polygon(OUTER, APART))))
    one, holed, apart = document["annotations"]
    assert one["segmentation"] == [[5, 4, 30, 4, 30, 30, 5, 30]]
    assert one["bbox"] == [5, 4, 25, 26]
    wanted = np.zeros((HEIGHT, WIDTH), bool)
    wanted[4:30, 5:30] = True
    wanted[10:20, 10:20] = False
    assert (mask(holed) == wanted).all()
    assert len(apart["segmentation"]) == 2
    assert not problems


def test_version_1(tmp_path: Path) -> None:
    content = {
        "dataset": "d",
        "image": {"filename": "a.jpg", "path": "/trip", "width": WIDTH, "height": HEIGHT, "url": "https://x"},
        "annotations": [
            annotation("cat", polygon={"path": path(OUTER)}),
            annotation("cat", polygon={"path": path(OUTER), "additional_paths": [path(HOLE)]}),
            annotation("dog", complex_polygon={"path": [path(OUTER), path(HOLE)]}),
        ],
    }
    document, problems = read(write(tmp_path, content))
    one, second, third = document["annotations"]
    assert one["segmentation"] == [[5, 4, 30, 4, 30, 30, 5, 30]]
    assert mask(second).sum() == mask(third).sum() == 25 * 26 - 100
    assert document["images"][0] == {"id": 1, "file_name": "trip/a.jpg", "height": HEIGHT, "width": WIDTH}
    assert not problems


def test_masks_of_a_raster_layer(tmp_path: Path) -> None:
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[3:20, 5:18] = 2
    labels[10:14, 8:11] = 0
    labels[30:, 50:] = 1
    content = version_2(
        annotation("cat", "m1", mask={}), annotation("dog", "m2", mask={}), raster(labels, {"m1": 1, "m2": 2})
    )
    document, problems = read(write(tmp_path, content))
    assert [one["name"] for one in document["categories"]] == ["cat", "dog"]
    cat, dog = document["annotations"]
    assert (mask(cat) == (labels == 1)).all()
    assert (mask(dog) == (labels == 2)).all()
    assert (dog["bbox"], dog["area"]) == ([5, 3, 13, 17], 17 * 13 - 12)
    assert not problems


@pytest.mark.parametrize(
    ("radius", "angle", "box"),
    [((10, 4), 0, [10, 16, 20, 8]), ((10, 4), math.pi / 2, [16, 10, 8, 20]), ((8, 8), None, [12, 12, 16, 16])],
)
def test_ellipses(tmp_path: Path, radius: tuple[int, int], angle: float | None, box: list[int]) -> None:
    shape = {"center": {"x": 20, "y": 20}, "radius": dict(zip("xy", radius, strict=True)), "angle": angle}
    if angle is None:
        del shape["angle"]
    picture(write(tmp_path, version_2(annotation("cat", ellipse=shape))) / "a.jpg")
    [example] = open_source(tmp_path, strict=True)
    x, y, width, height = box
    np.testing.assert_allclose(example.boxes, [[x, y, x + width, y + height]], atol=0.05)
    assert example.masks[0].area == pytest.approx(math.pi * radius[0] * radius[1], rel=0.05)


def test_an_ellipse_is_turned_clockwise(tmp_path: Path) -> None:
    shape = {"center": {"x": 20, "y": 20}, "radius": {"x": 10, "y": 1}, "angle": math.pi / 4}
    [record] = read(write(tmp_path, version_2(annotation("cat", ellipse=shape))))[0]["annotations"]
    [points] = record["segmentation"]
    assert len(points) >= 128  # the numbers of 64 corners
    assert points[:2] == pytest.approx([20 + 10 / math.sqrt(2), 20 + 10 / math.sqrt(2)])  # right and below


@pytest.mark.parametrize(
    "shape", [None, [], {"center": {"x": 1, "y": 2}, "radius": {"x": 3}}, {"center": 5, "radius": {"x": 3, "y": 4}},
              {"center": {"x": 1, "y": 2}, "radius": {"x": -3, "y": 4}, "angle": 0},
              {"center": {"x": 1, "y": 2}, "radius": {"x": 3, "y": 4}, "angle": "up"}],
)  # fmt: skip
def test_broken_ellipses(tmp_path: Path, shape: Any) -> None:
    [record] = read(write(tmp_path, version_2(annotation("cat", ellipse=shape))))[0]["annotations"]
    assert isinstance(record["segmentation"], str)


def test_boxes(tmp_path: Path) -> None:
    document, _ = read(write(tmp_path, version_2(annotation("cat", bounding_box={"x": 1.5, "y": 2, "w": 3, "h": 4}))))
    [record] = document["annotations"]
    assert record["bbox"] == [1.5, 2, 3, 4]
    assert "segmentation" not in record


def test_the_folders_of_darwins_program(tmp_path: Path) -> None:
    annotations = tmp_path / "releases" / "latest" / "annotations"
    write(annotations, version_2(polygon(OUTER, HOLE), folder="/trip"))
    picture(tmp_path / "images" / "trip" / "a.jpg")
    assert detect_format(tmp_path) == "darwin"
    for where in (tmp_path, annotations, annotations / "a.json"):
        assert is_darwin(where)
        source = open_source(where, strict=True)
        assert source[0].masks[0].area == 25 * 26 - 100
    assert open_source(annotations, tmp_path / "images", strict=True)[0].name == "a.jpg"


def test_views_of_other_slots_are_passed_over(tmp_path: Path) -> None:
    content = version_2(polygon(OUTER), {**polygon(OUTER), "slot_names": ["1"]})
    content["item"]["slots"].append({**content["item"]["slots"][0], "slot_name": "1"})
    document, _ = read(write(tmp_path, content))
    assert len(document["annotations"]) == 1


def test_broken_records_do_not_stop_the_rest(tmp_path: Path) -> None:
    labels = np.ones((HEIGHT, WIDTH), np.uint8)
    write(
        tmp_path,
        version_2(
            polygon(OUTER),
            "no annotation",
            polygon(OUTER, name=" "),
            annotation("cat", line={"path": path(OUTER)}),
            annotation("cat", ellipse={"center": {"x": 1, "y": 2}}),
            annotation("cat", tag={}),
            annotation("cat", polygon={"paths": [[{"x": 1}]]}),
            annotation("cat", polygon={"paths": 5}),
            annotation("cat", polygon=None),
            annotation("cat", polygon={"paths": [path(OUTER), path([(1, 1), (1e30, 2), (3, 3)])]}),
            annotation("cat", bounding_box={"x": 1, "y": None, "w": 3, "h": 4}),
            annotation("dog", "m1", mask={}),
            raster(labels[:-1], {"m1": 1}),
            annotation("dog", "layer", raster_layer=[]),
        ),
    )
    write(tmp_path, version_2(polygon(OUTER), frame_urls=["https://x"]), "b.json")
    write(tmp_path, {"images": []}, "c.json")
    (tmp_path / "d.json").write_text("{")
    picture(tmp_path / "a.jpg")
    document, problems = read(tmp_path)
    assert problems == {"annotation-file": 2, "video-file": 1, "no-class": 2, "shape-kind": 1}
    source = open_source(tmp_path)
    kinds = {problem.kind: problem.count for problem in source.problems}
    assert (kinds["outline"], kinds["box"]) == (6, 1)
    assert len(source[0]) == 1
    assert document["images"][0]["file_name"] == "a.jpg"


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    document, _ = read(write(tmp_path, version_2(polygon(OUTER), name="../../b.jpg", folder="/../etc")))
    assert document["images"][0]["file_name"] == "etc/b.jpg"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "", "/", ".."])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    document, _ = read(write(tmp_path, version_2(polygon(OUTER), name=name)))
    assert document["images"][0]["file_name"] == (name if len(name) > 2 else "picture")


def test_files_without_an_object_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="no outline or box in it"):
        darwin_to_coco(write(tmp_path, version_2()), None, ProblemLog())


def test_what_is_not_darwin(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"annotations": [], "images": [], "categories": []}')
    (tmp_path / "b.json").write_text("{")
    for where in (tmp_path, tmp_path / "a.json", tmp_path / "b.json", tmp_path / "none", Path("\0")):
        assert not is_darwin(where)


def test_changed_bytes_never_crash_the_reader(tmp_path: Path) -> None:
    labels = np.ones((HEIGHT, WIDTH), np.uint8)
    layer = raster(labels, {"m1": 1})
    content = version_2(polygon(OUTER, HOLE), annotation("dog", "m1", mask={}), layer)
    file = write(tmp_path, content) / "a.json"
    data = file.read_bytes()
    numbers = np.random.default_rng(0)
    for _ in range(150):
        changed = bytearray(data)
        for place in numbers.integers(len(data), size=numbers.integers(1, 5)):
            changed[place] = numbers.choice(list(b'{}[]",:09-.ex \xff'))
        file.write_bytes(changed)
        is_darwin(tmp_path)
        with contextlib.suppress(MasksegError):
            darwin_to_coco(tmp_path, None, ProblemLog())
