"""`DataInspection`: what an inspection of a data set has found, and the names of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.problems import BadRecord
from maskseg_cli.messages import counted

#: Files of the folder beside the pictures.
PAGE, FIGURES, PROBLEMS = "index.html", "data.json", "problems.csv"


@dataclass(frozen=True, eq=False)
class DataInspection:
    """What was found.

    Attributes:
        page: the page that was written.
        figures: what data.json holds.
        records: every bad record.
    """

    page: Path
    figures: dict[str, Any]
    records: list[BadRecord]

    def summary(self) -> list[str]:
        """A few lines for people: photos, objects, classes, and problems by kind."""
        found = self.figures
        used = sum(one["objects"] > 0 for one in found["classes"].values())
        lines = [
            f"{counted(found['images'], 'photo')}, {counted(found['objects'], 'object')}, "
            f"{used} of {counted(len(found['classes']), 'class')} with objects"
        ]
        below, objects = found["anchors"]["below_threshold"], found["anchors"]["objects"]
        if objects:
            least = found["anchors"]["threshold"]
            lines.append(f"{below / objects:.0%} of the objects have no anchor with IoU {least:g} or more")
        for kind, one in found["problems"].items():
            number = "" if kind == "no-objects" else f"{one['count']} "
            lines.append(f"{kind}: {number}{one['what']} ({one['done']})")
        return [*lines, str(self.page)]
