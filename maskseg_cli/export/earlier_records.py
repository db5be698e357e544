"""Checks what an earlier run has left: it may be damaged, or made by something else."""

from __future__ import annotations

import json
from typing import Any


def parse_record(data: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def parse_picture(line: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A picture's record and those of its objects, from a line of a journal.

    Raises:
        ValueError: the line is none.
    """
    record = parse_record(line)
    if not isinstance(record, dict):
        raise ValueError("no record")
    image, annotations = record.get("image"), record.get("annotations")
    check_image(image)
    assert isinstance(image, dict)
    if not isinstance(annotations, list):
        raise ValueError("no list of objects")
    for annotation in annotations:
        check_annotation(annotation)
    return image, annotations


def check_image(record: Any) -> None:
    """Checks the record of a picture.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(record, dict) or not isinstance(record.get("file_name"), str):
        raise ValueError("no record of a picture")
    if not all(_is_whole(record.get(name)) and record[name] >= 0 for name in ("width", "height")):
        raise ValueError("a picture without its size")


def check_annotation(record: Any) -> None:
    """Checks the record of an object, as far as another run uses it.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(record, dict) or not _is_whole(record.get("category_id")):
        raise ValueError("no record of an object")
    if not isinstance(record.get("image_id"), (int, str)):
        raise ValueError("an object without its picture")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
