"""The registry of annotation formats: each file is recognized as one format only, and read so."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.datasets.annotation_file import detect_format, read_annotations
from maskseg_cli.datasets.annotation_formats import FORMATS
from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.annotation_options import FORMAT_NAMES
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets import (
    test_cvat,
    test_darwin,
    test_labelme,
    test_masks,
    test_supervisely,
    test_via3,
    test_yolo,
    voc_samples,
)
from tests.datasets.samples import SQUARE, document, picture, write

#: A format that a file of COCO is not -> what is said of it then.
OTHERS = {
    "via": "is not a file of the VGG Image Annotator",
    "via3": "is not a project of the VGG Image Annotator 3",
    "cvat": "is no well-formed XML",
    "yolo": "has no names of classes",
    "labelme": "is not a file of labelme",
}


def test_a_folder_with_one_annotation_file(tmp_path: Path) -> None:
    write(tmp_path, document({"segmentation": [SQUARE]}))
    assert detect_format(tmp_path) == "coco"
    assert open_source(tmp_path)[0].masks[0].area == 400
    (tmp_path / "second.json").write_text((tmp_path / "annotations.json").read_text())
    with pytest.raises(MasksegError, match=r"several annotation files .annotations.json, second.json"):
        detect_format(tmp_path)


def test_folders_with_annotations_in_a_folder(tmp_path: Path) -> None:
    for part in ("train", "val"):
        voc_samples.voc(tmp_path / part)
        for masks in (tmp_path / part).glob("Segmentation*"):
            shutil.rmtree(masks)
    (tmp_path / "photos").mkdir()
    with pytest.raises(
        MasksegError, match=r"holds no annotations itself, but folders in it do \(train, val\): name one"
    ):
        read_annotations(tmp_path, ProblemLog())


def test_several_annotation_files_in_a_folder(tmp_path: Path) -> None:
    for count, names in ((2, "1.json, 2.json"), (4, "1.json, 2.json, 3.json ...")):
        for number in range(count):
            (tmp_path / f"{number + 1}.json").write_text(json.dumps(document()))
        with pytest.raises(MasksegError) as caught:
            read_annotations(tmp_path, ProblemLog())
        assert f"several annotation files ({names}): name one of them." in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (detect_format, open_source):
        with pytest.raises(MasksegError, match="pipe is a pipe or a device: save what it gives as a file"):
            read(tmp_path / "pipe")


def test_a_format_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, document({"segmentation": [SQUARE]}))
    assert read_annotations(path, ProblemLog(), format="coco") == json.loads(path.read_text())
    for name, words in OTHERS.items():
        with pytest.raises(MasksegError, match=words):
            open_source(path, format=name)
    with pytest.raises(UsageError, match="no annotation format 'cocoa'; there are coco, via, "):
        open_source(path, format="cocoa")


def _coco(folder: Path) -> Path:
    return write(folder, document({"segmentation": [SQUARE]}))


def _via(folder: Path) -> Path:
    shape = {"name": "rect", "x": 1, "y": 2, "width": 9, "height": 9}
    region = {"shape_attributes": shape, "region_attributes": {"kind": "cat"}}
    return write(folder, {"1.png99": {"filename": "1.png", "size": 99, "regions": [region], "file_attributes": {}}})


def _via3(folder: Path) -> Path:
    return test_via3.save(folder, test_via3.project(test_via3.region(test_via3.SQUARE)))


def _labelme(folder: Path) -> Path:
    return test_labelme.save(folder / "1.json", test_labelme.shape("cat", test_labelme.SQUARE))


def _cvat(folder: Path) -> Path:
    return test_cvat.save(folder, test_cvat.SQUARE)


def _yolo(folder: Path) -> Path:
    return test_yolo.dataset(folder, train_a=test_yolo.SQUARE)


def _yolo_labels(folder: Path) -> Path:
    _yolo(folder).rename(folder / "data.txt")
    (folder / "classes.txt").write_text("cat\ndog\n")
    return folder / "labels"


def _voc(folder: Path) -> Path:
    return voc_samples.voc(folder)


def _masks(folder: Path) -> Path:
    picture(folder / "images" / "a.jpg")
    test_masks.write(folder / "masks" / "a.png", test_masks.numbers())
    return folder


def _supervisely(folder: Path) -> Path:
    corners = test_supervisely.points([[5, 5], [30, 5], [30, 20]])
    return test_supervisely.project(folder, test_supervisely.figure("dog", "polygon", points=corners))


def _darwin(folder: Path) -> Path:
    picture(folder / "a.jpg")
    return test_darwin.write(folder, test_darwin.version_2(test_darwin.polygon(test_darwin.OUTER)))


#: One for each format, and more after a space.
SAMPLES = {
    "coco": _coco, "via": _via, "via3": _via3, "labelme": _labelme, "cvat": _cvat, "yolo": _yolo,
    "yolo labels": _yolo_labels, "voc": _voc, "masks": _masks, "supervisely": _supervisely, "darwin": _darwin,
}  # fmt: skip


def test_every_format_has_a_sample() -> None:
    assert {name.split()[0] for name in SAMPLES} == {one.name for one in FORMATS}


@pytest.mark.parametrize("name", SAMPLES)
def test_one_format_matches(tmp_path: Path, name: str) -> None:
    path = SAMPLES[name](tmp_path)
    format_name = name.split()[0]
    for one_path in (path, tmp_path):
        matches = [one.name for one in FORMATS if one.matches(AnnotationInput(one_path))]
        # The pictures of masks in VOC's folders would be such a data set without its XML files.
        assert matches == (["voc", "masks"] if name == "voc" else [format_name]) or (
            # A folder with one annotation file in it is of no format itself.
            matches == [] and one_path == tmp_path
        )
        assert detect_format(one_path) == format_name
        records = read_annotations(one_path, ProblemLog())["annotations"]
        assert 0 < open_source(one_path).object_count <= len(records)
        assert len(CocoDataset.read(one_path, tmp_path).annotations) == len(records)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("other", [one.name for one in FORMATS])
def test_a_wrong_name_of_a_format_gets_a_sentence(tmp_path: Path, name: str, other: str) -> None:
    path = SAMPLES[name](tmp_path)
    if not name.startswith(other):
        with pytest.raises(MasksegError) as caught:
            open_source(path, format=other)
        assert str(path) in str(caught.value)


@given(st.sampled_from(list(SAMPLES)), st.data())
@settings(max_examples=30, deadline=None)
def test_detection_never_fails_otherwise(name: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = SAMPLES[name](Path(folder))
        target = (
            path if path.is_file() else data.draw(st.sampled_from(sorted(p for p in path.rglob("*") if p.is_file())))
        )
        content = target.read_bytes()
        place = data.draw(st.integers(0, len(content)))
        changed = content[:place] + data.draw(st.binary(max_size=8)) + content[place + data.draw(st.integers(0, 9)) :]
        target.write_bytes(changed)
        for given_path in (path, Path(folder)):
            try:
                found = detect_format(given_path)
            except MasksegError as error:
                found = str(error)
            assert found in {one.name for one in FORMATS} or ("\n" not in found and folder in found)


def test_names_are_unique() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_the_names_in_options_are_those_of_the_formats() -> None:
    assert tuple(one.name for one in FORMATS) == FORMAT_NAMES
