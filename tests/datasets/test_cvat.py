"""CVAT's XML files: what its shapes mean, tracks, pictures, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli import Detections
from maskseg_cli.datasets import cvat_tracks
from maskseg_cli.datasets.annotation_file import detect_format, read_annotations
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation import CocoDataset
from maskseg_cli.export.cvat_images import CvatImages
from maskseg_cli.export.cvat_tracks import CvatTracks
from tests.datasets.samples import HEIGHT, WIDTH, picture
from tests.export.samples import NAMES, found, photo_frame, video_frame
from tests.export.test_mask_polygons import iou

#: As CVAT 2 writes it, but for what is not read.
META = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>5</id>
      <name>coins</name>
      <size>2</size>
      <mode>{mode}</mode>
      <labels>
        <label><name>dog</name><color>#33ddff</color><type>any</type><attributes></attributes></label>
        <label><name>cat</name><type>polygon</type><attributes></attributes></label>
        <label><name>face</name><type>skeleton</type><attributes></attributes></label>
        <label><name>eye</name><type>points</type><parent>face</parent></label>
      </labels>
      {size}
    </task>
    <dumped>2024-05-07 10:11:12.131415+00:00</dumped>
  </meta>
"""

CORNERS = "10.00,8.00;30.00,8.00;30.00,28.00;10.00,28.00"
SQUARE = f'<polygon label="cat" source="manual" occluded="0" points="{CORNERS}" z_order="0"/>'
FAR = SQUARE.replace(CORNERS, "40,10;50,10;50,20;40,20")
GROUPED = 'group_id="3" z_order'


def save(folder: Path, *shapes: str, name: str = "1.png", at: str = "1.png") -> Path:
    image = f'<image id="0" name="{name}" subset="default" task_id="5" width="{WIDTH}" height="{HEIGHT}">'
    path = folder / "annotations.xml"
    picture(folder / at)
    path.write_text(f"{META.format(mode='annotation', size='')}{image}{''.join(shapes)}</image></annotations>")
    return path


def tracks(folder: Path, *elements: str, size: bool = True) -> Path:
    given = f"<original_size><width>{WIDTH}</width><height>{HEIGHT}</height></original_size>" if size else ""
    path = folder / "film.xml"
    path.write_text(META.format(mode="interpolation", size=given) + "".join(elements) + "</annotations>")
    return path


@pytest.mark.parametrize(
    ("shape", "box", "area"),
    [
        (SQUARE, [10, 8, 30, 28], 400),
        ('<mask label="cat" rle="1, 2, 3" left="20" top="10" width="3" height="2"/>', [21, 10, 23, 11], 2),
        ('<ellipse label="cat" cx="20.00" cy="20.00" rx="10.00" ry="10.00"/>', [10, 10, 30, 30], math.pi * 100),
        ('<ellipse label="cat" cx="20" cy="20" rx="15" ry="5" rotation="90.00"/>', [15, 5, 25, 35], math.pi * 75),
        ('<box label="cat" xtl="5.50" ytl="6.00" xbr="25.50" ybr="16.00"/>', [5.5, 6, 25.5, 16], 210),
        ('<box label="cat" xtl="15" ytl="10" xbr="25" ybr="30" rotation="90.00"/>', [10, 15, 30, 25], 200),
        (SQUARE.replace("z_order", GROUPED) + FAR.replace("z_order", GROUPED), [10, 8, 50, 28], 500),
    ],
    ids=["polygon", "mask", "circle", "ellipse", "box", "rotated", "group"],
)
def test_shapes(tmp_path: Path, shape: str, box: list[float], area: float) -> None:
    source = open_source(save(tmp_path, shape))
    assert (source.class_names, source.problems) == (("background", "dog", "cat"), [])
    [example] = source
    np.testing.assert_allclose(example.boxes, [box], atol=0.1)
    assert example.masks[0].area == pytest.approx(area, rel=0.03)
    assert example.class_ids.tolist() == [2]
    assert example.has_mask.tolist() == ["<box" not in shape]


def test_a_group_of_a_mask_and_a_polygon_is_one_object(tmp_path: Path) -> None:
    mask = '<mask label="cat" rle="0, 6" left="50" top="30" width="3" height="2" group_id="3"/>'
    [example] = open_source(save(tmp_path, SQUARE.replace("z_order", GROUPED), mask, FAR))
    assert [one.area for one in example.masks] == [406, 100]


