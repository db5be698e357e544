"""VOC's average precision as Matterport's `compute_ap` gives it: one photo at a time, then the mean over photos.

It is the number of Matterport's notebooks ("mAP 0.95 over 10 pictures"). It is no COCO AP: all classes of a photo
share one curve, a photo with one object counts as much as one with twenty, and objects of higher scores in other
photos do not matter. It is therefore higher than AP50, and to be compared with numbers made in the same way only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.evaluation.coco_dataset import CocoDataset

#: Detections from this score on count: Matterport's DETECTION_MIN_CONFIDENCE, at which its notebooks measure.
MIN_SCORE = 0.7

#: Overlap of masks from which a detection matches an object.
IOU = 0.5


def photo_average_precision(hits: Sequence[bool] | NDArray[np.bool_], objects: int) -> float:
    """Area under the precision-recall curve of one photo, precision made monotone (Pascal VOC since 2010).

    Args:
        hits: whether each detection, best score first, found an object that no better one found.
        objects: how many there are to find, at least 1.

    Returns:
        0..1.

    Example:
        >>> photo_average_precision([True, False, True], objects=2)  # half at precision 1, half at 2/3
        0.8333333333333333
    """
    found = np.cumsum(np.asarray(hits, bool))
    precision = found / np.arange(1, len(found) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0], found]) / objects
    return float(np.sum(np.diff(recall) * best_from_here))


def voc_mean_average_precision(
    dataset: CocoDataset,
    results: Sequence[dict[str, Any]],
    category_ids: Collection[int],
    min_score: float = MIN_SCORE,
    iou: float = IOU,
) -> float | None:
    """Mean over photos of `photo_average_precision`, 0..1; None where no photo has an object.

    Best score first, each detection takes the object of its class that it overlaps most and that is still free.
    Photos without objects do not count (Matterport divides by zero there), and neither do detections that lie in a
    crowd of their class.

    Args:
        dataset: the photos, every object with a compressed RLE.
        results: rows of COCO's result format with a segmentation of any of COCO's kinds.
        category_ids: objects and detections of other categories do not count.
        min_score: detections below it do not count.
        iou: smallest overlap of masks of a match.
    """
    chosen = set(category_ids)
    images = {image["id"]: image for image in dataset.images}
    marked: dict[Any, list[dict[str, Any]]] = {image: [] for image in images}
    found: dict[Any, list[dict[str, Any]]] = {image: [] for image in images}
    for annotation in dataset.annotations:
        if annotation["category_id"] in chosen:
            marked[annotation["image_id"]].append(annotation)
    for row in results:
        if row["category_id"] in chosen and row["score"] >= min_score:
            image = images[row["image_id"]]
            outline = to_rle(row["segmentation"], image["height"], image["width"])
            found[image["id"]].append({**row, "segmentation": outline})
    precisions = []
    for image_id, truth in marked.items():
        objects = sum(not annotation["iscrowd"] for annotation in truth)
        if objects:
            ordered = sorted(found[image_id], key=lambda row: -row["score"])
            precisions.append(photo_average_precision(_hits(ordered, truth, iou), objects))
    return float(np.mean(precisions)) if precisions else None


def _hits(detections: list[dict[str, Any]], truth: list[dict[str, Any]], iou: float) -> list[bool]:
    """For each detection of a photo, best first, whether it found an object; without those in a crowd."""
    if not detections:
        return []
    crowds = [annotation["iscrowd"] for annotation in truth]
    outlines = [annotation["segmentation"] for annotation in truth]
    overlaps = coco_mask.iou([row["segmentation"] for row in detections], outlines, crowds)
    classes = np.array([annotation["category_id"] for annotation in truth])
    free, crowd = ~np.array(crowds, bool), np.array(crowds, bool)
    hits = []
    for row, overlap in zip(detections, overlaps, strict=True):
        matching = (overlap >= iou) & (classes == row["category_id"])
        if (matching & free).any():
            free[np.where(matching & free, overlap, -1).argmax()] = False
            hits.append(True)
        elif not (matching & crowd).any():
            hits.append(False)
    return hits
