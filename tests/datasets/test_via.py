"""Files of the VGG Image Annotator."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.via import read_via
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets.samples import write

POLYGON = {"name": "polygon", "all_points_x": [10, 30, 30, 10], "all_points_y": [8, 8, 28, 28]}
LOWER = POLYGON | {"all_points_y": [9, 9, 29, 29]}


def region(shape: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes}


def entry(name: str, *regions: dict[str, Any], version: int = 2) -> dict[str, Any]:
    listed = list(regions) if version == 2 else {str(number): one for number, one in enumerate(regions)}
    return {"filename": name, "size": 123, "regions": listed, "file_attributes": {}}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("project", [False, True])
def test_balloons(tmp_path: Path, version: int, project: bool) -> None:
    content: dict[str, Any] = {
        "1.png123": entry("1.png", region(POLYGON), region(LOWER), version=version),
        "2.png123": entry("2.png", version=version),
    }
    if project:
        content = {"_via_settings": {}, "_via_img_metadata": content, "_via_attributes": {"region": {}}}
    source = read_via(write(tmp_path, content, 2), class_name="balloon")
    assert source.class_names == ("background", "balloon")
    assert (len(source), source.problems) == (1, [])
    example = source[0]
    assert example.class_ids.tolist() == [1, 1]
    np.testing.assert_array_equal(example.boxes, [[10, 8, 30, 28], [10, 9, 30, 29]])
    assert example.masks[0].area == 400


@pytest.mark.parametrize(
    ("shape", "box", "area"),
    [
        ({"name": "rect", "x": 5, "y": 6, "width": 20, "height": 10}, [5, 6, 25, 16], 200),
        ({"name": "circle", "cx": 20, "cy": 20, "r": 10}, [10, 10, 30, 30], math.pi * 100),
        ({"name": "ellipse", "cx": 30, "cy": 20, "rx": 20, "ry": 10}, [10, 10, 50, 30], math.pi * 200),
        (
            {"name": "ellipse", "cx": 30, "cy": 20, "rx": 16, "ry": 8, "theta": math.pi / 2},
            [22, 4, 38, 36],
            math.pi * 128,
        ),
        ({**POLYGON, "name": "polyline"}, [10, 8, 30, 28], 400),
    ],
)
def test_every_shape(tmp_path: Path, shape: dict[str, Any], box: list[float], area: float) -> None:
    source = read_via(write(tmp_path, {"a": entry("1.png", region(shape))}))
    assert [problem.message for problem in source.problems] == [
        "1 regions without an attribute that names a class (all of the class object)"
    ]
    example = source[0]
    np.testing.assert_allclose(example.boxes[0], box, atol=1)
    assert example.masks[0].area == pytest.approx(area, rel=0.05)


@pytest.mark.parametrize("value", [True, 1.5, ["mango"], "", None])
def test_an_attribute_that_names_no_class_is_said(tmp_path: Path, value: Any) -> None:
    source = read_via(write(tmp_path, {"a": entry("1.png", region(POLYGON, ripe=value))}))
    assert source.class_names[1:] == ("object",)
    assert [problem.message for problem in source.problems] == [
        "1 regions without an attribute that names a class (all of the class object)"
    ]


def test_classes_from_an_attribute(tmp_path: Path) -> None:
    regions = [
        region(POLYGON, type="mango", label="ripe"),
        region(POLYGON, type={"apple": True, "mango": False}),
        region(POLYGON, label="green"),
    ]
    content = {"_via_img_metadata": {"a": entry("1.png", *regions)}}
    path = write(tmp_path, content)
    source = read_via(path)
    assert source.class_names == ("background", "green", "ripe")  # "label" comes before "type"
    assert source[0].class_ids.tolist() == [2, 1]
    assert [(problem.kind, problem.count) for problem in source.problems] == [("no-class", 1)]
    source = read_via(path, attribute="type")
    assert source.class_names == ("background", "apple", "mango")
    assert source[0].class_ids.tolist() == [2, 1]
    with pytest.raises(MasksegError, match="regions without a class"):
        read_via(path, strict=True)
    with pytest.raises(UsageError, match="has the attribute 'colour'"):
        read_via(path, attribute="colour")
    assert read_via(path, attribute="type", class_names=("background", "Mango", "apple"))[0].class_ids.tolist() == [
        1,
        2,
    ]


def test_one_of_several_attributes_must_be_named(tmp_path: Path) -> None:
    regions = [region(POLYGON, species="disc", ripe="yes"), region(POLYGON, species="tile", ripe="no")]
    path = write(tmp_path, {"a": entry("1.png", *regions)})
    for read in (read_via, open_source, CocoDataset.read):
        with pytest.raises(UsageError, match=r"have the attributes species, ripe: name .* with --via-attribute"):
            read(path)
    assert read_via(path, attribute="species").class_names == ("background", "disc", "tile")
    assert open_source(path, attribute="ripe").class_names == ("background", "no", "yes")
    assert CocoDataset.read(path, tmp_path, attribute="species").categories == {1: "disc", 2: "tile"}
    with pytest.raises(UsageError, match="has the attribute 'kind'; they have species, ripe"):
        read_via(path, attribute="kind")


@pytest.mark.parametrize("values", [("disc", "Tile"), ("1", "yes"), ("true", True)])
def test_attributes_may_be_the_classes(tmp_path: Path, values: tuple[Any, Any]) -> None:
    regions = [region(POLYGON, disc=values[0]), region(POLYGON, tile=values[1]), region(POLYGON)]
    content = {"a": entry("1.png", *regions)}
    if values[1] is True:  # a box that is ticked
        regions[1]["region_attributes"] = {"tile": {"tile": True}}
    source = read_via(write(tmp_path, content))
    assert source.class_names == ("background", "disc", "tile")
    assert source[0].class_ids.tolist() == [1, 2]
    assert [(problem.kind, problem.count) for problem in source.problems] == [("no-class", 1)]


def test_points_and_wild_numbers(tmp_path: Path) -> None:
    shapes: list[Any] = [
        {"name": "point", "cx": 3, "cy": 3},
        {"name": "circle", "cx": 20, "cy": 20, "r": 1e300},
        {"name": "rect", "x": float("nan"), "y": 1, "width": 3, "height": 3},
        {"name": "circle", "cx": 10**400, "cy": 20, "r": 1},
    ]
    path = write(tmp_path, {"a": entry("1.png", region(POLYGON), *map(region, shapes))})
    source = read_via(path, class_name="balloon")
    assert {problem.kind: problem.count for problem in source.problems} == {
        "point": 1,
        "outline": 1,
        "outline-number": 2,
    }
    assert len(source[0]) == 1
    with pytest.raises(MasksegError, match=r"annotation number 2 of 1\.png has an outline with the number"):
        CocoDataset.read(path, tmp_path)
    path = write(tmp_path, {"a": entry("1.png", region(POLYGON), region(shapes[0]))})
    assert [problem.kind for problem in CocoDataset.read(path, tmp_path, "balloon").problems] == ["point"]


def test_the_order_of_a_projects_options(tmp_path: Path) -> None:
    options = {"region": {"kind": {"options": {"zebra": "", "ant": ""}}}}
    content = {"_via_attributes": options, "_via_img_metadata": {"a": entry("1.png", region(POLYGON, kind="ant"))}}
    source = read_via(write(tmp_path, content))
    assert source.class_names == ("background", "zebra", "ant")
    assert source[0].class_ids.tolist() == [2]


def test_broken_shapes(tmp_path: Path) -> None:
    shapes: list[Any] = [
        {"name": "point", "cx": 3, "cy": 3},
        {"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1, 2]},
        {"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 2]},
        {"name": "circle", "cx": 3, "cy": 3, "r": 0},
        {"name": "rect", "x": 3},
        {},
    ]
    path = write(tmp_path, {"a": entry("1.png", *map(region, shapes), region(POLYGON))})
    source = read_via(path, class_name="balloon")
    assert [(problem.kind, problem.count) for problem in source.problems] == [
        ("point", 1),
        ("outline", len(shapes) - 2),
        ("object-empty", 1),
    ]
    assert len(source[0]) == 1


def test_open_source_tells_the_formats_apart(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": entry("1.png", region(POLYGON))})
    assert open_source(path, class_name="balloon").class_names == ("background", "balloon")
    assert open_source("shapes", shapes=(3, 64))[0].size == (64, 64)
    path.write_text('{"a": 1}')
    with pytest.raises(MasksegError, match="no list of images"):
        open_source(path)
    with pytest.raises(MasksegError, match="is not a file of the VGG Image Annotator"):
        read_via(path)


@pytest.mark.parametrize("project", [False, True])
def test_a_foreign_entry(tmp_path: Path, project: bool) -> None:
    content: dict[str, Any] = {"a": entry("1.png", region(POLYGON, kind="ant")), "notes": {"author": "me"}}
    path = write(tmp_path, {"_via_img_metadata": content} if project else content)
    source = read_via(path)
    assert (len(source), [(one.kind, one.names) for one in source.problems]) == (
        1,
        [("via-entry", ("the entry 'notes'",))],
    )
    with pytest.raises(MasksegError, match="the entry 'notes' is no picture of VIA"):
        CocoDataset.read(path, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"_via_settings": {}, "_via_img_metadata": {}, "_via_attributes": {}}, "it holds no picture"),
        ({"a": entry("1.png")}, "none of its 1 pictures has a region"),
        ({"_via_img_metadata": {"a": entry("1.png"), "b": entry("2.png")}}, "none of its 2 pictures has a region"),
    ],
)
def test_without_a_region(tmp_path: Path, content: Any, words: str) -> None:
    path = write(tmp_path, content)
    for read in (open_source, CocoDataset.read):
        with pytest.raises(MasksegError, match=f"Image Annotator without any object: {words}. Mark the objects"):
            read(path)


def test_two_classes_ticked(tmp_path: Path) -> None:
    regions = [
        region(POLYGON, kind={"ant": True, "bee": True}),
        region(LOWER, kind={"ant": False, "bee": "true"}),
    ]
    path = write(tmp_path, {"a": entry("1.png", *regions)})
    source, dataset = read_via(path), CocoDataset.read(path, tmp_path)
    assert source[0].class_ids.tolist() == [1, 2]
    for problems in (source.problems, dataset.problems):
        assert [problem.message for problem in problems] == [
            "1 regions with more than one class ticked (the first of them taken): 1.png"
        ]
