"""`confusion_matrix`: which classes are found as which others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.evaluation.matches import PhotoMatches


def confusion_matrix(photos: Iterable[PhotoMatches], category_ids: Sequence[int]) -> NDArray[np.int64]:
    """Counts objects by what is marked (rows) and what was found (columns), int64 (N + 1, N + 1).

    The last row counts what was found where nothing is marked, duplicates among them; the last column what is marked
    and was not found. A badly outlined object is in both: it was not found, and something else was.

    Args:
        photos: from `photo_matches`.
        category_ids: the N classes, in the order of the matrix.
    """
    place = {category: number for number, category in enumerate(category_ids)}
    nothing = len(category_ids)
    counts = np.zeros((nothing + 1, nothing + 1), np.int64)
    for photo in photos:
        for pair in (*photo.right, *photo.wrong_class):
            counts[place[pair.marked["category_id"]], place[pair.found["category_id"]]] += 1
        for pair in photo.badly_outlined:
            counts[place[pair.marked["category_id"]], nothing] += 1
            counts[nothing, place[pair.found["category_id"]]] += 1
        for pair in photo.duplicates:
            counts[nothing, place[pair.found["category_id"]]] += 1
        for record in photo.missed:
            counts[place[record["category_id"]], nothing] += 1
        for row in photo.false:
            counts[nothing, place[row["category_id"]]] += 1
    return counts
