"""AP of one sample of the photos, class by class: what the quick way for many samples must give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.match_table import OVERLAPS, RECALLS, ClassMatches


def class_precision(matches: ClassMatches, weights: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """AP of one class at each of `OVERLAPS`, float64 (10,); None where it has no object."""
    objects = int((matches.objects * weights).sum())
    if objects == 0:
        return None
    if not len(matches.scores):
        return np.zeros(len(OVERLAPS))
    each = weights[matches.photos]
    right = np.cumsum(matches.right * each, axis=1)
    total = right + np.cumsum(matches.false * each, axis=1)
    precision = right / (total + np.spacing(1))
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    levels = np.searchsorted(RECALLS, np.arange(objects + 1) / objects, side="right")[right]
    gained = np.diff(levels, axis=1, prepend=0)
    return np.asarray((gained * falling).sum(axis=1) / len(RECALLS), np.float64)
