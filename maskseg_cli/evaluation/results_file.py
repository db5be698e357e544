"""Reading files in COCO's result format, which `maskseg evaluate --results` and other programs write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from maskseg_cli.datasets.class_matching import some_names
from maskseg_cli.datasets.coco_records import is_box
from maskseg_cli.datasets.coordinate_systems import SizeOf, fits_outline
from maskseg_cli.datasets.field_values import id_of, is_number, shown, whole_number
from maskseg_cli.datasets.json_file import parse_json, read_bytes
from maskseg_cli.datasets.polygons_and_rle import check_outline, to_rle
from maskseg_cli.datasets.problems import Problem, ProblemLog, StrictProblemLog
from maskseg_cli.datasets.references import Names
from maskseg_cli.datasets.tidy_records import tidy_records
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.rle import rle_totals

_NO_NAMES = Names()


def read_rows(path: Path, size_of: SizeOf, log: ProblemLog, names: Names = _NO_NAMES) -> Sequence[dict[str, Any]]:
    """The rows of a file of results, with outlines and boxes in COCO's form, not checked further.

    The file is a list of records, or has one record a line.

    Args:
        size_of: a row -> height and width of its image, None where they are unknown.
        log: gets what was converted.
        names: of images and categories, which may stand for their ids.

    Raises:
        MasksegError: the file cannot be read, or is no list of records.
    """
    data = read_bytes(path)
    rows = _lines(data, path)
    if rows is None:
        rows = parse_json(data, path, remedy="write the results in COCO's result format, a JSON list of detections")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MasksegError(f"{path} is not a file of COCO results: {_explain(rows)}.")
    if rows and all("annotations" in row and "file_name" in row for row in rows):
        raise MasksegError(
            f"{path} holds the lines of --json-lines, a list of objects for each frame: write results with "
            "`maskseg evaluate --results`."
        )
    return tidy_records(rows, size_of, lambda _, number: f"result {number}", log, names)


def _lines(data: bytes, path: Path) -> list[Any] | None:
    """The records of a file that has one a line (JSON lines); None if it is no such file.

    Raises:
        MasksegError: a line is no JSON; `path` is for this message.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data[:1000].lstrip().startswith(b"{"):
        return None
    records: list[Any] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            records += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError):
            if not records:
                return None
            raise MasksegError(f"{path} has one result a line, but line {number} is not valid JSON.") from None
        if records and not _is_line(records[0]):
            return None
    return records or None


def _is_line(record: Any) -> bool:
    """Whether this may be one of several lines, and is no document by itself."""
    return isinstance(record, dict) and ("image_id" in record or "file_name" in record)


def _explain(document: Any) -> str:
    """What a document that is no list of detections is, and what to do."""
    if isinstance(document, dict) and isinstance(document.get("annotations"), list) and "images" in document:
        return (
            "it is a data set with images and annotations; results are a list of detections, each with image_id and "
            "category_id of ANNOTATIONS, bbox or segmentation, and score"
        )
    return "it is no list of detections, each with image_id, category_id, bbox or segmentation, and score"


def read_results(results: str | Path, dataset: CocoDataset) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The rows of a file of results, checked against the annotations; a row without a box gets its mask's.

    Returns:
        the rows, and what was read in another way than COCO's, or looks wrong.

    Raises:
        MasksegError: the file cannot be read, or a row cannot be understood, which is named.
    """
    path = Path(results)
    images = {id_of(image["id"]): image for image in dataset.images}
    for other, own in dataset.image_ids.items():
        if own is not None:
            images[other] = images[id_of(own)]

    def size_of(row: dict[str, Any]) -> tuple[int, int] | None:
        image = images.get(id_of(row.get("image_id")))
        return None if image is None else (image["height"], image["width"])

    log = StrictProblemLog(path)
    names = Names.of({identity: one["file_name"] for identity, one in images.items()}, dataset.categories)
    rows = read_rows(path, size_of, log, names)
    elsewhere = _boxes_elsewhere(rows, size_of)
    for number in elsewhere:
        log.add("box-elsewhere", f"result {number}")
    totals = rle_totals(row.get("segmentation") for row in rows)
    checked = [
        _check_row(row, total, images, dataset, f"result {number}", log)
        for number, (row, total) in enumerate(zip(rows, totals, strict=True), 1)
        if dataset.image_ids.get(id_of(row.get("image_id")) or 0, 0) is not None  # else its photo is left out
    ]
    return checked, log.problems()


def _boxes_elsewhere(rows: Sequence[dict[str, Any]], size_of: SizeOf) -> list[int]:
    """Numbers of the rows whose box is not that of their outline, if they are most of those that have both."""
    numbers, both = [], 0
    for number, row in enumerate(rows, 1):
        size = size_of(row)
        fits = None if size is None else fits_outline(row, size)
        both += fits is not None
        numbers += [number] if fits is False else []
        if number == _LOOKED_AT and 2 * len(numbers) <= both:
            return []
    return numbers if 2 * len(numbers) > both else []


#: So many rows show whether boxes fit their outlines; the others are looked at only if these do not.
_LOOKED_AT = 1000


def _check_row(
    row: dict[str, Any],
    totals: tuple[int, int] | None,
    images: dict[int | str | None, dict[str, Any]],
    dataset: CocoDataset,
    label: str,
    log: StrictProblemLog,
) -> dict[str, Any]:
    image_id, number = id_of(row.get("image_id")), whole_number(row.get("category_id"))
    category = None if number is None else dataset.same_as.get(number, number if number in dataset.categories else None)
    if image_id is None or image_id not in images or category is None:
        known = (
            f"; its categories are {some_names([str(one) for one in dataset.categories])}" if category is None else ""
        )
        which = f"image {shown(row.get('image_id'))}, category {shown(row.get('category_id'))}{known}"
        raise MasksegError(f"In {log.path}: {label} belongs to no image or category of {dataset.path} ({which}).")
    score, outline, box = row.get("score"), row.get("segmentation"), row.get("bbox")
    if not is_number(score):
        raise MasksegError(f"In {log.path}: {label} has no score that is a number, but {shown(score)}.")
    if not 0 <= score <= 1:
        log.add("score-range", label)
    image = images[image_id]
    size = image["height"], image["width"]
    if outline:
        checked = check_outline(outline, totals, *size, need_area=False)
        problem = checked.problem
        if problem is not None:
            refused = problem == "outline-part" or (problem == "outline-empty" and not box)
            log.add("outline" if refused else problem, label, checked.value)
        outline = checked.outline
        # As with annotations, a box of no size beside an outline is that of a program that computes no boxes.
        if outline and (not box or (is_box(box, *size) and 0 in box[2:])):
            box = coco_mask.toBbox(to_rle(outline, *size)).tolist()
    if not is_box(box, *size):
        log.add("box-broken", label, shown(box))
    return {**row, "image_id": image["id"], "category_id": category, "segmentation": outline, "bbox": box}
