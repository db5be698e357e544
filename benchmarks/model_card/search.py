"""What the options of the search bring: the same weights with those of the first lite and with today's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.model_card import accuracy
from benchmarks.model_card.accuracy import Figures, Progress
from benchmarks.model_card.misses import IOU
from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.inference.model_options import ModelOptions

#: Options of maskseg-lite-coco-1.npz, and the score from which it showed objects.
FIRST_LITE = (
    "post_nms_rois_inference=120",
    "detection_suppression=greedy",
    "detection_voting_threshold=none",
    "detection_mask_scoring=0",
)
FIRST_LITE_SCORE = 0.6


def measure(weights: Path, dataset: CocoDataset, images: Path, limit: int | None, progress: Progress) -> Figures:
    """AP in float32, and the objects that `maskseg image` shows, right and wrong ones.

    Returns:
        {"before" or "now": {"bbox", "segm", "min_score", "right", "wrong"}}.
    """
    found: Figures = {}
    for name, settings, score in (("before", FIRST_LITE, FIRST_LITE_SCORE), ("now", (), None)):
        predictor = accuracy.load_for_measuring(weights, settings=settings)
        figures = accuracy.measure(predictor, dataset, images, limit, progress, f"search {name}")
        chosen = ModelOptions(weights=str(weights), settings=settings, min_score=score, **accuracy.EXACT)
        showing = accuracy.load_predictor(chosen)
        shown = evaluate(showing, dataset, images, limit=limit, progress=lambda photos: progress("shown", photos))
        right, wrong = right_and_wrong(shown.dataset, shown.results)
        found[name] = {
            "bbox": figures["bbox"],
            "segm": figures["segm"],
            "min_score": showing.config.detection_min_confidence,
            "right": right,
            "wrong": wrong,
        }
    return found


def right_and_wrong(dataset: CocoDataset, results: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """How many detections are of an object, and how many of none.

    Best score first, each takes the object of its class that its mask overlaps most, by `IOU` at least, unless another
    has taken it. Those on crowds count neither way.
    """
    from pycocotools import mask as coco_mask

    objects: dict[Any, list[dict[str, Any]]] = {image["id"]: [] for image in dataset.images}
    for annotation in dataset.annotations:
        objects[annotation["image_id"]].append(annotation)
    sizes = {image["id"]: (image["height"], image["width"]) for image in dataset.images}
    right = wrong = 0
    taken: set[Any] = set()
    for row in sorted(results, key=lambda row: -row["score"]):
        same = [one for one in objects[row["image_id"]] if one["category_id"] == row["category_id"]]
        outline = to_rle(row["segmentation"], *sizes[row["image_id"]])
        crowds = [one["iscrowd"] for one in same]
        overlaps = np.ravel(coco_mask.iou([outline], [one["segmentation"] for one in same], crowds)) if same else []
        close = [(overlap, one) for overlap, one in zip(overlaps, same, strict=True) if overlap >= IOU]
        free = [(overlap, one) for overlap, one in close if not one["iscrowd"] and one["id"] not in taken]
        if free:
            taken.add(max(free, key=lambda pair: pair[0])[1]["id"])
            right += 1
        elif not any(one["iscrowd"] for _, one in close):
            wrong += 1
    return right, wrong
