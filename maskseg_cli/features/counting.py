"""`Counting`: counts of objects, crossings of lines, visits to zones, sizes, and a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from maskseg_cli.counting.regions import parse_lines, parse_zones
from maskseg_cli.counting.scale import Scale
from maskseg_cli.errors import UsageError
from maskseg_cli.features.feature import Feature, RunParts
from maskseg_cli.option import option

_CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
_ANCHORS = ("centre", "bottom")


@dataclass(frozen=True)
class Counting(Feature):
    """Counts objects in each frame and over time, on the picture, in tables and in a report.

    Raises:
        UsageError: a line, zone, scale or name of a file that is not possible.

    Example:
        >>> Counting(line=("gate=0.1,0.5,0.9,0.5",), report="r.html").files()[0].name
        'r.html'
    """

    heading: ClassVar[str] = "Counts and sizes"

    count: bool = option(False, "Write on the picture how many objects of each class there are, and were so far.")
    count_corner: str = option(
        "top-left",
        "The corner of the picture in which --count writes.",
        choices=_CORNERS,
        metavar="CORNER",
    )
    line: tuple[str, ...] = option(
        (),
        "Count what crosses a line, in and out, in videos and cameras: two points, in fractions of the picture "
        "(0 to 1) or pixels. Repeatable.",
        metavar="[NAME=]X1,Y1,X2,Y2",
    )
    zone: tuple[str, ...] = option(
        (),
        "Count what is inside a polygon, and how long it stays: three corners or more, as for --line. Repeatable.",
        metavar="[NAME=]X,Y,X,Y,X,Y...",
    )
    count_at: str = option(
        "centre",
        "Where an object is, for --line and --zone: the centre of its mask, or the middle of its lower edge.",
        choices=_ANCHORS,
    )
    scale: str | None = option(
        None, "How large a pixel is, such as 12px/cm, 0.05m/px or 300dpi: writes sizes in real units.", metavar="SCALE"
    )
    counts: str | None = option(
        None, "Write the counts as a table, a row a frame or photo (.csv or .json).", kind="path", metavar="FILE"
    )
    sizes: str | None = option(
        None, "Write area, length and width, a row an object (.csv).", kind="path", metavar="FILE"
    )
    report: str | None = option(
        None,
        "Write one web page (.html) with counts over time, crossings, zones, sizes and pictures; it needs no network.",
        kind="path",
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        for name in ("line", "zone"):
            if isinstance(getattr(self, name), str):  # one, from Python
                object.__setattr__(self, name, (getattr(self, name),))
        parse_lines(self.line)
        parse_zones(self.zone)
        for name, value, choices in (
            ("count_corner", self.count_corner, _CORNERS),
            ("count_at", self.count_at, _ANCHORS),
        ):
            if value not in choices:
                raise UsageError(f"{name} is one of {', '.join(choices)}, not {value!r}.")
        if self.scale is not None:
            Scale.parse(self.scale)
        _check_suffix("--counts", self.counts, (".csv", ".json"))
        _check_suffix("--sizes", self.sizes, (".csv",))
        _check_suffix("--report", self.report, (".html", ".htm"))

    @property
    def writes(self) -> bool:
        """Whether there is a table or report."""
        return bool(self.files())

    def files(self) -> list[Path]:
        """The tables and the report."""
        return [Path(path) for path in (self.counts, self.sizes, self.report) if path is not None]

    def add_to(self, parts: RunParts) -> None:
        """Adds the counters, what is drawn, and the files.

        Raises:
            UsageError: a line for photos, or without tracks.
        """
        photos = parts.kind == "photos"
        if self.line and photos:
            raise UsageError(
                "--line counts what crosses a line over time, and photos have no time: it is for videos and cameras. "
                "--count and --zone count in photos."
            )
        if self.line and parts.untracked:  # now, rather than when the first object is seen
            raise UsageError("--line counts tracks that cross it: leave out --no-track.")
        counted = self.count or bool(self.line or self.zone)
        if not counted and self.scale is None and not self.files():
            return
        from maskseg_cli.counting.counters import Counters
        from maskseg_cli.counting.overlay import CountOverlay
        from maskseg_cli.counting.totals import JoinedCounts, Totals

        scale = Scale() if self.scale is None else Scale.parse(self.scale)
        counters = Counters(
            parse_lines(self.line),
            parse_zones(self.zone),
            self.count_at,  # type: ignore[arg-type]
            parts.score_now or parts.min_score,
            photos,
            parts.class_scores,
        )
        parts.transforms.append(counters)
        if parts.kind == "video":
            parts.sinks.append(JoinedCounts(counters))
        if counted or self.scale is not None:
            written = None if self.scale is None else scale
            parts.overlays.append(
                CountOverlay(counters, self.count, self.count_corner, written, parts.drawing)  # type: ignore[arg-type]
            )
        if self.counts is not None:
            from maskseg_cli.export.counts_table import CountsTable

            parts.sinks.append(CountsTable(parts.file(self.counts, "counts.json"), counters))
        if self.sizes is not None:
            from maskseg_cli.export.sizes_table import SizesTable

            parts.sinks.append(SizesTable(parts.file(self.sizes, "sizes.csv"), scale))
        if self.report is not None:
            from maskseg_cli.export.report.report import Report

            parts.sinks.append(Report(parts.file(self.report, "report.html"), counters, scale))
        if counted and parts.reporter is not None:
            parts.sinks.append(Totals(counters, parts.reporter, self.count))


def _check_suffix(name: str, path: str | None, suffixes: tuple[str, ...]) -> None:
    if path is not None and Path(path).suffix.lower() not in suffixes:
        raise UsageError(f"{name} writes {' and '.join(suffixes)} files, not {path}.")
