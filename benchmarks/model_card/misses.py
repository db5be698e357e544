"""What becomes of each annotated object at the settings of `maskseg image`: found, taken for something else, missed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.model_card.accuracy import FLOAT32, Figures, Progress
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions

#: Overlap of masks from which a detection is of an object.
IOU = 0.5

OUTCOMES = ("found", "other class", "missed")

#: Areas in pixels below which an object is small or medium, as COCO has them.
AREAS = (("small", 32**2), ("medium", 96**2), ("large", float("inf")))


def measure(weights: Path, dataset: CocoDataset, images: Path, limit: int | None, progress: Progress) -> Figures:
    """How many objects were found, by size and by COCO's groups of classes (kitchen, animal, ...).

    Returns:
        {"sizes" or "groups": name -> {"objects", "found", "other class", "missed"}}, crowds left out.
    """
    engine, precision = FLOAT32
    predictor = load_predictor(ModelOptions(weights=str(weights), engine=engine, precision=precision))
    found = evaluate(predictor, dataset, images, limit=limit, progress=lambda photos: progress("misses", photos))
    groups = _groups(dataset.path)
    counts: Figures = {"min_score": predictor.config.detection_min_confidence, "sizes": {}, "groups": {}}
    for annotation, outcome in outcomes(found.dataset, found.results):
        size = next(name for name, below in AREAS if annotation["area"] < below)
        for kind, name in (("sizes", size), ("groups", groups[annotation["category_id"]])):
            row = counts[kind].setdefault(name, {"objects": 0, **dict.fromkeys(OUTCOMES, 0)})
            row["objects"] += 1
            row[outcome] += 1
    counts["sizes"] = {name: counts["sizes"][name] for name, _ in AREAS if name in counts["sizes"]}
    return counts


def outcomes(dataset: CocoDataset, results: Sequence[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Each object that is no crowd, with what became of it.

    It is found where a detection of its class overlaps it by IOU, and taken for something else where only one of
    another class does.
    """
    from pycocotools import mask as coco_mask

    images = {image["id"]: image for image in dataset.images}
    found: dict[Any, list[dict[str, Any]]] = {image: [] for image in images}
    for row in results:
        found[row["image_id"]].append(row)
    judged = []
    for annotation in dataset.annotations:
        if annotation["iscrowd"]:
            continue
        image = images[annotation["image_id"]]
        rows = found[image["id"]]
        outlines = [to_rle(row["segmentation"], image["height"], image["width"]) for row in rows]
        overlaps = np.ravel(coco_mask.iou(outlines, [annotation["segmentation"]], [0])) if rows else np.zeros(0)
        same = np.array([row["category_id"] == annotation["category_id"] for row in rows], bool)
        close = overlaps >= IOU
        outcome = "found" if (close & same).any() else "other class" if close.any() else "missed"
        judged.append((annotation, outcome))
    return judged


def _groups(path: Path) -> dict[int, str]:
    """Category id -> COCO's group of it; the class itself where the file has no groups."""
    return {record["id"]: record.get("supercategory", record["name"]) for record in read_json(path)["categories"]}
