"""`ScoreFilter`: leaves out objects of a low score, where each class may have a limit of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


def high_scores(detections: Detections, min_score: float, class_scores: Mapping[int, float]) -> Detections:
    """The objects with at least `min_score`, or the score of their class, order kept.

    Args:
        min_score: 0 to 1.
        class_scores: class id -> score in place of `min_score`.
    """
    if not class_scores:
        return detections.filter(min_confidence=min_score)
    limits = [class_scores.get(number, min_score) for number in detections.class_id.tolist()]
    return detections[detections.confidence >= np.array(limits, np.float32)]


class ScoreFilter:
    """A transform that leaves out objects of a low score; arguments as for `high_scores`."""

    def __init__(self, min_score: float, class_scores: Mapping[int, float] | None = None) -> None:
        self.min_score, self.class_scores = min_score, class_scores or {}

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        return high_scores(detections, self.min_score, self.class_scores)
