"""`MarkedObjects`: the objects of an annotated photo as `Detections`, which all exporters take."""

from __future__ import annotations

from collections import Counter

import numpy as np

from maskseg_cli.conversion.class_choice import ClassChoice
from maskseg_cli.datasets.annotated_images import ImageRecord, draw_object
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.export.mask_polygons import keep_polygons


class MarkedObjects:
    """Draws the masks of a photo's objects when it is called, one photo at a time.

    What people have marked has no score (NaN); the weight of a pseudo-label is its score. An object with a box alone
    has a mask of no pixel. Outlines that are polygons reach formats with polygons as they were drawn.

    Args:
        choice: of the classes.
        crowds: keep crowds; otherwise they are left out.

    Attributes:
        left_out: counts of objects that were left out: "crowd", and "pixels" of those that cover no pixel.
        partly: photos so far in which not all objects of each class are marked (`complete_classes`).
        boxes: objects so far with a box alone.
    """

    def __init__(self, choice: ClassChoice, crowds: bool) -> None:
        self._choice = choice
        self._crowds = crowds
        self.left_out: Counter[str] = Counter()
        self.partly = 0
        self.boxes = 0

    def __call__(self, record: ImageRecord) -> Detections:
        """The objects of one photo, in the order of their file."""
        height, width = record.height, record.width
        kept = []
        for one in record.objects:
            class_id = self._choice.of.get(abs(one.class_id))
            if class_id is None:
                continue
            if one.class_id < 0 and not self._crowds:
                self.left_out["crowd"] += 1
                continue
            drawn = draw_object(one, height, width)
            if drawn is None:
                self.left_out["pixels"] += 1
                continue
            _, mask, box, weight, outlined = drawn
            if not outlined:
                self.boxes += 1
                mask = MaskCrop(0, 0, np.zeros((0, 0), bool))
            elif isinstance(one.outline, list):
                keep_polygons(mask, one.outline, height, width)
            kept.append((class_id, mask, box, np.nan if weight == 1 else weight, one.class_id < 0))
        self.partly += record.complete_class_ids is not None
        crowd = np.array([row[4] for row in kept], bool)
        return Detections(
            np.array([row[2] for row in kept], np.float32).reshape(-1, 4),
            np.array([row[0] for row in kept], np.int32),
            np.array([row[3] for row in kept], np.float32),
            tuple(row[1] for row in kept),
            (height, width),
            self._choice.names,
            crowd=crowd if crowd.any() else None,
        )
