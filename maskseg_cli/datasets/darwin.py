"""Files of V7 Darwin, versions 2.0 and 1.0, one JSON file a picture, as COCO's annotations.

https://darwin-public.s3.eu-west-1.amazonaws.com/darwin_json/2.0/schema.json
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.coco_document import CocoDocument
from maskseg_cli.datasets.field_values import is_number, picture_sides, shown, whole_number
from maskseg_cli.datasets.label_pictures import MOST_PIXELS, label_objects
from maskseg_cli.datasets.outline_shapes import BROKEN, ellipse
from maskseg_cli.datasets.photo_names import base_folder, path_from
from maskseg_cli.datasets.picture_documents import PictureDocuments
from maskseg_cli.datasets.polygons_and_rle import check_outline, from_polygons
from maskseg_cli.datasets.problems import ProblemLog, without_objects
from maskseg_cli.errors import MasksegError
from maskseg_cli.mask_arithmetic import odd_pixels
from maskseg_cli.rle import encode_rle

#: Kinds of annotations that are no shapes.
_NO_SHAPES = ("tag", "string", "graph")


class _Item(NamedTuple):
    """What a file says of its picture; `size` is height and width, `slot` the name of the first of several views."""

    name: str
    size: tuple[int, int] | None
    slot: str | None


def is_darwin(path: Path) -> bool:
    """Whether this is a file of V7 Darwin, or a folder with such files in it or below it."""
    return _DOCUMENTS.match(path)


def darwin_to_coco(path: Path, images: Path | None, log: ProblemLog) -> dict[str, Any]:
    """Files of V7 Darwin in COCO's format.

    Polygons are outlines; where a polygon has several paths, a point is inside if it is inside an odd number of them:
    a path in another one is a hole. Ellipses are outlines. Masks are those of the raster layer, to the pixel. Bounding
    boxes without a polygon are boxes. Other kinds, such as lines, are left out.

    Args:
        path: the file of one picture, or a folder with files.
        images: the folder of the photos; None: a folder images beside the files or above them, or the same folder.
        log: gets what is left out.

    Returns:
        images, annotations and categories; the classes in the order of the alphabet.

    Raises:
        MasksegError: no file can be read, or there is no object.
    """
    base = base_folder(path, images)
    document = CocoDocument()
    for file, content in _DOCUMENTS.read(path, log):
        item = _item(content)
        named = images is not None and os.path.isfile(images / item.name)
        photo = item.name if named else _photo(file, item.name, base)
        _add_picture(document, document.add_image(photo, item.size), photo, item, content["annotations"], log)
    if not document.object_count:
        raise without_objects(f"{path} is of V7 Darwin, and there is no outline or box in it", log)
    return document.finish()


def _json_files(path: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(path):
        folders[:] = sorted(one for one in folders if one != ".v7")
        yield from (Path(above) / name for name in sorted(files) if name.lower().endswith(".json"))


def _is_content(content: Any) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        return False
    newer, older = content.get("item"), content.get("image")
    return (isinstance(newer, dict) and isinstance(newer.get("name"), str)) or (
        isinstance(older, dict) and isinstance(older.get("filename"), str)
    )


def _item(content: dict[str, Any]) -> _Item:
    record, slot = _record(content)
    slots = record.get("slots")
    folder, name = record.get("path"), record.get("name", record.get("filename"))
    parts = PurePosixPath(folder if isinstance(folder, str) else "", str(name)).parts
    size = picture_sides(slot.get("height"), slot.get("width"))
    view = slot.get("slot_name") if isinstance(slots, list) and len(slots) > 1 else None
    file_name = "/".join(part for part in parts if part not in ("/", "..")) or "picture"
    return _Item(file_name, size, view if isinstance(view, str) else None)


def _record(content: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a file says of its picture, and of the first of several views of it."""
    record = content["item"] if isinstance(content.get("item"), dict) else content["image"]
    slots = record.get("slots")
    return record, slots[0] if isinstance(slots, list) and slots and isinstance(slots[0], dict) else record


def _is_video(content: dict[str, Any]) -> bool:
    _, slot = _record(content)
    return any(slot.get(key) for key in ("frame_urls", "frame_manifest", "frame_manifests", "fps"))


_DOCUMENTS = PictureDocuments("file of V7 Darwin", _json_files, _is_content, _is_video)


def _photo(file: Path, name: str, base: Path) -> str:
    """The photo of a file: in a folder images beside it or above, as Darwin's program has it, or in `base`."""
    places = [one / "images" for one in islice(file.parents, 4)] + [file.parent]
    found = next((one / name for one in places if os.path.isfile(one / name)), None)
    return name if found is None else path_from(found, base)


