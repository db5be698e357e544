"""Reading files in COCO's result format, which `maskseg evaluate --results` and other programs write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from maskseg_cli.datasets.coco_records import is_box
from maskseg_cli.datasets.field_values import id_of, is_number, whole_number
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.polygons_and_rle import as_polygons, check_outline, to_rle
from maskseg_cli.datasets.problems import StrictProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.rle import rle_totals


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of results, with polygons in COCO's form, not checked further.

    Raises:
        MasksegError: the file cannot be read, or is no list of records.
    """
    rows = read_json(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MasksegError(f"{path} is not a file of COCO results: it is no list of detections.")
    return [{**row, "segmentation": as_polygons(row.get("segmentation"))} for row in rows]


def read_results(results: str | Path, dataset: CocoDataset) -> list[dict[str, Any]]:
    """The rows of a file of results, checked against the annotations; a row without a box gets its mask's.

    Raises:
        MasksegError: the file cannot be read, or a row cannot be understood, which is named.
    """
    path = Path(results)
    rows = read_rows(path)
    images = {id_of(image["id"]): image for image in dataset.images}
    log = StrictProblemLog(path)
    totals = rle_totals(row["segmentation"] for row in rows)
    return [
        _check_row(row, total, images, dataset, f"result {number}", log)
        for number, (row, total) in enumerate(zip(rows, totals, strict=True), 1)
    ]


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
        which = f"image {row.get('image_id')!r}, category {row.get('category_id')!r}"
        raise MasksegError(f"In {log.path}: {label} belongs to no image or category of {dataset.path} ({which}).")
    score, outline, box = row.get("score"), row["segmentation"], row.get("bbox")
    if not is_number(score):
        raise MasksegError(f"In {log.path}: {label} has no score that is a number, but {score!r}.")
    image = images[image_id]
    size = image["height"], image["width"]
    if outline:
        checked = check_outline(outline, totals, *size, need_area=False)
        if checked.problem is not None:
            problem = "outline" if checked.problem in ("outline-empty", "outline-part") else checked.problem
            log.add(problem, label, checked.value)
        outline = checked.outline
        box = box or coco_mask.toBbox(to_rle(outline, *size)).tolist()
    if not is_box(box, *size):
        log.add("box-broken", label, repr(box))
    return {**row, "image_id": image["id"], "category_id": category, "segmentation": outline, "bbox": box}