@pytest.mark.parametrize(
    ("name", "at"),
    [("1.png", "images/1.png"), ("a/1.png", "images/a/1.png"), ("1", "1.png"), ("1", "images/1.png"),
     ("1.png", "images/default/1.png")],
)  # fmt: skip
def test_pictures_of_an_archive(tmp_path: Path, name: str, at: str) -> None:
    path = save(tmp_path, SQUARE, name=name, at=at)
    assert detect_format(path) == detect_format(tmp_path) == "cvat"
    for given, images in ((path, None), (tmp_path, None), (path, tmp_path / at.split("/")[0])):
        if images is None or images.is_dir():
            source = open_source(given, images)
            assert source.images[0].path == tmp_path / at  # type: ignore[attr-defined]
            assert source[0].masks[0].area == 400


def test_tracks(tmp_path: Path) -> None:
    for number in (0, 1, 2, 4, 9):
        picture(tmp_path / "images" / f"frame_{number:06d}.png")
    track = '<track id="7" label="cat" source="manual">{}</track>'
    polygon = '<polygon frame="{}" keyframe="1" outside="{}" occluded="0" points="10,8;30,8;30,28;10,28" z_order="0"/>'
    mask = '<mask frame="4" keyframe="1" outside="0" rle="0, 6" left="50" top="30" width="3" height="2"/>'
    for size in (True, False):
        path = tracks(
            tmp_path,
            track.format(polygon.format(0, 0) + polygon.format(1, 1)),
            track.format(polygon.format(4, 0)).replace("7", "8"),
            track.format(mask + mask.replace('frame="4"', 'frame="12"')).replace("cat", "dog"),
            size=size,
        )
        assert detect_format(path) == "cvat"
        source = open_source(path)
        named = [(example.name, example.class_ids.tolist()) for example in source]
        assert named == [
            ("frame_000000.png", [2]), ("frame_000001.png", []), ("frame_000002.png", []), ("frame_000004.png", [2, 1]),
            ("frame_000009.png", [1]),
        ]  # fmt: skip
        assert [mask.area for mask in source[3].masks] == [400, 6]
        kinds = [(problem.kind, problem.count) for problem in source.problems]
        assert kinds == [("missing-image", 1), ("track-held", 1)]
    assert [image["id"] for image in read_annotations(path, ProblemLog())["images"]] == [1, 2, 3, 5, 10, 13]
    records = read_annotations(path, ProblemLog())["annotations"]
    assert [record["track_id"] for record in records] == [7, 8, 7, 7, 7]


def key_frames(folder: Path, *shapes: str, present: range = range(11), strict: bool = False) -> dict[int, list[float]]:
    """Number of each frame -> the boxes of its objects."""
    for number in present:
        picture(folder / f"frame_{number:06d}.png")
    elements = "".join(f'<track id="{number}" label="cat">{some}</track>' for number, some in enumerate(shapes))
    source = open_source(tracks(folder, elements), strict=strict)
    return {int(example.name[6:12]): example.boxes.ravel().tolist() for example in source}


BOX = '<box frame="{}" outside="{}" xtl="{}" ytl="10" xbr="{}" ybr="20" rotation="{}"/>'


def test_boxes_move_evenly_between_key_frames(tmp_path: Path) -> None:
    shapes = BOX.format(0, 0, 10, 20, 0) + BOX.format(4, 0, 18, 30, 0) + BOX.format(6, 1, 18, 30, 0)
    found = key_frames(tmp_path, shapes, BOX.format(10, 0, 0, 5, 0), strict=True)
    assert found == {
        0: [10, 10, 20, 20], 1: [12, 10, 22.5, 20], 2: [14, 10, 25, 20], 3: [16, 10, 27.5, 20], 4: [18, 10, 30, 20],
        5: [18, 10, 30, 20], 6: [], 7: [], 8: [], 9: [], 10: [0, 10, 5, 20],
    }  # fmt: skip
    kinds = {one.kind: one.count for one in open_source(tmp_path / "film.xml").problems}
    assert kinds == {"track-moved": 4}


