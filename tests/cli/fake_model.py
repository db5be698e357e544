"""A stand-in for the network, which makes commands testable in milliseconds: an engine that finds bright blobs.

It takes the place of `open_engine` alone; everything around it is the real program.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import LITE, MaskRCNNConfig
from maskseg_cli.inference import loading
from maskseg_cli.inference.engine import Segmented
from maskseg_cli.inference.predictor import Predictor

PERSON, DOG = COCO_CLASSES.index("person"), COCO_CLASSES.index("dog")

#: Environment variable: seconds that the stand-in takes for each picture; "0.1,0.1,5" is 5 from the third one on.
DELAY = "MASKSEG_TEST_DELAY"


class BlobEngine:
    """Finds bright blobs: taller than wide is a person, all else a dog. Pictures keep their size; masks fill boxes."""

    name = "blobs"
    workers = 2
    observe: Callable[[str, float], None] | None = None

    def __init__(self, config: MaskRCNNConfig = LITE) -> None:
        self.config = config.replace(image_resize_mode="none", mask_border=0)
        self._turns = 0

    def run(self, images: NDArray[np.float32], anchors: Any = None, windows: Any = None) -> Segmented:
        """See `Engine.run`."""
        return _joined([self._find(image, number) for number, image in enumerate(images)])

    def run_views(self, views: Sequence[Any], window: Any) -> Segmented:
        """See `Engine.run_views`: the first view."""
        return self.run(views[0].image)

    def _find(self, image: NDArray[np.float32], number: int) -> Segmented:
        delays = os.environ.get(DELAY, "0").split(",")
        self._turns += 1
        time.sleep(float(delays[min(self._turns, len(delays)) - 1]))
        bright = (image.min(axis=2) > 200).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        boxes = [(y, x, y + h - 1, x + w - 1) for x, y, w, h, _ in stats[1:]]
        kinds = [PERSON if h > w else DOG for _, _, w, h, _ in stats[1:]]
        scores = np.linspace(0.9, 0.6, count - 1).astype(np.float32)
        keep = scores >= np.float32(self.config.detection_min_confidence)
        return Segmented(
            np.array(boxes, np.float32).reshape(-1, 4)[keep],
            np.array(kinds, np.int32)[keep],
            scores[keep],
            np.ones((int(keep.sum()), 4, 4), np.float32),
            np.full(int(keep.sum()), number, np.int32),
        )


def _joined(parts: list[Segmented]) -> Segmented:
    return Segmented(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def blob_predictor(**options: Any) -> Predictor:
    """A predictor with the stand-in; options as those of `Predictor`."""
    return Predictor(BlobEngine(), COCO_CLASSES, **options)


def open_blob_engine(
    weights: Any, labels: Any, configure: Callable[[MaskRCNNConfig], MaskRCNNConfig], *_: Any
) -> tuple[BlobEngine, tuple[str, ...]]:
    """Takes the place of `loading.open_engine`."""
    return BlobEngine(configure(LITE)), COCO_CLASSES


def scene(width: int = 96, height: int = 64) -> np.ndarray:
    """A dark BGR picture with one person (top left, 8 x 24) and one dog (right, 24 x 12)."""
    image = np.full((height, width, 3), (40, 60, 30), np.uint8)
    image[8:32, 8:16] = 255
    image[40:52, 60:84] = 255
    return image


def use_blob_engine(setattr: Callable[[Any, str, Any], None]) -> None:
    """Puts the stand-in into the program; `setattr` is that of `monkeypatch`, or Python's own."""
    setattr(loading, "open_engine", open_blob_engine)


if __name__ == "__main__":  # the real program in a process of its own, but with the stand-in
    from maskseg_cli.cli.main import main

    use_blob_engine(setattr)
    main(prog_name="maskseg")
