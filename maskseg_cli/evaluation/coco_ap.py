"""COCO's average precision (https://cocodataset.org/#detection-eval), computed by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation.coco_dataset import CocoDataset

#: Our names of the figures that pycocotools gives, and their places in its `stats`.
FIGURES = {"AP": 0, "AP50": 1, "AP75": 2, "APs": 3, "APm": 4, "APl": 5, "AR100": 8}


@dataclass(frozen=True)
class AveragePrecision:
    """Figures of one kind of overlap ("bbox" or "segm"), each 0..1, or None where nothing could be measured.

    Attributes:
        figures: AP (mean over IoU 0.50:0.95), AP50, AP75, AP of small (under 32 x 32 pixels), medium and
            large (from 96 x 96) objects, and AR100, the recall at up to 100 detections a photo.
        per_class: category id -> its AP and AP50.
    """

    figures: dict[str, float | None]
    per_class: dict[int, dict[str, float | None]]


def average_precision(
    dataset: CocoDataset, results: Sequence[dict[str, Any]], kind: str, category_ids: Collection[int]
) -> AveragePrecision:
    """Scores results against a data set.

    Args:
        dataset: all of its photos count, also those without objects or results.
        results: rows of COCO's result format with image_id, category_id, bbox, score and, for "segm",
            segmentation as RLE. Rows of other categories do not count. At most 100 a photo do, the surest.
        kind: "bbox" or "segm".
        category_ids: the categories whose mean is taken; those without objects are left out of it by COCO.
    """
    truth = _make_coco(dataset, ({**annotation} for annotation in dataset.annotations))
    found = _make_coco(dataset, _as_detections(dataset, results, kind))
    evaluation = COCOeval(truth, found, kind)
    # COCO leaves categories without objects out of every mean, but takes memory and time for each.
    measured = sorted(set(category_ids) & {annotation["category_id"] for annotation in dataset.annotations})
    evaluation.params.catIds = measured
    with contextlib.redirect_stdout(io.StringIO()):  # our own table belongs there
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    figures = {name: _figure(evaluation.stats[place]) for name, place in FIGURES.items()}
    # precision: (IoU thresholds, recall levels, categories, area ranges, numbers of detections)
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    per_class: dict[int, dict[str, float | None]] = {one: {"AP": None, "AP50": None} for one in sorted(category_ids)}
    for i, category in enumerate(measured):
        per_class[category] = {"AP": _mean(precision[:, :, i]), "AP50": _mean(precision[:1, :, i])}
    return AveragePrecision(figures, per_class)


def _as_detections(dataset: CocoDataset, results: Sequence[dict[str, Any]], kind: str) -> Iterable[dict[str, Any]]:
    images = {image["id"]: image for image in dataset.images}
    for number, row in enumerate(results, 1):
        record = {"id": number, "iscrowd": 0, **{key: row[key] for key in ("image_id", "category_id", "score")}}
        # Small, medium and large go by the area of what is compared: the mask's own area for masks.
        if kind == "segm":
            image = images[row["image_id"]]
            record["segmentation"] = to_rle(row["segmentation"], image["height"], image["width"])
            record["area"] = float(coco_mask.area(record["segmentation"]))
        else:
            record["bbox"] = row["bbox"]
            record["area"] = row["bbox"][2] * row["bbox"][3]
        yield record


def _make_coco(dataset: CocoDataset, annotations: Iterable[dict[str, Any]]) -> COCO:
    """A `COCO` of records in memory; `annotations` are changed.

    Images are numbered in the order of their ids, which pycocotools sorts: it takes no mixture of numbers and texts.
    """
    ordered = sorted((image["id"] for image in dataset.images), key=lambda name: (isinstance(name, str), name))
    numbers = {identity: number for number, identity in enumerate(ordered, 1)}
    records = []
    for annotation in annotations:
        annotation["image_id"] = numbers[annotation["image_id"]]
        records.append(annotation)
    coco = COCO()
    coco.dataset = {
        "images": [{**image, "id": numbers[image["id"]]} for image in dataset.images],
        "categories": [{"id": category, "name": name} for category, name in dataset.categories.items()],
        "annotations": records,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _figure(value: float) -> float | None:
    return None if value < 0 else float(value)  # pycocotools says -1 where there is nothing to measure


def _mean(precision: np.ndarray) -> float | None:
    known = precision[precision > -1]
    return float(known.mean()) if known.size else None
