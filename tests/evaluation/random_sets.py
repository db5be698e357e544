"""Small random data sets with results, for tests that compare with pycocotools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from maskseg_cli.evaluation.coco_dataset import CocoDataset
from maskseg_cli.mask_crop import MaskCrop
from maskseg_cli.rle import encode_rle

SIZE = 40


def random_set(seed: int, photos: int = 4, classes: int = 3) -> tuple[CocoDataset, list[dict[str, Any]]]:
    """Photos of 40 x 40 pixels with rectangles and ellipses, some of them crowds, and detections near most of them."""
    random = np.random.default_rng(seed)
    images = [{"id": n, "file_name": f"{n}.jpg", "width": SIZE, "height": SIZE} for n in range(1, photos + 1)]
    annotations: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image in images:
        for _ in range(random.integers(0, 5)):
            x, y, w, h = (*random.integers(0, 25, 2).tolist(), *random.integers(3, 15, 2).tolist())
            category, crowd = int(random.integers(1, classes + 1)), int(random.random() < 0.1)
            mask = shape(x, y, w, h, bool(random.random() < 0.5))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": category,
                    "bbox": [x, y, w, h],
                    "area": float(mask.area),
                    "iscrowd": crowd,
                    "segmentation": encode_rle(mask, SIZE, SIZE),
                }
            )
            for _ in range(random.integers(0, 3)):
                place = np.clip([x, y, w, h] + random.integers(-2, 3, 4), [0, 0, 2, 2], [30, 30, 10, 10]).tolist()
                label = category if random.random() < 0.8 else int(random.integers(1, classes + 1))
                results.append(result(image["id"], label, place, random.random()))
        if random.random() < 0.5:
            results.append(result(image["id"], int(random.integers(1, classes + 1)), [1, 1, 8, 8], random.random()))
    names = {number: f"class {number}" for number in range(1, classes + 1)}
    return CocoDataset(Path("random.json"), tuple(images), tuple(annotations), names, 0), results


def result(image: int, category: int, box: list[int], score: float) -> dict[str, Any]:
    """A row of COCO's result format."""
    mask = encode_rle(shape(*box, False), SIZE, SIZE)
    return {"image_id": image, "category_id": category, "bbox": box, "score": score, "segmentation": mask}


def shape(x: int, y: int, w: int, h: int, round_: bool) -> MaskCrop:
    """A rectangle, or the ellipse in it."""
    bitmap = np.ones((h, w), bool)
    if round_:
        rows, columns = np.mgrid[0:h, 0:w]
        bitmap = ((rows - (h - 1) / 2) / (h / 2)) ** 2 + ((columns - (w - 1) / 2) / (w / 2)) ** 2 <= 1
    return MaskCrop(y, x, bitmap)
