"""`weights.csv`: one row for each array, with its difference where two files are compared."""

from __future__ import annotations

import csv
import io

from maskseg_cli.inspection.weights.inspection import WeightsInspection, stored_type
from maskseg_cli.inspection.weights.stages import stage_of
from maskseg_cli.printable import spreadsheet_cell

_TITLES = (
    "name", "stage", "shape", "dtype", "count", "not_finite", "min", "max", "mean", "std", "zeros",
    "dead", "exploding",
)  # fmt: skip
_CHANGES = ("in_other", "max_difference", "relative_change", "cosine")


def weights_table(inspection: WeightsInspection) -> str:
    """The table as CSV, arrays in the order of the page; "zeros" and "relative_change" are shares.

    Where two files are compared, arrays that only the other one has follow, with their names and nothing else. Names
    are those of the file: one that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    comparison = inspection.comparison
    changes = {} if comparison is None else {one.name: one for one in comparison.changes}
    reshaped = set() if comparison is None else {name for name, _, _ in comparison.reshaped}
    marked = {(one.name, one.kind): len(one.indices) for one in inspection.findings}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_TITLES, *(_CHANGES if comparison is not None else ())])
    for name, one in inspection.statistics.items():
        array = inspection.checkpoint.arrays[name]
        shape = "x".join(map(str, array.shape))
        row = [
            spreadsheet_cell(name),
            stage_of(name),
            shape,
            stored_type(name, inspection.checkpoint),
            one.count,
            one.broken,
        ]
        row += [f"{value:.9g}" for value in (one.minimum, one.maximum, one.mean, one.std, one.zeros)]
        row += [marked.get((name, kind), 0) for kind in ("dead", "exploding")]
        if comparison is not None:
            change = changes.get(name)
            row += ["other shape" if name in reshaped else "no" if change is None else "yes"]
            row += (
                [""] * 3
                if change is None
                else [f"{value:.9g}" for value in (change.largest, change.relative, change.cosine)]
            )
        writer.writerow(row)
    for name in () if comparison is None else comparison.only_second:
        writer.writerow([spreadsheet_cell(name), stage_of(name), *[""] * (len(_TITLES) - 2), "only there", "", "", ""])
    return text.getvalue()