def _add_picture(
    document: CocoDocument, image: int, photo: str, item: _Item, records: list[Any], log: ProblemLog
) -> None:
    masks: dict[str, str] = {}
    layers = []
    for record in records:
        label = record.get("name") if isinstance(record, dict) else None
        if not isinstance(label, str) or not label.strip():
            log.add("no-class", photo)
            continue
        slots = record.get("slot_names")
        if item.slot is not None and isinstance(slots, list) and slots and slots[0] != item.slot:
            continue  # of another view of the same object
        if "raster_layer" in record:
            layers.append(record["raster_layer"])
        elif "mask" in record:
            masks[str(record.get("id"))] = label.strip()
        elif "polygon" in record or "complex_polygon" in record:
            outline = _outline(record.get("polygon", record.get("complex_polygon")), item.size)
            document.add_object(image, label.strip(), outline, _box(record.get("bounding_box")))
        elif "ellipse" in record:
            document.add_object(image, label.strip(), _ellipse(record["ellipse"]))
        elif "bounding_box" in record:
            document.add_object(image, label.strip(), None, _box(record["bounding_box"]) or "null")
        elif not any(kind in record for kind in _NO_SHAPES):
            kinds = [key for key in record if isinstance(record[key], dict)]
            log.add("shape-kind", f"{photo} ({shown(kinds[0] if kinds else 'nothing')})")
    for layer in layers:
        _add_masks(document, image, layer, item.size, masks)
    for label in masks.values():  # of no raster layer
        document.add_object(image, label, BROKEN)


def _add_masks(
    document: CocoDocument, image: int, layer: Any, size: tuple[int, int] | None, masks: dict[str, str]
) -> None:
    """Adds the objects of a raster layer, and takes them out of `masks`: id -> class."""
    labels = None if size is None else _labels(layer, *size)
    mapping = layer.get("mask_annotation_ids_mapping") if isinstance(layer, dict) else None
    if labels is None or not isinstance(mapping, dict):
        return
    names = {whole_number(number): identity for identity, number in mapping.items()}
    try:
        found = list(label_objects(labels))
    except MasksegError:
        return
    for one in found:
        label = masks.pop(str(names.get(one.value)), None)
        if label is not None:
            document.add_labels(image, label, one)


def _labels(layer: Any, height: int, width: int) -> NDArray[np.uint32] | None:
    """The numbers of a raster layer (H, W), from runs of number and length along the rows; None: it is broken."""
    runs = layer.get("dense_rle") if isinstance(layer, dict) else None
    if not isinstance(runs, list) or len(runs) % 2 or not all(type(one) is int and 0 <= one < 2**31 for one in runs):
        return None
    if height * width > MOST_PIXELS or sum(runs[1::2]) != height * width:
        return None
    return np.repeat(np.array(runs[::2], np.uint32), runs[1::2]).reshape(height, width)


def _outline(polygon: Any, size: tuple[int, int] | None) -> Any:
    """COCO's polygons, an RLE where paths overlap, or a text where one is broken."""
    rings = [_ring(path) for path in _paths(polygon)]
    sound = [ring for ring in rings if ring is not None]
    if not rings or len(sound) < len(rings):
        return BROKEN
    if len(sound) == 1:
        return sound
    if size is None or check_outline(sound, None, *size, need_area=True).problem is not None:
        return BROKEN
    crops = [from_polygons([ring], *size) for ring in sound]
    inside = odd_pixels(crops)
    if inside.area == sum(crop.area for crop in crops):  # no two overlap
        return sound
    return encode_rle(inside, *size)


def _ellipse(shape: Any) -> Any:
    """COCO's polygon of an ellipse, or a text where it is broken: `radius` has its half axes, `angle` is in radians."""
    parts = [shape.get(key) if isinstance(shape, dict) else None for key in ("center", "radius")]
    numbers: list[Any] = [part.get(side) for part in parts if isinstance(part, dict) for side in ("x", "y")]
    numbers.append(shape.get("angle", 0) if isinstance(shape, dict) else None)
    if len(numbers) != 5 or not all(map(is_number, numbers)) or min(numbers[2:4]) <= 0:
        return BROKEN
    return [ellipse(*map(float, numbers))]


def _paths(polygon: Any) -> list[Any]:
    """The paths of a polygon: `paths` in version 2; in version 1 `path` (one or several) and `additional_paths`."""
    if not isinstance(polygon, dict):
        return []
    paths = polygon.get("paths")
    if paths is None:
        path, more = polygon.get("path"), polygon.get("additional_paths")
        several = isinstance(path, list) and bool(path) and isinstance(path[0], list)
        paths = [*(path if several and isinstance(path, list) else [path]), *(more if isinstance(more, list) else [])]
    return paths if isinstance(paths, list) else []


def _ring(path: Any) -> list[float] | None:
    if not isinstance(path, list):
        return None
    numbers: list[Any] = [point.get(side) for point in path if isinstance(point, dict) for side in ("x", "y")]
    return numbers if len(numbers) == 2 * len(path) >= 6 and all(map(is_number, numbers)) else None


def _box(box: Any) -> list[Any] | str | None:
    """COCO's box; a text where it is broken, None where there is none."""
    if box is None:
        return None
    sides = [box.get(side) for side in ("x", "y", "w", "h")] if isinstance(box, dict) else []
    return sides if len(sides) == 4 and all(map(is_number, sides)) else f"bounding_box {shown(box)}"
