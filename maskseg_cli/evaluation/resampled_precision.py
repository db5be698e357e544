"""`resampled_precision`: AP for many samples of the photos at once, of one class or of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.match_table import OVERLAPS, RECALLS, ClassMatches, MatchTable

#: Numbers of an array that is worked on at once: so many fit into a processor's cache.
_AT_ONCE = 200_000


def mean_resampled_precision(
    table: MatchTable, weights: NDArray[np.int64], progress: Callable[[int], object] | None = None
) -> NDArray[np.float64]:
    """AP of each sample, the mean of the classes that have an object in it.

    Args:
        table: of all classes.
        weights: int (samples, photos): how often each photo is in each sample.
        progress: is called with the number of classes that are done.

    Returns:
        AP at each of `OVERLAPS`, float64 (samples, 10); NaN in samples without any object.
    """
    total, number = np.zeros((len(weights), len(OVERLAPS))), np.zeros((len(weights), 1))
    for done, matches in enumerate(table.classes, start=1):
        found = resampled_precision(matches, weights)
        known = ~np.isnan(found[:, :1])
        total += np.where(known, found, 0)
        number += known
        if progress is not None:
            progress(done)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)


def resampled_precision(matches: ClassMatches, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """AP of one class in each sample, as pycocotools' `accumulate` has it.

    That is the precision, made to fall with the recall, read at 101 levels of recall. A photo that counts twice is one
    that occurs twice: its equal scores follow each other, and only the last of them can be the best precision of its
    recall. (Only where a photo has several detections of a class with the very same score would those of its copies be
    in another order.)

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
        tables[row, : number + 1] = _levels_reached(number)
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


@lru_cache(maxsize=4096)
def _levels_reached(objects: int) -> NDArray[np.int64]:
    """How many of `RECALLS` are reached by 0, 1 ... `objects` right detections, int64 (objects + 1,)."""
    return np.searchsorted(RECALLS, np.arange(objects + 1) / objects, side="right")
