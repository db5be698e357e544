"""The registry of annotation formats: how each is recognized and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotation_input import AnnotationInput
from maskseg_cli.datasets.coco_records import check_document
from maskseg_cli.datasets.cvat import cvat_to_coco, is_cvat
from maskseg_cli.datasets.darwin import darwin_to_coco, is_darwin
from maskseg_cli.datasets.labelme import holds_labelme, is_labelme, labelme_to_coco, read_labelme_folder
from maskseg_cli.datasets.masks import is_masks, masks_to_coco
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.supervisely import is_supervisely, supervisely_to_coco
from maskseg_cli.datasets.via import via_entries, via_to_coco
from maskseg_cli.datasets.via3 import is_via3, via3_to_coco
from maskseg_cli.datasets.voc import is_voc, voc_to_coco
from maskseg_cli.datasets.yolo import is_yolo, yolo_to_coco
from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class AnnotationFormat:
    """A format of annotations.

    Attributes:
        name: as options take it.
        title: as messages show it.
        matches: whether a file or folder is of this format, by its content, quickly. The first of `FORMATS` that
            matches is taken. Raises MasksegError for a JSON file with a fault.
        read: gives the content in COCO's format (images, annotations and categories are lists of records, which
            `coco.from_document` checks) and adds what is left out to the input's log. Raises MasksegError.
    """

    name: str
    title: str
    matches: Callable[[AnnotationInput], bool]
    read: Callable[[AnnotationInput], dict[str, Any]]


def by_path(
    name: str,
    title: str,
    is_format: Callable[[Path], bool],
    to_coco: Callable[[Path, Path | None, ProblemLog], dict[str, Any]],
) -> AnnotationFormat:
    """A format whose functions take the path, and for reading also the folder of the pictures (or None) and the log."""
    return AnnotationFormat(
        name,
        title,
        lambda source: is_format(source.path),
        lambda source: to_coco(source.path, source.images, source.log),
    )


def by_document(
    name: str,
    title: str,
    is_format: Callable[[Any], bool],
    read: Callable[[AnnotationInput], dict[str, Any]],
) -> AnnotationFormat:
    """A format of one JSON file, which its parsed content shows."""
    return AnnotationFormat(
        name, title, lambda source: source.document is not None and is_format(source.document), read
    )


def _is_coco(document: Any) -> bool:
    parts = ("images", "annotations", "categories")
    return isinstance(document, dict) and all(isinstance(document.get(part), list) for part in parts)


def _read_coco(source: AnnotationInput) -> dict[str, Any]:
    return check_document(source.json, source.path)


def _read_via(source: AnnotationInput) -> dict[str, Any]:
    return via_to_coco(source.json, source.path, source.log, source.class_name, source.attribute)


def _read_via3(source: AnnotationInput) -> dict[str, Any]:
    return via3_to_coco(source.json, source.path, source.log, source.class_name, source.attribute)


def _read_cvat(source: AnnotationInput) -> dict[str, Any]:
    return cvat_to_coco(source.path, source.images, source.log)


def _is_labelme(source: AnnotationInput) -> bool:
    return holds_labelme(source.path) if source.is_folder else is_labelme(source.document)


def _read_labelme(source: AnnotationInput) -> dict[str, Any]:
    if source.is_folder:
        return read_labelme_folder(source.path, source.log)
    if not is_labelme(source.json):
        raise MasksegError(f"{source.path} is not a file of labelme.")
    return labelme_to_coco([("", source.json)], source.path, source.log)


#: COCO is first, since its files are the largest. A format whose folders hold files of another comes before that one.
FORMATS = (
    by_document("coco", "COCO (JSON)", _is_coco, _read_coco),
    by_document(
        "via", "VGG Image Annotator 1 and 2 (JSON)", lambda document: via_entries(document) is not None, _read_via
    ),
    by_document("via3", "VGG Image Annotator 3 (JSON)", is_via3, _read_via3),
    AnnotationFormat("cvat", "CVAT for images or video (XML)", is_cvat, _read_cvat),
    AnnotationFormat("yolo", "YOLO (folder with data.yaml)", is_yolo, yolo_to_coco),
    AnnotationFormat("labelme", "labelme (JSON files)", _is_labelme, _read_labelme),
    by_path("voc", "Pascal VOC (XML files, pictures of masks)", is_voc, voc_to_coco),
    by_path("masks", "pictures of masks (PNG)", is_masks, masks_to_coco),
    by_path("supervisely", "Supervisely (JSON files)", is_supervisely, supervisely_to_coco),
    by_path("darwin", "V7 Darwin (JSON files)", is_darwin, darwin_to_coco),
)
