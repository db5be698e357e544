"""A small data set to convert: photos, and objects with parts, holes and boxes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.annotated_images import AnnotatedImages
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.detections import MaskCrop
from maskseg_cli.rle import encode_rle
from tests.datasets.samples import picture

HEIGHT, WIDTH = 90, 120

#: Of the categories, which are not in the order of the alphabet, and whose ids are not 1, 2, 3.
CATEGORIES = [{"id": 9, "name": "zebra"}, {"id": 4, "name": "apple tree"}]


def full(*shapes: tuple[str, tuple[int, ...]]) -> NDArray[np.bool_]:
    """A mask of filled circles (x, y, radius) and boxes (x1, y1, x2, y2); "hole" takes a circle away."""
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    for kind, numbers in shapes:
        if kind == "box":
            x1, y1, x2, y2 = numbers
            canvas[y1:y2, x1:x2] = 1
        else:
            x, y, radius = numbers
            cv2.circle(canvas, (x, y), radius, int(kind == "circle"), -1)
    return canvas.astype(bool)


RING = full(("circle", (40, 45, 30)), ("hole", (40, 45, 14)))
PARTS = full(("box", (80, 5, 110, 35)), ("circle", (95, 70, 15)))


def rle(mask: NDArray[np.bool_]) -> dict[str, Any]:
    return encode_rle(MaskCrop.from_full(mask), *mask.shape)


def document() -> dict[str, Any]:
    """Three photos, the first with two objects, the second in a folder, the third without any object."""
    images = [
        {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH}
        for number, name in ((11, "a.png"), (12, "trip/b.png"), (13, "trip/empty.png"))
    ]
    annotations = [
        {"id": 1, "image_id": 11, "category_id": 4, "segmentation": rle(RING)},
        {"id": 2, "image_id": 11, "category_id": 9, "segmentation": rle(PARTS)},
        {"id": 3, "image_id": 12, "category_id": 9, "segmentation": [[10, 10, 90, 12, 60, 80]]},
    ]
    return {"images": images, "annotations": annotations, "categories": CATEGORIES}


def write(folder: Path, content: dict[str, Any], photos: bool = True) -> Path:
    """An annotation file, with its photos in the folder `photos`."""
    for image in content["images"] if photos else ():
        picture(folder / "photos" / image["file_name"], image["height"], image["width"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "in.json"
    path.write_text(json.dumps(content))
    return path


def opened(path: Path, images: Path | None = None, **options: Any) -> AnnotatedImages:
    source = open_source(path, images, trust_sizes=True, **options)
    assert isinstance(source, AnnotatedImages)
    return source
