"""Reads the file of --summary that an earlier run has written, so that the next run can continue it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from maskseg_cli.errors import MasksegError
from maskseg_cli.export.earlier_records import parse_record
from maskseg_cli.printable import plain_cell

#: The first columns of a table; a column for each class follows.
COLUMNS = ("photo", "result", "status", "reason", "seconds", "objects")


def read_summary(path: Path) -> dict[str, dict[str, int]]:
    """Reads the objects of each photo in a summary.

    Args:
        path: a .csv or .json file; an empty one holds no photo.

    Returns:
        name of the photo -> class name -> number of objects; photos that failed, and those that were left out without
        their objects being known, are absent.

    Raises:
        MasksegError: the file is no summary of maskseg.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # a spreadsheet may have put a mark of the encoding in front
        if not text.strip():
            return {}
        return _from_table(text) if path.suffix.lower() == ".csv" else _from_json(parse_record(text))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, csv.Error) as error:
        raise MasksegError(f"{path} is no summary that could be continued: delete it, or name another file.") from error


def _from_table(text: str) -> dict[str, dict[str, int]]:
    heading, *rows = csv.reader(io.StringIO(text, newline=""))
    if tuple(heading[: len(COLUMNS)]) != COLUMNS:
        raise ValueError(heading)
    classes = list(map(plain_cell, heading[len(COLUMNS) :]))
    found = {}
    for photo, _, _, _, _, objects, *numbers in rows:
        if objects:
            counts = {name: int(number) for name, number in zip(classes, numbers, strict=True)}
            found[plain_cell(photo)] = {name: number for name, number in counts.items() if number}
    return found


def _from_json(data: Any) -> dict[str, dict[str, int]]:
    return {
        photo["photo"]: {str(name): int(number) for name, number in photo["objects"].items()}
        for photo in data["photos"]
        if "objects" in photo
    }
