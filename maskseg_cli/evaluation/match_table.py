"""`MatchTable`: which detections were right, photo by photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Overlaps (IoU) at which AP is measured, and levels of recall at which precision is read (pycocotools' numbers).
OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class ClassMatches:
    """The detections of one class in all photos, highest score first, as pycocotools sorts them.

    Attributes:
        category_id: the class.
        scores: float64 (D,).
        photos: int64 (D,), number of the photo of each.
        right: bool (10, D), at each of `OVERLAPS`: matched with an object.
        false: bool (10, D): matched with nothing; one that is neither lies on a crowd or an ignored object.
        objects: int64 (photos,), objects that count in each photo.
    """

    category_id: int
    scores: NDArray[np.float64]
    photos: NDArray[np.int64]
    right: NDArray[np.bool_]
    false: NDArray[np.bool_]
    objects: NDArray[np.int64]


@dataclass(frozen=True)
class MatchTable:
    """What pycocotools matched, for objects of all sizes and at most 100 detections of a class in a photo.

    Attributes:
        photo_ids: id of each photo, in the order of the numbers in `classes`.
        classes: those that have objects.
        unmarked: float64 (N,), scores of the detections of all other classes that count: each of them is false.
            COCO's AP leaves them out.
    """

    photo_ids: tuple[Any, ...]
    classes: tuple[ClassMatches, ...]
    unmarked: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


def match_table(evaluation: Any, photo_ids: Sequence[Any], unmarked: Sequence[float] = ()) -> MatchTable:
    """Reads the matches out of a `pycocotools.cocoeval.COCOeval` after its `evaluate`.

    Args:
        evaluation: with the default overlaps, its first range of areas is that of all sizes.
        photo_ids: the data set's own id for each of `evaluation.params.imgIds`.
        unmarked: see `MatchTable`.
    """
    params = evaluation.params
    photos, most = len(params.imgIds), params.maxDets[-1]
    classes = []
    for place, category in enumerate(params.catIds):
        first = place * len(params.areaRng) * photos
        found = [(number, one) for number, one in enumerate(evaluation.evalImgs[first : first + photos]) if one]
        objects = np.zeros(photos, np.int64)
        for number, one in found:
            objects[number] = np.count_nonzero(np.asarray(one["gtIgnore"]) == 0)
        empty = np.zeros((len(OVERLAPS), 0))
        scores = np.concatenate([np.zeros(0), *(one["dtScores"][:most] for _, one in found)])
        numbers = np.repeat([number for number, _ in found], [len(one["dtScores"][:most]) for _, one in found])
        matched = np.concatenate([empty, *(one["dtMatches"][:, :most] for _, one in found)], axis=1) != 0
        ignored = np.concatenate([empty, *(one["dtIgnore"][:, :most] for _, one in found)], axis=1) != 0
        order = np.argsort(-scores, kind="mergesort")
        classes.append(
            ClassMatches(
                int(category),
                scores[order],
                numbers.astype(np.int64)[order],
                (matched & ~ignored)[:, order],
                (~matched & ~ignored)[:, order],
                objects,
            )
        )
    return MatchTable(tuple(photo_ids), tuple(classes), np.array(unmarked, np.float64))
