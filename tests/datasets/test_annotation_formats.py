"""The registry of annotation formats: each file is recognized as one format only, and read so."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.datasets.annotation_file import detect_format, read_annotations
from maskseg_cli.datasets.annotation_formats import FORMATS
from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.evaluation import CocoDataset
from tests.datasets import test_cvat, test_labelme, test_via3, test_yolo
from tests.datasets.samples import SQUARE, document, write

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


SAMPLES = {
    "coco": _coco, "via": _via, "via3": _via3, "labelme": _labelme, "cvat": _cvat, "yolo": _yolo,
    "yolo labels": _yolo_labels,
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_one_format_matches(tmp_path: Path, name: str) -> None:
    path = SAMPLES[name](tmp_path)
    format_name = name.split()[0]
    for one_path in (path, tmp_path):
        matches = [one.name for one in FORMATS if one.matches(AnnotationInput(one_path))]
        # A folder with one annotation file in it is of no format itself.
        assert matches == [format_name] or (matches == [] and one_path == tmp_path)
        assert detect_format(one_path) == format_name
        assert len(read_annotations(one_path, ProblemLog())["annotations"]) == 1
        assert open_source(one_path).object_count == 1
        assert len(CocoDataset.read(one_path, tmp_path).annotations) == 1


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("other", [one.name for one in FORMATS])
def test_a_wrong_name_of_a_format_gets_a_sentence(tmp_path: Path, name: str, other: str) -> None:
    path = SAMPLES[name](tmp_path)
    if not name.startswith(other):
        with pytest.raises(MasksegError) as caught:
            open_source(path, format=other)
        assert str(path) in str(caught.value)


@given(st.sampled_from(list(SAMPLES)), st.data())
@settings(max_examples=60, deadline=None)
def test_detection_never_fails_otherwise(name: str, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = SAMPLES[name](Path(folder))
        content = path.read_bytes() if path.is_file() else b"1 0.5 0.5 0.1 0.1"
        place = data.draw(st.integers(0, len(content)))
        changed = content[:place] + data.draw(st.binary(max_size=8)) + content[place + data.draw(st.integers(0, 9)) :]
        (path if path.is_file() else path / "train" / "a.txt").write_bytes(changed)
        for given_path in (path, Path(folder)):
            try:
                found = detect_format(given_path)
            except MasksegError as error:
                found = str(error)
            assert found in {one.name for one in FORMATS} or ("\n" not in found and folder in found)


def test_names_are_unique() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
