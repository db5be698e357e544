"""Small COCO data sets with shapes as photos, and networks that know the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from maskseg_cli.config import LITE
from maskseg_cli.detections import Detections, MaskCrop

HEIGHT, WIDTH = 120, 160
NAMES = ("background", "motorcycle", "dog", "tv")


@dataclass
class Sample:
    """A data set on disk, and every object in it.

    objects: photo -> (class index of NAMES, bool mask) of each object.
    """

    folder: Path
    objects: dict[int, list[tuple[int, np.ndarray]]] = field(default_factory=dict)

    @property
    def annotations(self) -> Path:
        return self.folder / "instances.json"

    @property
    def photos(self) -> Path:
        return self.folder / "photos"

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.annotations.read_text())
        return document

    def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        document = self.document()
        change(document)
        self.annotations.write_text(json.dumps(document))


def make_sample(
    folder: Path,
    photos: int = 4,
    names: Sequence[str] = ("motorbike", "dog", "tvmonitor"),
    ids: Sequence[int] = (),
) -> Sample:
    """Photos with a rectangle, a disk and a triangle of each class; category ids are COCO's own."""
    sample = Sample(folder)
    sample.photos.mkdir(parents=True)
    ids = ids or (4, 18, 72)
    images, annotations = [], []
    rng = np.random.default_rng(7)
    for photo in range(1, photos + 1):
        picture = np.full((HEIGHT, WIDTH, 3), 40 + photo, np.uint8)
        sample.objects[photo] = []
        for index in range(1, 4):
            mask = _shape(index, rng)
            picture[mask] = rng.integers(100, 255, 3)
            sample.objects[photo].append((index, mask))
            rle = coco_mask.encode(np.asfortranarray(mask, np.uint8))
            annotations.append(
                {
                    "id": len(annotations),  # from 0, which pycocotools by itself takes for "not found"
                    "image_id": photo * 10,
                    "category_id": ids[index - 1],
                    "segmentation": {"size": rle["size"], "counts": rle["counts"].decode()},
                    "bbox": coco_mask.toBbox(rle).tolist(),
                    "area": int(mask.sum()),
                    "iscrowd": 0,
                }
            )
        cv2.imwrite(str(sample.photos / f"{photo}.png"), picture)
        images.append({"id": photo * 10, "file_name": f"{photo}.png", "width": WIDTH, "height": HEIGHT})
    categories = [{"id": i, "name": name} for i, name in zip(ids, names, strict=True)]
    sample.annotations.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return sample


def _shape(index: int, rng: np.random.Generator) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    x, y = 25 + 50 * (index - 1), int(rng.integers(30, 90))
    size = int(rng.integers(12, 24))
    if index == 1:
        cv2.rectangle(mask, (x - size, y - size), (x + size, y + size // 2), 1, -1)
    elif index == 2:
        cv2.circle(mask, (x, y), size, 1, -1)
    else:
        cv2.fillPoly(mask, [np.array([[x, y - size], [x - size, y + size], [x + size, y + size]])], 1)
    return mask.astype(bool)


def found(objects: Sequence[tuple[int, np.ndarray]], scores: Sequence[float] = ()) -> Detections:
    """Detections of these objects, with boxes round their masks."""
    crops = [MaskCrop.from_full(mask) for _, mask in objects]
    boxes = [(c.left, c.top, c.left + c.bitmap.shape[1], c.top + c.bitmap.shape[0]) for c in crops]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([index for index, _ in objects], np.int32),
        np.array(scores or np.linspace(0.9, 0.6, len(objects)), np.float32),
        tuple(crops),
        (HEIGHT, WIDTH),
        NAMES,
    )


class FakePredictor:
    """Knows a photo by its background, and answers with what `answer` makes of its objects."""

    engine = SimpleNamespace(name="fake float32")

    def __init__(
        self,
        sample: Sample,
        answer: Callable[[int, list[tuple[int, np.ndarray]]], Detections] = lambda _, objects: found(objects),
        class_names: tuple[str, ...] = NAMES,
    ) -> None:
        self.sample, self.answer, self.class_names = sample, answer, class_names
        self.config = LITE.replace(num_classes=len(class_names))
        self.class_ids: list[int] | None = None
        self.max_detections: int | None = None

    def __call__(self, image: np.ndarray) -> Detections:
        assert image.shape == (HEIGHT, WIDTH, 3)
        photo = int(image[0, 0, 0]) - 40
        return self.answer(photo, self.sample.objects[photo]).filter(self.class_ids)[: self.max_detections]
