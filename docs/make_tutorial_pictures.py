"""Makes the pictures of docs/tutorial.md from its data.

    python docs/make_tutorial_pictures.py desk

Writes docs/images/tutorial-*.jpg.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli import Detections, draw
from maskseg_cli.datasets.data_source import open_source
from maskseg_cli.media.images import write_image

IMAGES = Path(__file__).parent / "images"
#: One colour a class, BGR.
COLOURS = {"coin": (40, 200, 255), "key": (255, 190, 30), "button": (230, 70, 230), "stamp": (80, 230, 90)}

Picture = NDArray[np.uint8]


def drawn(picture: Picture, found: Detections, scale: int = 2, **options: Any) -> Picture:
    """The drawing at twice the size, so that captions can be read in a small picture."""
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    size = large.shape[1::-1]
    masks = [cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) > 0.5 for mask in found.mask]
    result = {
        "rois": found.xyxy[:, [1, 0, 3, 2]] * scale,
        "class_ids": found.class_id,
        "scores": found.confidence,
        "masks": np.stack(masks, axis=-1) if masks else np.zeros((*large.shape[:2], 0), bool),
    }
    enlarged = Detections.from_matterport(result, found.class_names)
    return draw(large, enlarged, colors=COLOURS, line_width=2, text_size=17, **options)


def sheet(pictures: list[Picture], columns: int, width: int, gap: int = 4) -> Picture:
    """Pictures of one size in rows, scaled so that a row is `width` pixels wide, with white between them."""
    w = (width - gap * (columns - 1)) // columns
    h = round(pictures[0].shape[0] * w / pictures[0].shape[1])
    rows = -(-len(pictures) // columns)
    canvas = np.full((rows * (h + gap) - gap, width, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        y, x = number // columns * (h + gap), number % columns * (w + gap)
        canvas[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of docs/tutorial.md.")
    parser.add_argument("desk", type=Path, help="the data set")
    desk = parser.parse_args().desk
    source = open_source(desk / "train.json", desk / "train")
    examples = [source[number] for number in range(12)]
    marked = [drawn(one.image, one.to_detections(source.class_names), scores=False) for one in examples[:8]]
    pictures = {
        "tutorial-data.jpg": sheet([one.image for one in examples], 4, 960),
        "tutorial-marked.jpg": sheet(marked, 4, 1200),
    }
    for name, picture in pictures.items():
        write_image(IMAGES / name, picture, quality=85)
        print(IMAGES / name)


if __name__ == "__main__":
    main()
