"""`calibration`: how often detections of a score are right (https://arxiv.org/abs/1706.04599, on detections)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.match_table import MatchTable


@dataclass(frozen=True)
class Calibration:
    """Detections in bins of their score.

    Attributes:
        edges: float64 (N + 1,), borders of the bins, 0..1.
        numbers: int64 (N,), detections in each.
        scores: float64 (N,), their mean score; NaN in an empty bin.
        right: float64 (N,), the share of them that is right; NaN in an empty bin.
        error: the expected calibration error, sum of numbers / all x |right - scores|; None without detections.
    """

    edges: NDArray[np.float64]
    numbers: NDArray[np.int64]
    scores: NDArray[np.float64]
    right: NDArray[np.float64]
    error: float | None


def calibration(table: MatchTable, bins: int = 10) -> Calibration:
    """Compares scores with the share of right detections: IoU of at least 0.5, the right class, not found before.

    Detections of classes that have no object are wrong ones. Those on crowds and ignored objects are left out, and so
    are scores that are not 0..1, which can be no probabilities.

    Args:
        table: of boxes or masks.
        bins: of equal width.
    """
    counted = [one.right[0] | one.false[0] for one in table.classes]
    kept = list(zip(table.classes, counted, strict=True))
    scores = np.concatenate([table.unmarked, *(one.scores[use] for one, use in kept)])
    right = np.concatenate([np.zeros(len(table.unmarked)), *(one.right[0][use] for one, use in kept)])
    possible = (scores >= 0) & (scores <= 1)
    scores, right = scores[possible], right[possible]
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, bins - 1)
    numbers = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, scores, bins) / numbers
        share = np.bincount(place, right, bins) / numbers
    error = float(np.nansum(np.abs(mean - share) * numbers) / numbers.sum()) if len(scores) else None
    return Calibration(edges, numbers.astype(np.int64), mean, share, error)
