"""A stand-in for the network, which makes commands testable in milliseconds: bright blobs are objects."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import LITE
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.inference.model_options import ModelOptions, Segmenter

PERSON, DOG = COCO_CLASSES.index("person"), COCO_CLASSES.index("dog")

#: Environment variable: seconds that the stand-in takes for each picture; "0.1,0.1,5" is 5 from the third one on.
DELAY = "MASKSEG_TEST_DELAY"


class BlobPredictor:
    """Finds bright blobs: taller than wide is a person, all else a dog."""

    class_names = COCO_CLASSES
    config = LITE

    def __init__(self) -> None:
        self._turns = 0

    def set_min_confidence(self, confidence: float) -> None:
        """Nothing to do: all blobs are found in any case."""

    def __call__(self, image: Any) -> Any:
        if isinstance(image, list):
            return [self(one) for one in image]
        delays = os.environ.get(DELAY, "0").split(",")
        self._turns += 1
        time.sleep(float(delays[min(self._turns, len(delays)) - 1]))
        assert image.dtype == np.uint8
        assert image.ndim == 3
        bright = (image.min(axis=2) > 200).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(bright)
        boxes = [(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:]]
        kinds = [PERSON if h > w else DOG for _, _, w, h, _ in stats[1:]]
        return Detections(
            np.array(boxes, np.float32).reshape(-1, 4),
            np.array(kinds, np.int32),
            np.linspace(0.9, 0.6, count - 1).astype(np.float32),
            tuple(MaskCrop.from_full(labels == i) for i in range(1, count)),
            image.shape[:2],
            COCO_CLASSES,
        )


def load_blob_predictor(options: ModelOptions) -> Segmenter:
    """Takes the place of `segmenter.load_predictor`."""
    from maskseg_cli.classes import parse_classes

    chosen = None if options.classes is None else parse_classes(options.classes, COCO_CLASSES)
    return Segmenter(BlobPredictor(), chosen, options.max_detections)  # type: ignore[arg-type]


def scene(width: int = 96, height: int = 64) -> np.ndarray:
    """A dark BGR picture with one person (top left, 8 x 24) and one dog (right, 24 x 12)."""
    image = np.full((height, width, 3), (40, 60, 30), np.uint8)
    image[8:32, 8:16] = 255
    image[40:52, 60:84] = 255
    return image


def patch_commands(patch: Callable[[str, str, Any], None]) -> None:
    """Puts the stand-in wherever a command loads its network: `patch(module, name, value)`."""
    for module in ("cli.image", "cli.video", "pipeline.videos", "pipeline.camera_session"):
        patch(f"maskseg_cli.{module}", "load_predictor", load_blob_predictor)


if __name__ == "__main__":  # the real program in a process of its own, but with the stand-in
    from maskseg_cli.cli.main import main

    patch_commands(lambda module, name, value: setattr(importlib.import_module(module), name, value))
    main(prog_name="maskseg")
