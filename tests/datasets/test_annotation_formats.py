"""The registry of annotation formats: each file is recognized as one format only, and read so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskseg_cli.datasets.annotation_file import detect_format, read_annotations
from maskseg_cli.datasets.annotation_formats import FORMATS
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError, UsageError
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


def test_names_are_unique() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
