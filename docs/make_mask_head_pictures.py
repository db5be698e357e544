"""Makes the pictures of docs/mask-heads.md: the same shapes, outlined by both mask heads.

    python docs/make_mask_head_pictures.py RUN_FCN RUN_UNET

RUN_FCN and RUN_UNET are the folders of `maskseg train shapes` with the two recipes of examples/recipes. Writes
docs/images/mask-heads.png and docs/images/mask-cells.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli import Detections, Predictor, draw, load_model
from maskseg_cli.datasets.example import Example
from maskseg_cli.datasets.shapes import ShapesSource
from maskseg_cli.media.images import write_image

IMAGES = Path(__file__).parent / "images"

#: The validation's pictures, as `maskseg train shapes` makes them for the seed 0.
VALIDATION = ShapesSource(count=50, size=128, seed=1_000_000)

#: What a pixel is enlarged to, and a cell of a mask.
ZOOM, CELL = 2, 6

MISSED, TOO_MUCH = (40, 40, 230), (230, 130, 30)  # BGR: red, blue

Picture = NDArray[np.uint8]


def enlarged(picture: NDArray[Any], factor: int) -> Picture:
    """Each pixel as a square of its own colour."""
    return np.asarray(picture.repeat(factor, axis=0).repeat(factor, axis=1), np.uint8)


def grid(rows: list[list[Picture]], gap: int = 4) -> Picture:
    """Equally large pictures in rows and columns, white between them."""

    def joined(parts: list[Picture], axis: int) -> Picture:
        shape = list(parts[0].shape)
        shape[axis] = gap
        space = np.full(shape, 255, np.uint8)
        return np.concatenate([part for one in parts for part in (space, one)][1:], axis=axis)

    return joined([joined(row, 1) for row in rows], 0)


def union(masks: list[NDArray[np.bool_]], size: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels of any of the masks, bool `size`."""
    return np.logical_or.reduce([np.zeros(size, bool), *masks])


def mistakes(example: Example, found: Detections) -> Picture:
    """The picture in pale grey, red where a part of an object was missed, blue where there is none.

    Each object is compared with the found one of its class that overlaps it most.
    """
    grey = cv2.cvtColor(cv2.cvtColor(example.image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    canvas = np.asarray(180 + grey // 4, np.uint8)
    answers = [(class_id, mask.full(*example.size)) for class_id, mask in zip(found.class_id, found.masks, strict=True)]
    for class_id, crop in zip(example.class_ids, example.masks, strict=True):
        true = crop.full(*example.size)
        same = [mask for answer, mask in answers if answer == class_id]
        best = max(same, key=lambda mask: (mask & true).sum() / (mask | true).sum(), default=np.zeros_like(true))
        canvas[true & ~best] = MISSED
        canvas[best & ~true] = TOO_MUCH
    return canvas


def outlined(example: Example, models: dict[str, Predictor]) -> list[Picture]:
    """The picture, what each head draws, and where each is wrong."""
    found = [model(example.image) for model in models.values()]
    plain = {"boxes": False, "captions": False, "line_width": 1}
    row = [example.image, *(draw(example.image, one, **plain) for one in found)]
    row += [mistakes(example, one) for one in found]
    return [enlarged(picture, ZOOM) for picture in row]


def cells(model: Predictor, example: Example) -> list[Picture]:
    """Each object's mask as the head gives it, over the true box: probabilities from black to white, 28 x 28 cells."""
    import tensorflow as tf

    from maskseg_cli.inference.molding import mold

    molded = mold(example.image, model.config)
    network = model.engine.model
    maps = network.features(tf.constant(molded.image[None]))
    shape = (tf.constant(molded.image.shape[0]), tf.constant(molded.image.shape[1]))
    x1, y1, x2, y2 = (example.boxes * molded.scale).T
    boxes = tf.constant(np.stack([y1, x1, y2 - 1, x2 - 1], axis=1), tf.float32)
    pooled = network.pool_for_masks(maps, boxes, tf.zeros(len(boxes), tf.int32), shape)
    masks = tf.sigmoid(network.mask_logits(pooled, tf.constant(example.class_ids))).numpy()
    return [enlarged(cv2.cvtColor(np.rint(255 * mask).astype(np.uint8), cv2.COLOR_GRAY2BGR), CELL) for mask in masks]


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the pictures of docs/mask-heads.md.")
    parser.add_argument("fcn", type=Path, help="folder of the run with the head fcn")
    parser.add_argument("unet", type=Path, help="folder of the run with the head unet")
    parser.add_argument("--numbers", type=int, nargs="+", default=[3, 7, 11], help="pictures of the validation")
    chosen = parser.parse_args()
    models = {
        name: load_model(str(getattr(chosen, name) / "best.npz"), engine="tensorflow") for name in ("fcn", "unet")
    }
    examples = [VALIDATION[number] for number in chosen.numbers]
    write(IMAGES / "mask-heads.png", grid([outlined(example, models) for example in examples]))
    columns = [[cell for example in examples for cell in cells(model, example)][:8] for model in models.values()]
    write(IMAGES / "mask-cells.png", grid(columns))


def write(path: Path, picture: Picture) -> None:
    write_image(path, picture)
    print(path)


if __name__ == "__main__":
    main()