def test_ellipses_turn_the_shorter_way(tmp_path: Path) -> None:
    ellipse = '<ellipse frame="{}" outside="0" cx="{}" cy="20" rx="10" ry="5" rotation="{}"/>'
    found = key_frames(tmp_path, ellipse.format(0, 20, 350) + ellipse.format(2, 24, 10), present=range(3))
    np.testing.assert_allclose(found[1], [12, 15, 32, 25], atol=0.1)  # not turned by 180 degrees, nor upright


def test_other_outlines_stay_until_the_next_key_frame(tmp_path: Path) -> None:
    polygon = '<polygon frame="{}" outside="{}" points="{x},8;30,8;30,28;{x},28"/>'
    shapes = polygon.format(1, 0, x=10) + polygon.format(4, 0, x=20) + polygon.format(6, 1, x=20)
    found = key_frames(tmp_path, shapes, polygon.format(8, 0, x=0))
    assert {number: boxes[:1] for number, boxes in found.items()} == {
        1: [10], 2: [10], 3: [10], 4: [20], 5: [20], 6: [], 7: [], 8: [0]
    }  # fmt: skip
    [problem] = open_source(tmp_path / "film.xml").problems
    assert problem.message.startswith("3 outlines between two key frames of a track (that of the key frame before")
    with pytest.raises(MasksegError, match="3 outlines between two key frames"):
        key_frames(tmp_path, shapes, polygon.format(8, 0, x=0), strict=True)


def test_only_frames_that_are_there_are_filled(tmp_path: Path) -> None:
    shapes = BOX.format(0, 0, 10, 20, 0) + BOX.format(10**8, 0, 10, 20, 0)
    document = read_annotations(tracks(tmp_path, f'<track id="0" label="cat">{shapes}</track>'), ProblemLog())
    assert [image["id"] for image in document["images"]] == [1, 10**8 + 1]
    # A frame without a picture of its own is one where another track has a shape there.
    found = f'<track id="0" label="cat">{shapes}</track><track id="1" label="dog">{BOX.format(5, 0, 1, 2, 0)}</track>'
    document = read_annotations(tracks(tmp_path, found), ProblemLog())
    assert [one["image_id"] for one in document["annotations"]] == [1, 6, 6, 10**8 + 1]


def test_broken_key_frames_move_nothing(tmp_path: Path) -> None:
    broken = BOX.format(0, 0, "x", 20, 0) + BOX.format(2, 0, 10, 20, 0)
    polyline = '<polyline frame="0" outside="0" points="1,1;5,5"/>'
    found = key_frames(tmp_path, broken, polyline + polyline.replace("0", "2", 1), present=range(3))
    assert found == {0: [], 1: [], 2: [10, 10, 20, 20]}
    kinds = {one.kind: one.count for one in open_source(tmp_path / "film.xml").problems}
    assert kinds == {"box": 2, "shape-kind": 2, "track-held": 1}


def test_more_shapes_than_memory_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_tracks, "_MOST_BETWEEN", 3)
    with pytest.raises(MasksegError, match="more than 3 shapes between the key frames"):
        key_frames(tmp_path, BOX.format(0, 0, 10, 20, 0) + BOX.format(10, 0, 10, 20, 0))


