"""`resampled_precision`: AP of one class for many samples of the photos at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.match_table import OVERLAPS, RECALLS, ClassMatches, levels_reached

#: Numbers of an array that is worked on at once: so many fit into a processor's cache.
_AT_ONCE = 200_000


def resampled_precision(matches: ClassMatches, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """What `match_table.class_precision` gives for each sample, in a fraction of the time.

    Args:
        matches: of the class.
        weights: int (samples, photos): how often each photo is in each sample.

    Returns:
        AP at each of `OVERLAPS`, float64 (samples, 10); NaN in samples without an object of the class.
    """
    objects = weights @ matches.objects
    found = np.zeros((len(weights), len(OVERLAPS)))
    # Behind the last right detection the precision only falls, and no recall is gained.
    hits = np.flatnonzero(matches.right.any(axis=0))
    end = int(hits[-1]) + 1 if len(hits) else 0
    photos, right, false = matches.photos[:end], matches.right[:, :end], matches.false[:, :end]
    step = max(1, _AT_ONCE // max(1, end * len(OVERLAPS)))
    for start in range(0, len(weights) if end else 0, step):
        some = slice(start, start + step)
        found[some] = _precision(right, false, weights[some][:, photos], objects[some])
    found[objects == 0] = np.nan
    return found


def _precision(
    right: NDArray[np.bool_], false: NDArray[np.bool_], each: NDArray[np.int64], objects: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The same for a few samples; `each`: int (samples, D), how often each detection is in them."""
    hits = np.cumsum(right * each[:, None, :], axis=2)
    total = hits + np.cumsum(false * each[:, None, :], axis=2)
    precision = hits / (total + np.spacing(1))
    falling = np.maximum.accumulate(precision[:, :, ::-1], axis=2)[:, :, ::-1]
    numbers, place = np.unique(np.maximum(objects, 1), return_inverse=True)
    tables = np.full((len(numbers), int(numbers[-1]) + 1), len(RECALLS))
    for row, number in enumerate(numbers.tolist()):
        tables[row, : number + 1] = levels_reached(number)
    levels = tables[place[:, None, None], np.minimum(hits, numbers[-1])]
    gained = np.diff(levels, axis=2, prepend=0)
    return np.asarray((gained * falling).sum(axis=2) / len(RECALLS), np.float64)
