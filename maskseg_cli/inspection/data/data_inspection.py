"""`DataInspection`: what an inspection of a data set has found, and the names of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.problem_kinds import KINDS, LEFT_OUT
from maskseg_cli.datasets.problems import BadRecord
from maskseg_cli.messages import counted

#: Files of the folder beside the pictures.
PAGE, FIGURES, PROBLEMS = "index.html", "data.json", "problems.csv"

#: Kinds of problems of which each record is a photo that training does not get.
_UNUSABLE = (*LEFT_OUT, "broken-pixels")

#: Photos of a kind that are named in a message.
_NAMED = 20


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

    @property
    def left_out(self) -> list[BadRecord]:
        """The photos that training cannot use: missing, unreadable, damaged, or of another size than the data say."""
        return [record for record in self.records if record.kind in _UNUSABLE]

    def left_out_lines(self) -> list[str]:
        """Sentences that name these photos by kind, where they are many the first of them; none without such photos."""
        left_out = self.left_out
        if not left_out:
            return []
        lines = [f"{counted(len(left_out), 'photo')} of the data cannot be used for training:"]
        for kind in _UNUSABLE:
            names = [record.name for record in left_out if record.kind == kind]
            more = f" and {len(names) - _NAMED} more, which {PROBLEMS} names" if len(names) > _NAMED else ""
            lines += [f"  {KINDS[kind].what}: {', '.join(names[:_NAMED])}{more}"] if names else []
        return lines

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
