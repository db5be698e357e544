"""What COCO's JSON files are made of, for those that measure with them and those that train on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.classes import canonical_name
from maskseg_cli.errors import MasksegError


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        MasksegError: it cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise MasksegError(f"There is no file {path}.") from None
    except OSError as error:
        raise MasksegError(f"{path} cannot be read: {error.strerror}.") from None
    except json.JSONDecodeError as error:
        raise MasksegError(f"{path} is not valid JSON: line {error.lineno}: {error.msg}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise MasksegError(f"{path} is not valid JSON.") from None


def read_document(path: Path) -> dict[str, Any]:
    """A COCO annotation file whose images, annotations and categories are lists of records.

    Raises:
        MasksegError: it cannot be read or is no such file.
    """
    return check_document(read_json(path), path)


def check_document(document: Any, path: Path) -> dict[str, Any]:
    """`read_document` of what has been read already; `path` is for messages."""
    if not isinstance(document, dict):
        raise MasksegError(f"{path} is not a COCO annotation file: it holds no images and annotations.")
    for part in ("images", "annotations", "categories"):
        records = document.get(part)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise MasksegError(f"{path} is not a COCO annotation file: it has no list of {part}.")
    return document


def check_categories(records: list[dict[str, Any]]) -> dict[int, str]:
    """Category id -> name, in the order of the file.

    Raises:
        MasksegError: no category, one without a whole number and a name, or an id that occurs twice.
    """
    categories: dict[int, str] = {}
    for record in records:
        identity, name = record.get("id"), record.get("name")
        if type(identity) is not int or not isinstance(name, str):
            raise MasksegError(f"the category {identity!r} ({name!r}) needs a whole number and a name.")
        if identity in categories:
            raise MasksegError(f"two categories have the id {identity}.")
        categories[identity] = name
    if not categories:
        raise MasksegError("there is no category.")
    return categories


def class_finder(class_names: Sequence[str]) -> Callable[[str], int | None]:
    """A function from a name, in either spelling, to the index of that class in `class_names` (background first).

    Example:
        >>> find = class_finder(("background", "motorcycle", "Motorcycle"))
        >>> find("Motorcycle"), find("motorbike"), find("dog")
        (2, 1, None)
    """
    exact = {name: index for index, name in enumerate(class_names) if index}
    loose = {canonical_name(name): index for name, index in reversed(exact.items())}
    return lambda name: exact.get(name) or loose.get(canonical_name(name))


def find_photo(folder: Path, name: str) -> Path:
    """Where a record's photo lies; some files name photos with the folder that they lie in: "val/0001.jpg"."""
    path = folder / name
    return path if path.exists() or not (folder / path.name).exists() else folder / path.name


def some_names(names: Sequence[str]) -> str:
    """The first five names for a message, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def is_box(box: Any) -> bool:
    """Whether this is COCO's [x, y, width, height]."""
    return isinstance(box, list) and len(box) == 4 and all(isinstance(number, (int, float)) for number in box)


def to_rle(outline: Any, image: dict[str, Any], label: str) -> dict[str, Any]:
    """COCO's polygons, counts or compressed RLE as compressed RLE of the image's size.

    Raises:
        MasksegError: it is none of these, or of another size than the image.
    """
    from pycocotools import mask as coco_mask

    height, width = image["height"], image["width"]
    try:
        if isinstance(outline, list):
            if not all(len(polygon) >= 6 and len(polygon) % 2 == 0 for polygon in outline):
                raise ValueError("a polygon needs three points")
            rle: dict[str, Any] = coco_mask.merge(coco_mask.frPyObjects(outline, height, width))
        elif [height, width] != list(outline["size"]):
            raise ValueError("of another size")
        elif isinstance(outline["counts"], list):
            if sum(outline["counts"]) != height * width:
                raise ValueError("of another length")
            rle = coco_mask.frPyObjects(outline, height, width)
        else:
            rle = {"size": [height, width], "counts": outline["counts"].encode("ascii")}
            coco_mask.area(rle)
    except Exception:
        # pycocotools raises whatever its C code meets
        raise MasksegError(f"{label} has an outline that is no polygon or RLE of its image.") from None
    return rle
