"""Annotations of labelme, one JSON file a picture, as COCO's.

https://github.com/wkentaro/labelme
"""

from __future__ import annotations

import base64
import binascii
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from maskseg_cli.datasets.field_values import is_number, shown, whole_number
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.outline_shapes import BROKEN, ellipse, joined
from maskseg_cli.datasets.photo_names import base_folder
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.images import decode_image

#: Labels that labelme's own converters take for no object.
_NO_CLASS = ("_background_", "__ignore__")

#: So many files show whether a folder is of labelme.
_LOOKED_AT = 50


def is_labelme(document: Any) -> bool:
    """Whether this is what labelme writes of a picture."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("shapes"), list)
        and isinstance(document.get("imagePath"), str)
    )


def holds_labelme(folder: Path) -> bool:
    """Whether there is a file of labelme among the first JSON files in a folder and those below it."""
    for path in islice(sorted(folder.rglob("*.json")), _LOOKED_AT):
        try:
            if is_labelme(read_json(path)):
                return True
        except MasksegError:
            continue
    return False


def read_labelme_folder(folder: Path, log: ProblemLog) -> dict[str, Any]:
    """The labelme files in a folder and those below it, in COCO's format; other JSON files are passed over.

    Args:
        folder: where the JSON files lie.
        log: gets what is left out.

    Raises:
        MasksegError: there is none, or one is no JSON.
    """
    documents = []
    for path in sorted(folder.rglob("*.json")):
        document = read_json(path)
        if is_labelme(document):
            documents.append((path.parent.relative_to(folder).as_posix(), document))
    if not documents:
        raise MasksegError(f"{folder} holds no file of labelme: name an annotation file, or a folder of labelme's.")
    return labelme_to_coco(documents, folder, log)


def labelme_to_coco(documents: Iterable[tuple[str, dict[str, Any]]], path: Path, log: ProblemLog) -> dict[str, Any]:
    """Files of labelme in COCO's format.

    Shapes of one label and one `group_id` are one object. Polygons, rectangles, circles and masks are outlines; points
    and lines are left out, and so are the labels `_background_` and `__ignore__`. Sizes are those of the upright
    picture, as in labelme, which turns photos by their EXIF orientation.

    Args:
        documents: the folder of each file, relative to that of all, and its content.
        path: the file or folder, for messages.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes in the order of the alphabet.

    Raises:
        MasksegError: no shape has a label.
    """
    base = base_folder(path)
    images: list[dict[str, Any]] = []
    found: list[tuple[int, str, Any]] = []
    for folder, document in documents:
        name = _picture_name(base, folder, document["imagePath"])
        size = whole_number(document.get("imageHeight")), whole_number(document.get("imageWidth"))
        images.append({"id": len(images) + 1, "file_name": name, "height": size[0], "width": size[1]})
        for label, shapes in _objects(document["shapes"], name, log):
            found.append((len(images), label, _segmentation(shapes, size)))
    labels = sorted({label for _, label, _ in found})
    if not labels:
        raise MasksegError(f"{path} is of labelme, and no shape in it is an object with a label.")
    number = {label: category for category, label in enumerate(labels, 1)}
    return {
        "images": images,
        "annotations": [
            {"image_id": image, "category_id": number[label], "segmentation": segmentation}
            for image, label, segmentation in found
        ],
        "categories": [{"id": category, "name": label} for label, category in number.items()],
    }


def _picture_name(base: Path, folder: str, image_path: str) -> str:
    """The picture's path from the folder `base` of all files, or its whole path if it lies outside that folder.

    `imagePath` is relative to its own file's folder. A picture outside that is not there keeps the end of its path, by
    which it is looked for in the folder of the pictures.
    """
    name = os.path.normpath(PurePosixPath(folder) / image_path.replace("\\", "/"))
    parts = Path(name).parts
    if ".." not in parts:
        return Path(name).as_posix()
    if os.path.isfile(base / name):
        return str((base / name).resolve())
    return PurePosixPath(*(part for part in parts if part != "..")).as_posix()


def _objects(shapes: Sequence[Any], name: str, log: ProblemLog) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each object's label and its shapes, in the order of the first shape of each."""
    groups: dict[Any, tuple[str, list[dict[str, Any]]]] = {}
    for place, shape in enumerate(shapes):
        label = shape.get("label") if isinstance(shape, dict) else None
        if not isinstance(label, str) or not label.strip():
            log.add("no-class", name)
        elif label in _NO_CLASS:
            log.add("background", name)
        elif shape.get("shape_type", "polygon") in ("point", "points", "line", "linestrip"):
            log.add("labelme-line", f"{name} ({shown(label)})")
        else:
            group = shape.get("group_id")
            key = (place,) if group is None else (label, str(group), "group")
            groups.setdefault(key, (label.strip(), []))[1].append(shape)
    yield from groups.values()


def _segmentation(shapes: Sequence[dict[str, Any]], size: tuple[int | None, int | None]) -> Any:
    """COCO's polygons of an object, its RLE where a shape of it is a mask, or a text where it is broken."""
    polygons = [points for shape in shapes if (points := _polygon(shape)) is not None]
    masks = [mask for shape in shapes if shape.get("shape_type") == "mask" and (mask := _mask(shape)) is not None]
    if len(polygons) + len(masks) < len(shapes):
        return BROKEN
    height, width = size
    return joined(polygons, masks, (height, width) if height and width else None)


def _polygon(shape: dict[str, Any]) -> list[float] | None:
    """x1, y1, x2, y2 ... of a shape that is no mask; None where it is one, or broken."""
    kind, points = shape.get("shape_type", "polygon"), _points(shape)
    if points is None:
        return None
    if kind == "polygon" or (kind == "oriented_rectangle" and len(points) == 4):
        return [number for point in points for number in point]
    if kind not in ("rectangle", "circle") or len(points) != 2:
        return None
    (x1, y1), (x2, y2) = points
    if kind == "rectangle":
        return [x1, y1, x2, y1, x2, y2, x1, y2]
    radius = math.hypot(x2 - x1, y2 - y1)  # the first point is the centre, the second lies on the circle
    return ellipse(x1, y1, radius, radius)


def _points(shape: dict[str, Any]) -> list[tuple[float, float]] | None:
    points = shape.get("points")
    if not isinstance(points, list):
        return None
    if not all(isinstance(one, list) and len(one) == 2 and all(map(is_number, one)) for one in points):
        return None
    return [(x, y) for x, y in points]


def _mask(shape: dict[str, Any]) -> MaskCrop | None:
    """A mask: the corners of its box, and a PNG in base64 of the pixels inside it, the last ones included."""
    points, coded = _points(shape), shape.get("mask")
    if points is None or len(points) != 2 or not isinstance(coded, str):
        return None
    try:
        pixels = decode_image(base64.b64decode(coded, validate=True), "the mask of a shape")
    except (binascii.Error, ValueError, MasksegError):
        return None
    (x1, y1), (x2, y2) = ((math.floor(x), math.floor(y)) for x, y in points)
    if pixels.shape[:2] != (y2 - y1 + 1, x2 - x1 + 1):
        return None
    return MaskCrop(y1, x1, np.asarray(pixels.any(axis=2), bool))
