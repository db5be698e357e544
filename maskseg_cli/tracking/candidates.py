"""`Candidate`: an object that the network found in a frame, under all the classes that it found in its place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.tracking.mask_overlap import mask_iou

#: Two masks that overlap more are one object, which the network has found twice, most often as two classes.
SAME_OBJECT = 0.7


@dataclass(frozen=True, eq=False)
class Candidate:
    """One object of a frame.

    Attributes:
        box: float64 (4,), x1 y1 x2 y2 in pixels.
        mask: its mask.
        area: pixels of the mask.
        score: 0 to 1.
        votes: (class id, score), of itself first, then of others that the network found in the same place.
    """

    box: NDArray[np.float64]
    mask: MaskCrop
    area: int
    score: float
    votes: list[tuple[int, float]] = field(default_factory=list)

    @property
    def class_id(self) -> int:
        """The class with the best score."""
        return self.votes[0][0]

    def overlap(self, other: Candidate) -> float:
        """Intersection over union of both masks."""
        return mask_iou(self.mask, other.mask, (self.area, other.area))


def candidates_of(detections: Detections, lowest: float) -> list[Candidate]:
    """The objects of a frame, best score first; several in one place become one with several votes.

    Args:
        lowest: objects of a lower score are left out.
    """
    found: list[Candidate] = []
    scores = detections.confidence.tolist()
    boxes = detections.xyxy.astype(np.float64)
    for row in np.argsort(-detections.confidence, kind="stable").tolist():
        if scores[row] < lowest:
            break
        mask, vote = detections.masks[row], (int(detections.class_id[row]), scores[row])
        one = Candidate(boxes[row], mask, mask.area, scores[row], [vote])
        if one.area == 0:
            continue
        same = next((other for other in found if other.overlap(one) > SAME_OBJECT), None)
        if same is None:
            found.append(one)
        else:
            same.votes.append(vote)
    return found
