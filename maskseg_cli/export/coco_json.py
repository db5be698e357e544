"""Detections as COCO JSON: https://cocodataset.org/#format-data and #format-results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskseg_cli.detections import Detections
from maskseg_cli.export.rle import encode


def annotation_rows(
    detections: Detections, image_id: int | str, category_ids: Mapping[int, int] | Sequence[int]
) -> list[dict[str, Any]]:
    """One COCO annotation a detection, in order, without an ``id`` of its own.

    Args:
        detections: of one picture.
        image_id: the picture's id in the same document.
        category_ids: class index -> category id (`COCO_CATEGORY_IDS` for COCO's own 1..90).

    Returns:
        dicts of image_id, category_id, bbox [x, y, width, height] in pixels with width = x2 - x1, area (pixels
        of the mask), segmentation (compressed RLE), iscrowd 0 and score; plain values only, ready for JSON.
    """
    return [
        {
            "image_id": image_id,
            "category_id": category_ids[class_id],
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": mask.area,
            "segmentation": encode(mask, detections.image_size),
            "iscrowd": 0,
            "score": score,
        }
        for (x1, y1, x2, y2), class_id, score, mask in zip(
            detections.xyxy.astype(float).tolist(),
            detections.class_id.tolist(),
            detections.confidence.astype(float).tolist(),
            detections.masks,
            strict=True,
        )
    ]
