"""Small annotation files with pictures to go with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

HEIGHT, WIDTH = 40, 60

#: x1 y1 x2 y2 10 8, 30 8, 30 28, 10 28: a square of 20 x 20 pixels.
SQUARE = [10, 8, 30, 8, 30, 28, 10, 28]


def picture(path: Path, height: int = HEIGHT, width: int = WIDTH) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(path.name)).integers(0, 256, (height, width, 3), np.uint8)
    path.write_bytes(cv2.imencode(path.suffix, noise)[1].tobytes())


def document(*annotations: dict[str, Any], images: int = 1, names: tuple[str, ...] = ("cat", "dog")) -> dict[str, Any]:
    """Images 1.., file names 1.png.., and annotations to which id, image and category are added where missing."""
    return {
        "images": [
            {"id": number, "file_name": f"{number}.png", "height": HEIGHT, "width": WIDTH}
            for number in range(1, images + 1)
        ],
        "categories": [{"id": 7 - 2 * number, "name": name} for number, name in enumerate(names)],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 7, **annotation}
            for number, annotation in enumerate(annotations, 1)
        ],
    }


def write(folder: Path, content: Any, pictures: int = 1) -> Path:
    for number in range(1, pictures + 1):
        picture(folder / f"{number}.png")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "annotations.json"
    path.write_text(json.dumps(content))
    return path
