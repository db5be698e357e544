"""What is exported, read back by other programs' readers and by our own: the same masks."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from maskseg_cli import Detections, MaskCrop, Sink
from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.polygons_and_rle import from_polygons
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_sink import CocoJson
from maskseg_cli.export.cvat_images import CvatImages
from maskseg_cli.export.cvat_tracks import CvatTracks
from maskseg_cli.export.labelme import LabelmeFiles
from maskseg_cli.export.mask_pictures import MaskPictures, instance_numbers
from maskseg_cli.export.mots import MotsFiles
from maskseg_cli.export.object_lines import ObjectLines
from maskseg_cli.export.object_rows import ObjectTable
from maskseg_cli.export.voc import VocFiles
from maskseg_cli.export.yolo import YoloFolder
from tests.export.samples import NAMES, found, photo_frame, video_frame
from tests.export.test_mask_polygons import iou

EMPTY = Detections.empty((120, 160), NAMES)


def export_photos(sink: Sink, folder: Path) -> None:
    """Exports a.png with three objects, and b.png without any."""
    with sink:
        sink.start(NAMES)
        sink.add(photo_frame(folder / "a.png"), found(), None)
        sink.add(photo_frame(folder / "b.png", 1), EMPTY, None)


def export_video(sink: Sink, tracked: bool = True) -> None:
    """Exports two videos: of five frames with three objects, which move and are gone in frame 3; and of one."""
    with sink:
        sink.start(NAMES)
        for index in range(5):
            sink.add(video_frame(index), EMPTY if index == 3 else found(tracked, index), None)
        sink.add(video_frame(0, "b/film.mp4"), found(tracked)[:1], None)


def read_supervision(folder: Path, kind: str, **options: object) -> dict[str, NDArray[np.bool_]]:
    """Class -> mask of the objects of a.png, as supervision reads them."""
    import supervision

    dataset = getattr(supervision.DetectionDataset, f"from_{kind}")(**options)
    [path] = [path for path in dataset.image_paths if Path(path).name == "a.png"]
    read = dataset.annotations[path]
    return {dataset.classes[i]: mask for i, mask in zip(read.class_id, read.mask, strict=True)}


def test_coco_with_rle(tmp_path: Path) -> None:
    export_photos(CocoJson(tmp_path / "coco.json"), tmp_path)
    coco = COCO(str(tmp_path / "coco.json"))
    for annotation, mask in zip(coco.loadAnns(coco.getAnnIds()), found().mask, strict=True):
        assert (coco.annToMask(annotation) == mask).all()
    read = read_supervision(
        tmp_path, "coco", images_directory_path=str(tmp_path), annotations_path=str(tmp_path / "coco.json")
    )
    for name, mask in zip(found().names, found().mask, strict=True):
        assert (read[name] == mask).all()


def test_coco_with_polygons(tmp_path: Path) -> None:
    export_photos(CocoJson(tmp_path / "coco.json", polygons=True), tmp_path)
    coco = COCO(str(tmp_path / "coco.json"))
    annotations = coco.loadAnns(coco.getAnnIds())
    assert [len(one["segmentation"]) for one in annotations] == [3, 1, 1]
    for annotation, mask in zip(annotations, found().mask, strict=True):
        assert iou(coco.annToMask(annotation).astype(bool), mask) >= 0.99
        assert iou(from_polygons(annotation["segmentation"], 120, 160).full(120, 160), mask) >= 0.99
        assert annotation["area"] == mask.sum()


@pytest.mark.parametrize("polygons", [False, True])
def test_coco_is_training_data(tmp_path: Path, polygons: bool) -> None:
    export_photos(CocoJson(tmp_path / "coco.json", polygons=polygons), tmp_path)
    source = read_coco(tmp_path / "coco.json", tmp_path)
    assert source.class_names == NAMES
    assert not source.problems
    example = source[0]
    assert example.class_ids.tolist() == [1, 2, 3]
    for crop, mask in zip(example.masks, found().mask, strict=True):
        assert iou(crop.full(120, 160), mask) >= (0.99 if polygons else 1)


def test_coco_names_tracks(tmp_path: Path) -> None:
    export_video(CocoJson(tmp_path / "coco.json"))
    data = json.loads((tmp_path / "coco.json").read_text())
    assert [one["track_id"] for one in data["annotations"]] == [4, 7, 9] * 4 + [4]
    assert data["images"][1]["file_name"] == "film.mp4/000001"


def test_labelme_reads_its_files(tmp_path: Path) -> None:
    labelme = pytest.importorskip("labelme")
    export_photos(LabelmeFiles(tmp_path / "out"), tmp_path)
    read = labelme.LabelFile(str(tmp_path / "out" / "a.json"))
    assert Path(tmp_path / "out" / read.image_path).resolve() == tmp_path / "a.png"
    assert [shape["label"] for shape in read.shapes] == ["cat", "cat", "cat", "dog", "=evil"]
    assert [shape["group_id"] for shape in read.shapes] == [1, 1, 1, None, None]
    assert read.shapes[3]["description"] == "score 0.8000"
    for name, mask in zip(found().names, found().mask, strict=True):
        rings = [np.ravel(shape["points"]).tolist() for shape in read.shapes if shape["label"] == name]
        assert iou(from_polygons(rings, 120, 160).full(120, 160), mask) >= 0.99
    assert json.loads((tmp_path / "out" / "b.json").read_text())["shapes"] == []


def test_labelme_gets_pictures_of_frames(tmp_path: Path) -> None:
    labelme = pytest.importorskip("labelme")
    export_video(LabelmeFiles(tmp_path))
    read = labelme.LabelFile(str(tmp_path / "film" / "000002.json"))
    assert read.image_path == "000002.jpg"
    assert [shape["group_id"] for shape in read.shapes] == [4, 4, 4, 7, 9]
    assert len(list((tmp_path / "film").iterdir())) == 10
    assert (tmp_path / "b" / "film" / "000000.json").is_file()


def test_yolo(tmp_path: Path) -> None:
    said: list[str] = []
    export_photos(YoloFolder(tmp_path / "yolo", pictures=True, note=said.append), tmp_path)
    assert len(said) == 1
    lines = (tmp_path / "yolo" / "labels" / "a.txt").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "1", "2"]
    for line, mask in zip(lines, found().mask, strict=True):
        ring = np.array(line.split()[1:], float).reshape(-1, 2) * (160, 120)
        assert iou(from_polygons([ring.ravel().tolist()], 120, 160).full(120, 160), mask) >= 0.99
    assert (tmp_path / "yolo" / "labels" / "b.txt").read_text() == ""
    read = read_supervision(
        tmp_path,
        "yolo",
        images_directory_path=str(tmp_path / "yolo" / "images"),
        annotations_directory_path=str(tmp_path / "yolo" / "labels"),
        data_yaml_path=str(tmp_path / "yolo" / "data.yaml"),
    )
    # supervision fills polygons with cv2.fillPoly, which counts their border as inside: a pixel more, lines too.
    for name, mask in zip(found().names, found().mask, strict=True):
        assert (mask & ~read[name]).sum() <= 0.01 * mask.sum()
        opened = cv2.morphologyEx(read[name].astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        assert not (opened.astype(bool) & ~cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))).astype(bool)).any()


def test_yolo_asks_for_the_photos(tmp_path: Path) -> None:
    said: list[str] = []
    export_photos(YoloFolder(tmp_path / "yolo", note=said.append), tmp_path)
    assert not (tmp_path / "yolo" / "images").exists()
    assert "--export-pictures" in said[0]


def test_voc(tmp_path: Path) -> None:
    export_photos(VocFiles(tmp_path / "voc"), tmp_path)
    root = ElementTree.parse(tmp_path / "voc" / "Annotations" / "a.xml").getroot()
    assert root.findtext("filename") == "a.png"
    boxes = [[int(side.text or "") for side in box] for box in root.iter("bndbox")]
    assert boxes[2] == [3, 3, 30, 8]  # from 1, the last pixel included
    assert [float(one.findtext("score") or "") for one in root.iter("object")] == pytest.approx([0.9, 0.8, 0.7])
    read = read_supervision(
        tmp_path,
        "pascal_voc",
        images_directory_path=str(tmp_path),
        annotations_directory_path=str(tmp_path / "voc" / "Annotations"),
    )
    for name, mask in zip(found().names, found().mask, strict=True):
        assert (read[name] == mask).all()


def test_table(tmp_path: Path) -> None:
    with ObjectTable(tmp_path / "t.csv") as sink:
        sink.add(video_frame(50, "=1+1.mp4"), found(tracked=True), None)
        sink.add(video_frame(51, "=1+1.mp4"), found(), None)
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert len(rows) == 6
    last = rows[2]
    assert (last["file"], last["frame"], last["time"], last["object"]) == ("'=1+1.mp4", "50", "2.0", "3")
    assert (last["id"], last["class"], last["score"]) == ("9", "'=evil", "0.7")
    assert [float(last[name]) for name in ("x1", "y1", "x2", "y2")] == [2, 2, 30, 8]
    assert (last["area"], last["cx"], last["cy"]) == ("168", "16.0", "5.0")
    assert rows[5]["id"] == ""


@pytest.mark.parametrize("kind", [ObjectTable, ObjectLines, CvatImages])
def test_rows_of_photos_that_are_not_done_again_are_kept(tmp_path: Path, kind: type[ObjectTable]) -> None:
    path = tmp_path / "rows"
    first, second = (photo_frame(tmp_path / name, i) for i, name in enumerate(("@a.png", "b.png")))
    for resume, frames in ((False, (first, second)), (True, (second,))):
        with kind(path, resume=resume) as sink:
            sink.start(NAMES)
            assert sink.has("@a.png") == sink.has("b.png") == resume
            for frame in frames:
                sink.add(frame, found(), None)
    text = path.read_text()
    assert text.count("@a.png") == text.count("b.png") == (3 if kind is ObjectTable else 1)
    before = path.read_bytes()
    sink = kind(path)
    sink.start(NAMES)
    sink.add(first, found(), None)
    sink.discard()
    assert path.read_bytes() == before
    path.write_text("<image\nsomething else")
    with pytest.raises(MasksegError, match="rows"):
        kind(path, resume=True).has("a.png")


def test_json_lines(tmp_path: Path) -> None:
    export_video(ObjectLines(tmp_path / "o.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert [(line["file_name"], line["frame"]) for line in lines[3:]] == [
        ("film.mp4", 3), ("film.mp4", 4), ("b/film.mp4", 0),
    ]  # fmt: skip
    for annotation, mask in zip(lines[0]["annotations"], found().mask, strict=True):
        assert (coco_mask.decode(annotation["segmentation"]) == mask).all()
    assert lines[0]["annotations"][1]["category"] == "dog"


def test_pictures_of_masks(tmp_path: Path) -> None:
    said: list[str] = []
    with MaskPictures(tmp_path / "m", note=said.append) as sink:
        sink.add(photo_frame(tmp_path / "a.jpg"), found(), None)
        sink.add(photo_frame(tmp_path / "b.jpg"), found(tracked=True), None)
    plain, tracked = (cv2.imread(str(tmp_path / "m" / f"{name}.png"), cv2.IMREAD_UNCHANGED) for name in "ab")
    assert plain.dtype == np.uint16
    first, second, third = found().mask
    assert ((plain == 1) == first).all()
    assert ((plain == 2) == (second & ~first)).all()
    assert ((tracked == 10) == third).all()
    some = replace(found(), tracker_id=np.array([-1, 7, 9], np.int32))
    assert set(np.unique(instance_numbers(some))) == {0, 8, 10}
    with pytest.raises(MasksegError, match="65535"):
        instance_numbers(replace(found(), tracker_id=np.array([1, 2, 70000], np.int32)))
    assert len(said) == 1


def test_cvat_images(tmp_path: Path) -> None:
    export_photos(CvatImages(tmp_path / "images.xml"), tmp_path)
    root = ElementTree.parse(tmp_path / "images.xml").getroot()
    assert root.findtext("version") == "1.1"
    assert [image.get("id") for image in root.iter("image")] == ["0", "1"]
    assert [label.findtext("name") for label in root.iter("label")] == list(NAMES[1:])
    entries = list(root.iter("mask"))
    assert [entry.get("label") for entry in entries] == found().names
    for entry, mask in zip(entries, found().mask, strict=True):
        left, top, width, height = (int(entry.get(name) or "") for name in ("left", "top", "width", "height"))
        runs = [int(run) for run in (entry.get("rle") or "").split(",")]
        bitmap = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)
        assert (MaskCrop(top, left, bitmap).full(120, 160) == mask).all()


def test_cvat_tracks(tmp_path: Path) -> None:
    said: list[str] = []
    export_video(CvatTracks(tmp_path, said.append))
    assert len(said) == 1
    tracks = list(ElementTree.parse(tmp_path / "film.xml").getroot().iter("track"))
    assert [track.get("label") for track in tracks] == found().names
    for number, track in enumerate(tracks):
        assert [(shape.get("frame"), shape.get("outside")) for shape in track] == [
            ("0", "0"), ("1", "0"), ("2", "0"), ("3", "1"), ("4", "0"),
        ]  # fmt: skip
        for shape in track:
            if shape.get("outside") == "0":
                ring = [float(v) for point in (shape.get("points") or "").split(";") for v in point.split(",")]
                mask = found(shift=int(shape.get("frame") or "")).mask[number]
                assert iou(from_polygons([ring], 120, 160).full(120, 160), mask) >= 0.99
    assert len(list(ElementTree.parse(tmp_path / "b" / "film.xml").getroot().iter("track"))) == 1


def test_cvat_objects_without_ids_are_tracks_of_their_own(tmp_path: Path) -> None:
    export_video(CvatTracks(tmp_path), tracked=False)
    tracks = list(ElementTree.parse(tmp_path / "film.xml").getroot().iter("track"))
    assert len(tracks) == 12
    assert [[shape.get("outside") for shape in track] for track in tracks[:9]] == [["0", "1"]] * 9
    assert [[shape.get("outside") for shape in track] for track in tracks[9:]] == [["0"]] * 3


def test_mots(tmp_path: Path) -> None:
    export_video(MotsFiles(tmp_path))
    lines = [line.split(" ") for line in (tmp_path / "film.txt").read_text().splitlines()]
    assert [line[:3] for line in lines[:4]] == [
        ["0", "4", "101"],
        ["0", "7", "102"],
        ["0", "9", "103"],
        ["1", "4", "101"],
    ]
    read = [coco_mask.decode({"size": [int(h), int(w)], "counts": rle}) for *_, h, w, rle in lines[:3]]
    first, second, _ = found().mask
    assert (read[0] == first).all()
    assert (read[1] == (second & ~first)).all()
    assert sum(read).max() == 1


def test_mots_needs_ids(tmp_path: Path) -> None:
    said: list[str] = []
    export_video(MotsFiles(tmp_path, said.append), tracked=False)
    assert (tmp_path / "film.txt").read_text() == ""
    assert len(said) == 1


@pytest.mark.parametrize(("kind", "name"), [(ObjectTable, ""), (CvatTracks, "film.xml"), (MotsFiles, "film.txt")])
def test_what_was_found_is_kept_where_nothing_more_can_be_written(
    tmp_path: Path, kind: type[ObjectTable], name: str
) -> None:
    for suspended in (True, False):
        path = tmp_path / f"{suspended}"
        sink = kind(path)
        sink.start(NAMES)
        sink.add(video_frame(0), found(tracked=True), None)
        assert sink.suspend() is None if suspended else sink.discard() is None
        assert (path / name).is_file() == suspended
