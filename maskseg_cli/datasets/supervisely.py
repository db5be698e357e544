"""Projects of Supervisely as COCO's annotations: meta.json, and in each data set ann/PHOTO.json beside img/PHOTO.

https://docs.supervisely.com/data-organization/00_ann_format_navi
"""

from __future__ import annotations

import base64
import binascii
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.coco_document import CocoDocument
from maskseg_cli.datasets.example import tighten
from maskseg_cli.datasets.field_values import is_number, picture_sides, shown, whole_number
from maskseg_cli.datasets.filled_polygons import fill_polygons
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.label_pictures import decode_binary
from maskseg_cli.datasets.outline_shapes import BROKEN
from maskseg_cli.datasets.photo_names import base_folder, path_from
from maskseg_cli.datasets.picture_documents import PictureDocuments
from maskseg_cli.datasets.problems import ProblemLog, without_objects
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.rle import encode_rle

#: Bytes of a bitmap's PNG; larger ones are not unpacked.
_LARGEST_BITMAP = 2**26


def is_supervisely(path: Path) -> bool:
    """Whether this is a project of Supervisely, a data set of one, or its file of one picture."""
    return _DOCUMENTS.match(path)


def supervisely_to_coco(path: Path, images: Path | None, log: ProblemLog) -> dict[str, Any]:
    """A project of Supervisely in COCO's format.

    Bitmaps and polygons become masks, of the pixels that Supervisely draws: the corners of a polygon are pixels, and
    its border belongs to it, that of its holes does not. Rectangles become boxes. Figures of other kinds are left out.

    Args:
        path: the project, a data set of it, or the file of one picture.
        images: the folder of the photos; None: img beside each ann.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes in the order of meta.json, then of the alphabet.

    Raises:
        MasksegError: no file can be read, or there is no object.
    """
    base = base_folder(path, images)
    document = CocoDocument()
    for file, content in _DOCUMENTS.read(path, log):
        name = file.name.removesuffix(".json")
        beside = file.parent.parent / "img" / name
        is_beside = images is None or (not (images / name).is_file() and beside.is_file())
        photo = path_from(beside, base) if is_beside else name
        _add_picture(document, photo, content, log)
    if not document.object_count:
        raise without_objects(f"{path} is of Supervisely, and there is no outline or box in it", log)
    return document.finish(_class_names(path))


def _annotation_files(path: Path) -> Iterator[Path]:
    """The JSON files in all folders ann, of data sets within data sets too."""
    for above, folders, files in os.walk(path):
        folders.sort()
        if Path(above).name == "ann":
            yield from (Path(above) / name for name in sorted(files) if name.lower().endswith(".json"))


def _is_content(content: Any) -> bool:
    return (
        isinstance(content, dict) and isinstance(content.get("objects"), list) and isinstance(content.get("size"), dict)
    )


_DOCUMENTS = PictureDocuments(
    "file of Supervisely for a picture", _annotation_files, _is_content, lambda content: "frames" in content
)


def _class_names(path: Path) -> list[str]:
    """The classes of the project in the order of its meta.json; [] where there is none that can be read."""
    for folder in (path, *path.parents[:3]):
        if (folder / "meta.json").is_file():
            try:
                meta = read_json(folder / "meta.json")
            except MasksegError:
                return []
            classes = meta.get("classes") if isinstance(meta, dict) else None
            titles = (one.get("title") for one in classes if isinstance(one, dict)) if isinstance(classes, list) else ()
            return [title.strip() for title in titles if isinstance(title, str) and title.strip()]
    return []


def _add_picture(document: CocoDocument, photo: str, content: dict[str, Any], log: ProblemLog) -> None:
    size = picture_sides(content["size"].get("height"), content["size"].get("width"))
    image = document.add_image(photo, size)
    for record in content["objects"]:
        title = record.get("classTitle") if isinstance(record, dict) else None
        if not isinstance(title, str) or not title.strip():
            log.add("no-class", photo)
            continue
        kind = record.get("geometryType") or _kind(record)
        if kind == "rectangle":
            document.add_object(image, title.strip(), None, _box(record))
        elif kind not in ("polygon", "bitmap"):
            log.add("shape-kind", f"{photo} ({shown(kind)})")
        elif size is None:
            log.add("image-without-size", photo)
            return
        else:
            mask = _polygon(record, *size) if kind == "polygon" else _bitmap(record, *size)
            outline = BROKEN if mask is None else encode_rle(mask, *size)
            document.add_object(image, title.strip(), outline)


def _kind(record: dict[str, Any]) -> str:
    """The kind of a figure of older projects, which have it in meta.json alone."""
    if isinstance(record.get("bitmap"), dict):
        return "bitmap"
    rings = _rings(record, "exterior")
    return "rectangle" if rings is not None and len(rings[0]) == 4 else "polygon"


def _rings(record: dict[str, Any], part: str) -> list[list[float]] | None:
    """The rings of a part of a figure, each x1, y1, x2, y2, ...; None where one is broken."""
    points = record.get("points")
    found = points.get(part) if isinstance(points, dict) else None
    if part == "exterior":
        found = [found]
    if not isinstance(found, list) or not all(map(_is_ring, found)):
        return None
    return [[number for point in ring for number in point] for ring in found]


def _is_ring(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(point, list) and len(point) == 2 and all(map(is_number, point)) for point in value
    )


def _box(record: dict[str, Any]) -> list[float] | str:
    """COCO's box of a rectangle, whose corners are pixels inside it."""
    rings = _rings(record, "exterior")
    if rings is None or len(rings[0]) != 4:
        return f"points {shown(record.get('points'))}"
    x1, y1, x2, y2 = map(math.floor, rings[0])
    left, top = min(x1, x2), min(y1, y2)
    return [left, top, max(x1, x2) - left + 1, max(y1, y2) - top + 1]


def _polygon(record: dict[str, Any], height: int, width: int) -> MaskCrop | None:
    exterior, interior = _rings(record, "exterior"), _rings(record, "interior")
    if exterior is None or interior is None or len(exterior[0]) < 6:
        return None
    return fill_polygons(exterior, [ring for ring in interior if ring], height, width)


def _bitmap(record: dict[str, Any], height: int, width: int) -> MaskCrop | None:
    """A bitmap: the place of its first pixel, and a PNG, packed with zlib, in base64."""
    bitmap = record.get("bitmap")
    coded, origin = (bitmap.get(key) if isinstance(bitmap, dict) else None for key in ("data", "origin"))
    place = [whole_number(number) for number in origin] if isinstance(origin, list) else []
    if len(place) != 2 or not isinstance(coded, str):
        return None
    try:
        pixels = decode_binary(_unpacked(base64.b64decode(coded, validate=True)), "a bitmap")
    except (binascii.Error, zlib.error, ValueError, MasksegError):
        return None
    left, top = place
    h, w = pixels.shape
    if left is None or top is None or left < 0 or top < 0 or top + h > height or left + w > width:
        return None
    mask = tighten(MaskCrop(top, left, pixels))
    return mask if mask.bitmap.size else None


def _unpacked(data: bytes) -> bytes:
    """The PNG of a bitmap; some programs do not pack it.

    Raises:
        ValueError, zlib.error: it is larger than any bitmap, or broken.
    """
    if data.startswith(b"\x89PNG"):
        return data
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(data, _LARGEST_BITMAP)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("too large, or cut off")
    return found
