"""Masks before and after `--refine`: `python -m benchmarks.refine ANNOTATIONS PHOTOS`.

Objects that the network finds are matched with the annotated objects of their class (IoU of masks at least 0.5). For
each, the boundary F-score (precision and recall of the pixels of the mask's edge, within a tolerance of 0.75 % of the
picture's diagonal, and of 2 pixels) and the IoU of the masks, before and after; and the time for an object.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO

from maskseg_cli import load_model
from maskseg_cli.drawing.effects.refinement import refined
from maskseg_cli.media.images import read_image


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("annotations", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--limit", type=int, default=90, help="photos at most (90)")
    given = parser.parse_args()
    coco, model = COCO(str(given.annotations)), load_model("lite")
    names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
    rows, seconds, photos = [], [], 0
    for info in coco.loadImgs(sorted(coco.getImgIds())[: given.limit]):
        path = given.photos / info["file_name"]
        if not path.is_file():
            continue
        photos += 1
        image = read_image(path)
        found = model(image)
        truths = [
            (names[one["category_id"]], coco.annToMask(one) > 0)
            for one in coco.loadAnns(coco.getAnnIds(info["id"]))
            if not one["iscrowd"]
        ]
        tolerances = (0.0075 * math.hypot(*image.shape[:2]), 2.0)
        for name, mask in zip(found.names, found.masks, strict=True):
            before = mask.full(*image.shape[:2])
            truth = max((one for label, one in truths if label == name), key=lambda one: iou(before, one), default=None)
            if truth is None or iou(before, truth) < 0.5:
                continue
            started = time.perf_counter()
            after = refined(image, mask).full(*image.shape[:2])
            seconds.append(time.perf_counter() - started)
            rows.append(
                [[*(boundary_f(one, truth, t) for t in tolerances), iou(one, truth)] for one in (before, after)]
            )
    means = np.array(rows).mean(axis=0)
    print(f"{len(rows)} objects of {photos} photos; {1000 * float(np.median(seconds)):.1f} ms an object (median)")
    print("| | F, 0.75 % of the diagonal | F, 2 pixels | IoU |\n|---|---|---|---|")
    for label, values in zip(("before", "after"), means, strict=True):
        print(f"| {label} | " + " | ".join(f"{value:.3f}" for value in values) + " |")


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0


def boundary_f(one: NDArray[np.bool_], other: NDArray[np.bool_], tolerance: float) -> float:
    """The boundary F-score of two masks: pixels of each edge that lie within the tolerance, in pixels, of the other."""
    edges = [edge(mask) for mask in (one, other)]
    if not all(each.any() for each in edges):
        return 0.0
    distances = [cv2.distanceTransform((~each).astype(np.uint8), cv2.DIST_L2, 5) for each in edges]
    precision = float((distances[1][edges[0]] <= tolerance).mean())
    recall = float((distances[0][edges[1]] <= tolerance).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a mask beside a pixel that does not belong to it; the border of the picture is no edge."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return mask & (cv2.erode(padded, np.ones((3, 3), np.uint8))[1:-1, 1:-1] == 0)


if __name__ == "__main__":
    main()
