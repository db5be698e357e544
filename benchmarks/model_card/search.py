"""What the options of the search bring: the same weights with the earlier options and with the file's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from benchmarks.model_card.accuracy import FLOAT32, Figures, Progress, at_default
from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation import CocoDataset, evaluate
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions

#: The options of maskseg-lite-coco-1, which held the same arrays.
EARLIER = (
    "post_nms_rois_inference=120",
    "detection_suppression=greedy",
    "detection_voting_threshold=none",
    "detection_mask_scoring=0",
)

#: The score from which `maskseg image` showed objects with these options.
EARLIER_MIN_SCORE = 0.6

#: Overlap of masks from which a shown object is right.
IOU = 0.5


def measure(
    weights: Path,
    dataset: CocoDataset,
    images: Path,
    limit: int | None,
    progress: Progress,
    own: Figures,
    others: Mapping[str, tuple[CocoDataset, Path]],
) -> Figures:
    """AP, and how many right and wrong objects are shown, with the earlier options and with the file's own.

    Args:
        own: AP with the file's own options, measured before.
        others: name -> more annotated photos on which only the shown objects are counted.

    Returns:
        settings: the earlier options as for `--set`; "earlier" and "own": bbox, segm, min_score, and shown: name of
        the photos ("measured" are those of `dataset`) -> photos, right and wrong.
    """
    before = at_default(weights, dataset, images, limit, progress, "earlier options", settings=EARLIER)
    found: Figures = {"settings": list(EARLIER), "earlier": dict(before), "own": dict(own)}
    for name, settings, min_score in (("earlier", EARLIER, EARLIER_MIN_SCORE), ("own", (), None)):
        engine, precision = FLOAT32
        predictor = load_predictor(
            ModelOptions(
                weights=str(weights), settings=settings, min_score=min_score, engine=engine, precision=precision
            )
        )
        found[name]["min_score"] = predictor.config.detection_min_confidence
        found[name]["shown"] = {}
        for photos, (truth, folder) in {"measured": (dataset, images), **others}.items():
            shown = evaluate(
                predictor, truth, folder, limit=limit, progress=lambda all_: progress("shown objects", all_)
            )
            right, wrong = right_and_wrong(shown.dataset, shown.results)
            found[name]["shown"][photos] = {"photos": len(shown.dataset.images), "right": right, "wrong": wrong}
    return found


def right_and_wrong(dataset: CocoDataset, results: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Counts detections that are an object of their class, and those that are none.

    Matched as by COCO: in the order of their scores, each takes the object of its class in its photo that it overlaps
    most, by at least IOU and not taken yet. One that overlaps only a crowd of its class counts neither way.
    """
    images = {image["id"]: image for image in dataset.images}
    truth: dict[tuple[Any, int], list[dict[str, Any]]] = {}
    found: dict[tuple[Any, int], list[dict[str, Any]]] = {}
    for rows, groups in ((dataset.annotations, truth), (results, found)):
        for row in rows:
            groups.setdefault((row["image_id"], row["category_id"]), []).append(row)
    right = wrong = 0
    for (image, category), rows in found.items():
        objects = truth.get((image, category), [])
        rows = sorted(rows, key=lambda row: -row["score"])
        size = images[image]["height"], images[image]["width"]
        crowd = np.array([one["iscrowd"] for one in objects], bool)
        outlines = [to_rle(row["segmentation"], *size) for row in rows]
        marked = [to_rle(one["segmentation"], *size) for one in objects]
        # (detections, objects); of a crowd the share of the detection that lies inside it
        overlaps = np.reshape(coco_mask.iou(outlines, marked, crowd.astype(int).tolist()), (len(rows), len(objects)))
        free = ~crowd
        for overlap in overlaps:
            close = np.where(free, overlap, 0.0)
            if close.size and close.max() >= IOU:
                free[int(close.argmax())] = False
                right += 1
            elif not (overlap[crowd] >= IOU).any():
                wrong += 1
    return right, wrong
