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
    right, false = matches.right[:, :end], matches.false[:, :end]
    step = max(1, _AT_ONCE // max(1, end))
    for start in range(0, len(weights) if end else 0, step):
        some = slice(start, start + step)
        each = weights[some].astype(np.int32)[:, matches.photos[:end]]
        found[some] = _precision(right, false, each, objects[some])
    found[objects == 0] = np.nan
    return found


def _precision(
    right: NDArray[np.bool_], false: NDArray[np.bool_], each: NDArray[np.int32], objects: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The same for a few samples; `each`: int32 (samples, D), how often each detection is in them.

    Precision is best, and recall is gained, at right detections alone: it is computed nowhere else.
    """
    numbers, place = np.unique(np.maximum(objects, 1), return_inverse=True)
    tables = np.full((len(numbers), int(numbers[-1]) + 1), len(RECALLS))
    for row, number in enumerate(numbers.tolist()):
        tables[row, : number + 1] = levels_reached(number)
    values = np.zeros((len(each), len(OVERLAPS)))
    total, counted = each, np.zeros(0, bool)
    for threshold, hits in enumerate(right):
        places = np.flatnonzero(hits)
        if not np.array_equal(hits | false[threshold], counted):  # it is mostly that of the threshold before
            counted = hits | false[threshold]
            total = np.cumsum(each * counted, axis=1)
        found = np.cumsum(each[:, places], axis=1)
        precision = found / (total[:, places] + np.spacing(1))
        falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        levels = tables[place[:, None], np.minimum(found, numbers[-1])]
        values[:, threshold] = (np.diff(levels, axis=1, prepend=0) * falling).sum(axis=1) / len(RECALLS)
    return values