def test_frames_with_other_names(tmp_path: Path) -> None:
    picture(tmp_path / "film" / "000003.png")
    picture(tmp_path / "other" / "000003.png")
    polygon = '<polygon frame="3" outside="0" points="10,8;30,8;30,28;10,28"/>'
    path = tracks(tmp_path, f'<track id="0" label="cat">{polygon}</track>')
    assert open_source(path).images[0].path == tmp_path / "film" / "000003.png"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ('<polyline label="cat" points="1,1;5,5"/>', "shape-kind"),
        ('<points label="cat" points="1,1"/>', "shape-kind"),
        ('<skeleton label="cat"><points label="eye" points="1,1"/></skeleton>', "shape-kind"),
        ('<polygon label=" " points="1,1;5,5;1,5"/>', "no-class"),
        ('<polygon points="1,1;5,5;1,5"/>', "no-class"),
        ('<polygon label="cat"/>', "outline"),
        ('<polygon label="cat" points="1,1;5;1,5,5"/>', "outline"),
        ('<polygon label="cat" points="1,1;nan,5;1,5"/>', "outline"),
        ('<polygon label="cat" points="1,1;1e300,5;1,5"/>', "outline-number"),
        ('<mask label="cat" rle="0, 5" left="1" top="1" width="3" height="2"/>', "outline"),
        ('<mask label="cat" rle="7, -1" left="1" top="1" width="3" height="2"/>', "outline"),
        ('<mask label="cat" rle="0, 6" left="58" top="1" width="3" height="2"/>', "outline"),
        ('<mask label="cat" rle="0, 10000000000" left="0" top="0" width="100000" height="100000"/>', "outline"),
        ('<ellipse label="cat" cx="20" cy="20" rx="x" ry="5"/>', "outline"),
        ('<box label="cat" xtl="5" ytl="6" xbr="25"/>', "box"),
        (f'</image><image id="9" width="{WIDTH}" height="{HEIGHT}">', "image-record"),
    ],
)  # fmt: skip
def test_a_bad_record_does_not_stop_the_rest(tmp_path: Path, shape: str, kind: str) -> None:
    source = open_source(save(tmp_path, SQUARE, shape))
    assert [(problem.kind, problem.count) for problem in source.problems] == [(kind, 1)]
    assert [mask.area for mask in source[0].masks] == [400]


def test_a_frame_without_a_number(tmp_path: Path) -> None:
    picture(tmp_path / "frame_000000.png")
    shape = '<polygon frame="{}" outside="0" points="10,8;30,8;30,28;10,28"/>'
    body = "".join(map(shape.format, ("0", "-1", "x", "9" * 30)))
    source = open_source(tracks(tmp_path, f'<track id="0" label="cat"><attribute name="a">b</attribute>{body}</track>'))
    assert [(problem.kind, problem.count) for problem in source.problems] == [("frame-number", 3)]
    with pytest.raises(MasksegError, match="track '0' has the frame '-1'"):
        CocoDataset.read(tmp_path / "film.xml", tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (META.format(mode="", size="") + "</annotations>", "without any image and any object in a track"),
        (META.format(mode="", size=""), "is no well-formed XML"),
        ("<annotations><image name='1.png'/></annotations>", "no shape in it is an object with a label"),
        ("<a><annotations></annotations></a>", "its root is <a>, not <annotations>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotations>&b;</annotations>", "document type declaration"),
        ("<annotations><track task_id='1'/><track task_id='2'/></annotations>", "tracks of several videos"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    for read in (open_source, CocoDataset.read):
        with pytest.raises(MasksegError, match=words) as caught:
            read(tmp_path / "a.xml")
        assert "\n" not in str(caught.value)


def test_exported_images_are_read_back(tmp_path: Path) -> None:
    empty = Detections.empty((120, 160), NAMES)
    with CvatImages(tmp_path / "cvat.xml") as sink:
        sink.start(NAMES)
        for index, (name, detections) in enumerate((("a.png", found()), ("b.png", empty))):
            picture(tmp_path / name, 120, 160)
            sink.add(photo_frame(tmp_path / name, index), detections, None)
    source = open_source(tmp_path / "cvat.xml")
    assert (source.class_names, source.problems) == (NAMES, [])
    first, second = source
    assert first.class_ids.tolist() == [1, 2, 3]
    for crop, mask in zip(first.masks, found().mask, strict=True):
        np.testing.assert_array_equal(crop.full(120, 160), mask)
    assert second.class_ids.tolist() == []


def test_exported_tracks_are_read_back(tmp_path: Path) -> None:
    empty = Detections.empty((120, 160), NAMES)
    with CvatTracks(tmp_path / "out") as sink:
        sink.start(NAMES)
        for index in range(5):
            frame = video_frame(index)
            picture(tmp_path / "out" / f"frame_{index:06d}.png", 120, 160)
            sink.add(frame, empty if index == 3 else found(True, index), None)
    [path] = (tmp_path / "out").glob("*.xml")
    source = open_source(path)
    assert (source.class_names, source.problems) == (NAMES, [])
    assert [example.class_ids.tolist() for example in source] == [[1, 2, 3]] * 3 + [[], [1, 2, 3]]
    for index, example in enumerate(source):
        for crop, mask in zip(example.masks, [] if index == 3 else found(True, index).mask, strict=True):
            assert iou(crop.full(120, 160), mask) >= 0.99
