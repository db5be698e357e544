"""`build_sink`: the sink of a format of files with objects of photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.export.coco_sink import CocoJson
from maskseg_cli.export.cvat_images import CvatImages
from maskseg_cli.export.labelme import LabelmeFiles
from maskseg_cli.export.mask_pictures import MaskFolder, MaskPictures
from maskseg_cli.export.object_lines import ObjectLines
from maskseg_cli.export.object_rows import ObjectTable
from maskseg_cli.export.picture_annotations import PlacePhoto
from maskseg_cli.export.voc import VocFiles
from maskseg_cli.export.yolo import YoloFolder
from maskseg_cli.sink import Sink


@dataclass(frozen=True)
class MarkedData:
    """What is different where people have marked the objects of a data set, and no network has found them.

    Attributes:
        category_ids: class id -> category id in COCO's files.
        image_fields: gives further fields of a photo's record in COCO's files by its name.
        place_photo: puts the photos beside annotations of labelme, YOLO, VOC and pictures of masks; None: they stay.
        photo_option: the user's option for that.
        splits: the parts of a YOLO data set.
    """

    category_ids: Sequence[int] = ()
    image_fields: Callable[[str], dict[str, Any]] | None = None
    place_photo: PlacePhoto | None = None
    photo_option: str = ""
    splits: Sequence[str] = ()


def build_sink(
    name: str,
    path: Path,
    *,
    resume: bool = False,
    pictures: bool | None = None,
    note: Callable[[str], None] | None = None,
    marked: MarkedData | None = None,
) -> Sink:
    """The sink of a format (`formats.DATA_FORMATS`).

    Args:
        path: the file or folder.
        resume: keep what an earlier run wrote into a single file.
        pictures: as `PictureAnnotations` takes it.
        note: takes sentences about what a format cannot say.
        marked: of objects that people have marked; None: a network has found them.
    """
    place = None if marked is None else marked.place_photo
    if name in ("coco", "coco-polygons"):
        polygons = name == "coco-polygons"
        if marked is None:
            return CocoJson(path, resume, polygons)
        made_by = "Annotations converted by maskseg"
        return CocoJson(path, resume, polygons, marked.category_ids, made_by, marked.image_fields)
    if name == "labelme":
        return LabelmeFiles(path, pictures, note, place)
    if name == "cvat":
        return CvatImages(path, resume, scores=marked is None)
    if name == "yolo" and marked is not None:
        return YoloFolder(path, pictures, note, place, marked.splits, marked.photo_option)
    if name == "yolo":
        return YoloFolder(path, pictures, note)
    if name == "voc":
        return VocFiles(path, pictures, note, place)
    if name == "csv":
        return ObjectTable(path, resume)
    if name == "jsonl":
        return ObjectLines(path, resume, () if marked is None else marked.category_ids)
    if marked is not None:
        return MaskFolder(path, False, note, place)
    return MaskPictures(path, False, note)
