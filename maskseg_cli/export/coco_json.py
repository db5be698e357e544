"""Detections as a COCO data set: what pycocotools, CVAT, FiftyOne and others read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli import __version__
from maskseg_cli.classes import COCO_CATEGORY_IDS, COCO_CLASSES, same_class
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError
from maskseg_cli.rle import encode_rle


def category_ids(class_names: Sequence[str]) -> tuple[int, ...]:
    """The category id of each class id: COCO's own 1..90 for the 80 COCO classes, else 1, 2, 3 ...

    Args:
        class_names: background first. The background's category is 0 and never written.

    Example:
        >>> category_ids(("background", "cat", "dog"))
        (0, 1, 2)
    """
    if len(class_names) == len(COCO_CLASSES) and all(map(same_class, class_names[1:], COCO_CLASSES[1:])):
        return COCO_CATEGORY_IDS
    return tuple(range(len(class_names)))


def coco_categories(class_names: Sequence[str]) -> list[dict[str, Any]]:
    """COCO's list `categories`, the background left out."""
    ids = category_ids(class_names)
    return [{"id": ids[i], "name": name} for i, name in enumerate(class_names) if i > 0]


def coco_annotations(detections: Detections, image_id: int | str, ids: Sequence[int] = ()) -> Iterable[dict[str, Any]]:
    """COCO's annotations of one picture, best score first, without `id`.

    Args:
        detections: objects in the upright picture.
        image_id: the picture's id.
        ids: class id -> category id; by default that of the detections' own class names.

    Yields:
        image_id; category_id; segmentation (RLE, counts as str); bbox [x, y, width, height] in pixels with
        width x2 - x1; area, the pixels of the mask; score; iscrowd 0.
    """
    ids = ids or category_ids(detections.class_names)
    height, width = detections.image_size
    for box, class_id, score, mask in zip(
        detections.xyxy, detections.class_id, detections.confidence, detections.masks, strict=True
    ):
        x1, y1, x2, y2 = (float(v) for v in box)
        yield {
            "image_id": image_id,
            "category_id": ids[class_id] if class_id < len(ids) else int(class_id),
            "segmentation": encode_rle(mask, height, width),
            "bbox": [round(v, 3) for v in (x1, y1, x2 - x1, y2 - y1)],
            "area": mask.area,
            "score": float(str(score)),  # the shortest text that gives the same float32
            "iscrowd": 0,
        }


class CocoExport:
    """Gathers pictures and what was found in them; ids count from 1.

    Example:
        >>> found = CocoExport(("background", "cat"))
        >>> found.add("cat.jpg", Detections.empty((480, 640)))
        1
        >>> found.to_dict()["images"]
        [{'id': 1, 'file_name': 'cat.jpg', 'width': 640, 'height': 480}]
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        self.categories = coco_categories(class_names)
        self.category_ids = category_ids(class_names)
        self.images: list[dict[str, Any]] = []
        self.annotations: list[dict[str, Any]] = []

    def add(self, file_name: str, detections: Detections) -> int:
        """Adds a picture and its objects; returns its id."""
        height, width = detections.image_size
        image_id = self._add_image({"file_name": file_name, "width": width, "height": height})
        self._add_annotations(coco_annotations(detections, image_id, self.category_ids))
        return image_id

    def add_from(self, earlier: dict[str, Any], without: Iterable[str] = ()) -> None:
        """Takes over what a data set that was written earlier holds, except some pictures by name."""
        left_out = set(without)
        renumbered = {
            image["id"]: self._add_image({key: image[key] for key in ("file_name", "width", "height")})
            for image in earlier["images"]
            if image["file_name"] not in left_out
        }
        self._add_annotations(
            {**annotation, "image_id": renumbered[annotation["image_id"]]}
            for annotation in earlier["annotations"]
            if annotation["image_id"] in renumbered
        )

    def _add_image(self, image: dict[str, Any]) -> int:
        self.images.append({"id": len(self.images) + 1, **image})
        return len(self.images)

    def _add_annotations(self, added: Iterable[dict[str, Any]]) -> None:
        for annotation in added:
            annotation.pop("id", None)
            self.annotations.append({"id": len(self.annotations) + 1, **annotation})

    def to_dict(self) -> dict[str, Any]:
        """The data set as plain values, ready for JSON."""
        return {
            "info": {"description": f"Objects found by maskseg {__version__}"},
            "images": self.images,
            "annotations": self.annotations,
            "categories": self.categories,
        }

    def to_json(self) -> str:
        """The data set as JSON text with a newline at its end; same data, same text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")) + "\n"


def read_dataset(path: str | Path, class_names: Sequence[str]) -> dict[str, Any]:
    """Reads a file that `CocoExport` wrote, to go on with it.

    Raises:
        MasksegError: it is no such file, or its categories are not those of `class_names`.
    """
    try:
        data = json.loads(Path(path).read_bytes())
        known = data["categories"]
        for image in data["images"]:
            _ = image["id"], image["file_name"], image["width"], image["height"]
        for annotation in data["annotations"]:
            _ = annotation["image_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise MasksegError(f"{path} is no COCO JSON that could be continued: --overwrite replaces it.") from error
    if known != coco_categories(class_names):
        raise MasksegError(f"{path} was made with other classes: --overwrite replaces it.")
    return data
