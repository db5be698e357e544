"""COCO's average precision (https://cocodataset.org/#detection-eval), computed by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation.boundary_overlap import BoundaryEvaluation
from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.evaluation.match_table import MatchTable, match_table

#: Our names of the figures that pycocotools gives, and their places in its `stats`.
FIGURES = {"AP": 0, "AP50": 1, "AP75": 2, "APs": 3, "APm": 4, "APl": 5, "AR100": 8}


@dataclass(frozen=True)
class AveragePrecision:
    """Figures of one kind of overlap ("bbox" or "segm"), each 0..1, or None where nothing could be measured.

    Attributes:
        figures: AP (mean over IoU 0.50:0.95), AP50, AP75, AP of small (under 32 x 32 pixels), medium and
            large (from 96 x 96) objects, and AR100, the recall at up to 100 detections a photo.
        per_class: category id -> its AP, AP50, AP75, APs, APm and APl.
        matches: which detections were right, photo by photo.
        precision: float64 (10, 101, classes), at `match_table.OVERLAPS` and `RECALLS`, for the classes of `matches` and
            objects of all sizes; -1 where nothing can be measured.
    """

    figures: dict[str, float | None]
    per_class: dict[int, dict[str, float | None]]
    matches: MatchTable = field(repr=False)
    precision: NDArray[np.float64] = field(repr=False)


def average_precision(
    dataset: CocoDataset, results: Sequence[dict[str, Any]], kind: str, category_ids: Collection[int]
) -> AveragePrecision:
    """Scores results against a data set.

    Args:
        dataset: all of its photos count, also those without objects or results.
        results: rows of COCO's result format with image_id, category_id, bbox, score and, for "segm",
            segmentation as RLE. Rows of other categories do not count. At most 100 a photo do, the surest.
        kind: "bbox", "segm", or "boundary": the overlap of masks or that of their boundaries, whichever is less.
        category_ids: the categories whose mean is taken; those without objects are left out of it by COCO.
    """
    truth = _make_coco(dataset, ({**annotation} for annotation in dataset.annotations))
    found = _make_coco(dataset, _as_detections(dataset, results, kind))
    evaluation = BoundaryEvaluation(truth, found) if kind == "boundary" else COCOeval(truth, found, kind)
    # COCO leaves categories without objects out of every mean, but takes memory and time for each.
    measured = sorted(set(category_ids) & {annotation["category_id"] for annotation in dataset.annotations})
    evaluation.params.catIds = measured
    with contextlib.redirect_stdout(io.StringIO()):  # our own table belongs there
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    figures = {name: _figure(evaluation.stats[place]) for name, place in FIGURES.items()}
    # precision: (IoU thresholds, recall levels, categories, area ranges, numbers of detections)
    precision = evaluation.eval["precision"][..., -1]
    none = dict.fromkeys(("AP", "AP50", "AP75", "APs", "APm", "APl"))
    per_class: dict[int, dict[str, float | None]] = {one: {**none} for one in sorted(category_ids)}
    for i, category in enumerate(measured):
        whole = precision[:, :, i, 0]
        sizes = {name: _mean(precision[:, :, i, place]) for place, name in enumerate(("APs", "APm", "APl"), start=1)}
        per_class[category] = {"AP": _mean(whole), "AP50": _mean(whole[:1]), "AP75": _mean(whole[5:6]), **sizes}
    others = set(category_ids) - set(measured)
    unmarked = [row["score"] for row in results if row["category_id"] in others]
    matches = match_table(evaluation, _ordered_ids(dataset), unmarked)
    return AveragePrecision(figures, per_class, matches, np.ascontiguousarray(precision[:, :, :, 0]))


def _as_detections(dataset: CocoDataset, results: Sequence[dict[str, Any]], kind: str) -> Iterable[dict[str, Any]]:
    images = {image["id"]: image for image in dataset.images}
    for number, row in enumerate(results, 1):
        record = {"id": number, "iscrowd": 0, **{key: row[key] for key in ("image_id", "category_id", "score")}}
        # Small, medium and large go by the area of what is compared: the mask's own area for masks.
        if kind != "bbox":
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
    numbers = {identity: number for number, identity in enumerate(_ordered_ids(dataset), 1)}
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


def _ordered_ids(dataset: CocoDataset) -> list[Any]:
    """Ids of the images, numbers before texts."""
    return sorted((image["id"] for image in dataset.images), key=lambda name: (isinstance(name, str), name))


def _figure(value: float) -> float | None:
    return None if value < 0 else float(value)  # pycocotools says -1 where there is nothing to measure


def _mean(precision: np.ndarray) -> float | None:
    known = precision[precision > -1]
    return float(known.mean()) if known.size else None
