"""The confusion matrix as a table with shaded cells, and the classes that are taken for each other most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.messages import counted
from maskseg_cli.pages.elements import paragraph, table
from maskseg_cli.pages.matrix import matrix_table
from maskseg_cli.pages.page import section

#: Classes of the matrix, and pairs that are named.
_CLASSES, _PAIRS = 18, 10


def confusion_section(names: Sequence[str], counts: NDArray[np.int64], threshold: float, iou: float) -> str:
    """A section with the matrix of those classes that occur, the most common ones where they are many.

    Args:
        names: of the N classes.
        counts: (N + 1, N + 1), rows: what is marked, columns: what was found; the last row is what was found where
            nothing is marked, the last column what is marked and was not found.
        threshold: detections of lower scores do not count.
        iou: overlap from which a detection belongs to an object.
    """
    number = len(names)
    between = counts[:number, :number].copy()
    np.fill_diagonal(between, 0)
    # Classes that are confused with others first, then those with the most objects.
    mixed = between.sum(axis=0) + between.sum(axis=1)
    occurs = counts[:number].sum(axis=1) + counts[:, :number].sum(axis=0) > 0
    order = np.lexsort((-counts[:number].sum(axis=1), -mixed))
    chosen = sorted(int(place) for place in [place for place in order if occurs[place]][:_CLASSES])
    how = (
        f"Rows are what is marked, columns what was found, with scores from {threshold:g} and an IoU of {iou:g} or "
        "more; the frame is what is right, the shade is the share of the row."
    )
    if len(chosen) < occurs.sum():
        how += f" Of {occurs.sum()} classes that occur, these are the {len(chosen)} that are confused most."
    return section(
        "Which classes are taken for each other",
        paragraph(how, "soft"),
        _matrix(names, counts, chosen),
        _pairs(names, counts, between),
    )


def _matrix(names: Sequence[str], counts: NDArray[np.int64], chosen: list[int]) -> str:
    """The chosen classes, one row and column for all others where there are some, and what has no partner."""
    number = len(names)
    rest = [place for place in range(number) if place not in chosen]
    groups = [[place] for place in chosen] + ([rest] if rest and counts[rest].sum() + counts[:, rest].sum() else [])
    groups.append([number])
    small = np.array([[counts[np.ix_(row, column)].sum() for column in groups] for row in groups])
    titles = [names[place] for place in chosen] + (["other classes"] if len(groups) > len(chosen) + 1 else [])
    cells = [
        [(str(value) if value else "", value / total if total else 0.0) for value in row]
        for row, total in zip(small.tolist(), small.sum(axis=1).tolist(), strict=True)
    ]
    return matrix_table(
        [*titles, "nothing marked"],
        [*titles, "missed"],
        cells,
        "marked \\ found",
        marked=[(place, place) for place in range(len(chosen))],
    )


def _pairs(names: Sequence[str], counts: NDArray[np.int64], between: NDArray[np.int64]) -> str:
    """The most frequent confusions in words."""
    flat = np.argsort(-between, axis=None, kind="stable")[:_PAIRS]
    rows = []
    for marked, found in zip(*np.unravel_index(flat, between.shape), strict=True):
        times = int(between[marked, found])
        if times:
            objects = counted(int(counts[marked].sum()), "object")
            rows.append((f"{names[marked]} found as {names[found]}", f"{times} of {objects}"))
    if not rows:
        return paragraph("No class was found as another one.")
    return table(("Most frequent", "Times"), rows)
