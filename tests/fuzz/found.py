"""What the network found in a picture of 10 x 8 pixels, for files that fuzzers begin with."""

from __future__ import annotations

import numpy as np

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.detections import Detections, MaskCrop

FOUND = Detections(
    np.array([[3, 2, 7, 5]], np.float32),
    np.array([1], np.int32),
    np.array([0.9], np.float32),
    (MaskCrop(2, 3, np.ones((3, 4), bool)),),
    (8, 10),
    COCO_CLASSES,
)
