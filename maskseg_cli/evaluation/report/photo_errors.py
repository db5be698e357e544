"""The errors of each photo in words and with weights, from what became of its objects and detections."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from maskseg_cli.evaluation.matches import Pair, PhotoMatches
from maskseg_cli.evaluation.report.worst_photos import ErrorInPhoto, PhotoErrors

#: Scores from here on, which are none, are written with a power of ten.
_LONG = 1000


def errors_by_kind(photos: Iterable[PhotoMatches], names: Mapping[int, str]) -> dict[str, list[PhotoErrors]]:
    """The photos that have errors, for each kind of error.

    Args:
        photos: from `photo_matches`.
        names: category id -> name.
    """

    def name(record: Mapping[str, Any]) -> str:
        return names[record["category_id"]]

    def scored(row: Mapping[str, Any]) -> str:
        score = row["score"]  # a results file may hold any finite number
        return f"{name(row)} {score:.2f}" if abs(score) < _LONG else f"{name(row)} {score:.3g}"

    def missed(image: Mapping[str, Any], record: dict[str, Any]) -> ErrorInPhoto:
        # Large objects are the worse misses: the weight is the side of the object as a share of the photo's.
        share = record["area"] / (image["width"] * image["height"])
        return ErrorInPhoto(math.sqrt(max(share, 1e-6)), f"{name(record)} missed", record, None, name(record))

    def false(_: Mapping[str, Any], row: dict[str, Any]) -> ErrorInPhoto:
        return ErrorInPhoto(row["score"], scored(row), None, row, scored(row))

    def wrong(_: Mapping[str, Any], pair: Pair) -> ErrorInPhoto:
        words = f"{name(pair.marked)} found as {scored(pair.found)}"
        label = f"{scored(pair.found)}, is {name(pair.marked)}"
        return ErrorInPhoto(pair.found["score"], words, pair.marked, pair.found, label)

    def badly(_: Mapping[str, Any], pair: Pair) -> ErrorInPhoto:
        words = f"{scored(pair.found)} with an IoU of {pair.overlap:.2f}"
        label = f"{scored(pair.found)}, IoU {pair.overlap:.2f}"
        return ErrorInPhoto(pair.found["score"], words, pair.marked, pair.found, label)

    def twice(_: Mapping[str, Any], pair: Pair) -> ErrorInPhoto:
        words = f"{name(pair.marked)} found again as {scored(pair.found)}"
        return ErrorInPhoto(pair.found["score"], words, pair.marked, pair.found, scored(pair.found))

    kinds: dict[str, tuple[str, Callable[[Mapping[str, Any], Any], ErrorInPhoto]]] = {
        "Missed objects": ("missed", missed),
        "Found where nothing is marked": ("false", false),
        "Wrong class": ("wrong_class", wrong),
        "Badly outlined": ("badly_outlined", badly),
        "Found twice": ("duplicates", twice),
    }
    found: dict[str, list[PhotoErrors]] = {}
    for kind, (field, error_of) in kinds.items():
        for photo in photos:
            errors = [error_of(photo.image, one) for one in getattr(photo, field)]
            if errors:
                right = [pair.found for pair in photo.right]
                ordered = sorted(errors, key=lambda error: -error.weight)
                found.setdefault(kind, []).append(PhotoErrors(photo.image, ordered, right))
    return found
