"""The bad records of a data set as a table: problems.csv has every one of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from maskseg_cli.datasets.problem_kinds import KINDS
from maskseg_cli.datasets.problems import BadRecord, CompleteProblemLog
from maskseg_cli.printable import spreadsheet_cell

COLUMNS = ("kind", "record", "value", "what", "done")


def problems_csv(records: Sequence[BadRecord]) -> str:
    """All bad records, in the order of `KINDS`, then as they were found; a line an record.

    The columns are the kind, the name of the record, the offending value where it is known, what is wrong, and what
    training does about it.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    place = {kind: number for number, kind in enumerate(KINDS)}
    for one in sorted(records, key=lambda record: place[record.kind]):
        kind = KINDS[one.kind]
        cells = (one.kind, one.name, one.value, kind.what, kind.consequence)
        table.writerow([spreadsheet_cell(cell) for cell in cells])
    return text.getvalue()


def problem_counts(log: CompleteProblemLog) -> dict[str, dict[str, str | int]]:
    """Kind -> how many records, what is wrong, and what is done; in the order of `KINDS`."""
    return {
        problem.kind: {
            "count": problem.count,
            "what": KINDS[problem.kind].what,
            "done": KINDS[problem.kind].consequence,
        }
        for problem in log.problems()
    }
