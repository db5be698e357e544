"""`SourceSection`: what the report says about one video, a camera, or all photos of a run."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from maskseg_cli.counting.counters import FrameCounts, SourceCounts
from maskseg_cli.counting.line_counter import Crossing, LineCounter
from maskseg_cli.counting.words import line_words
from maskseg_cli.counting.zone_counter import ZoneCounter
from maskseg_cli.export.report.contact_sheet import ContactSheet
from maskseg_cli.export.report.line_chart import clock, line_chart
from maskseg_cli.export.report.time_series import TimeSeries
from maskseg_cli.messages import capitalized, counted
from maskseg_cli.pages.axes import COLORS, legend_line
from maskseg_cli.pages.elements import escaped, folded, paragraph, pictures, table

#: Crossings and visitors that are listed one by one, and ticks of crossings under a chart.
_CROSSINGS, _VISITORS, _MARKS = 300, 30, 300


@dataclass
class SourceSection:
    """Collects what is shown of one source, in flat memory.

    Attributes:
        name: of the video or camera; "" for photos.
        counts: its counters, which count on while frames come.
        series: counts over time.
        sheet: pictures.
        crossings: the first ones.
    """

    name: str
    counts: SourceCounts
    series: TimeSeries = field(default_factory=TimeSeries)
    sheet: ContactSheet = field(default_factory=ContactSheet)
    crossings: deque[Crossing] = field(default_factory=deque)
    end: float = 0.0

    def add(self, time: float, counts: FrameCounts) -> None:
        """Adds the counts of a frame."""
        self.series.add(time, counts.objects)
        self.end = time
        for crossing in counts.crossings:
            if len(self.crossings) < _CROSSINGS:
                self.crossings.append(crossing)

    def html(self, photos: bool) -> str:
        """The section as HTML."""
        title = "Photos" if photos else self.name
        parts = [f"<section><h2>{escaped(title)}</h2>", self._chart(photos), self._classes(photos)]
        if self.counts.lines:
            parts.append(self._lines())
        parts += [self._zone(zone, photos) for zone in self.counts.zones]
        sheet = pictures(self.sheet.chosen(), "sheet")
        if sheet:
            parts.append(f"<h3>{'Photos' if photos else 'Frames'}</h3>{sheet}")
        return "".join([*parts, "</section>"])

    def _chart(self, photos: bool) -> str:
        bins = self.series.bins
        total = self.counts.objects.total
        names = [name for name, _ in total.most_common(len(COLORS))]
        if not names:
            return paragraph("Nothing was found.")
        if len(bins) < 2:
            return ""
        marks = [crossing.time for crossing in self.crossings][:_MARKS]
        chart = line_chart(bins, names, self.end, marks, "photo" if photos else "s")
        keys = "".join(f"<li>{legend_line(number)}{escaped(name)}</li>" for number, name in enumerate(names))
        left_out = len(total) - len(names)
        more = f"<li>{counted(left_out, 'rarer class')} not drawn</li>" if left_out else ""
        ticks = '<li class="soft">red ticks: crossings of lines</li>' if marks else ""
        over = "photo" if photos else "frame, over time"
        return f'<h3>Objects in a {over}</h3>{chart}<ul class="legend">{keys}{more}{ticks}</ul>'

    def _classes(self, photos: bool) -> str:
        objects = self.counts.objects
        names = [name for name, _ in objects.total.most_common()]
        if not names:
            return ""
        unit = "photo" if photos else "frame"
        titles = ["Class", *(["In all"] if photos else []), f"Most in a {unit}", f"Mean of a {unit}"]
        if objects.has_tracks:
            titles.append("Different ones")
        rows = []
        for name in names:
            row: list[str | int] = [name, *([objects.total[name]] if photos else []), objects.most[name]]
            row.append(f"{objects.total[name] / max(1, objects.frames):.2f}")
            if objects.has_tracks:
                row.append(objects.unique[name])
            rows.append(row)
        note = ""
        if not photos and not objects.has_tracks:
            note = paragraph("Different ones over time are counted by tracks, which these objects do not have.", "soft")
        return table(titles, rows) + note

    def _lines(self) -> str:
        parts = ["<h3>Crossings</h3>", *(_line(line) for line in self.counts.lines)]
        if self.crossings:
            rows = [
                (clock(one.time), f"{one.class_name} #{one.track}", one.direction, one.line) for one in self.crossings
            ]
            total = sum(line.entered.total() + line.left.total() for line in self.counts.lines)
            title = "Times" if total <= len(rows) else f"Times of the first {len(rows)} of {total}"
            parts.append(folded(title, table(("Time", "Object", "Direction", "Line"), rows)))
        return "".join(parts)

    def _zone(self, zone: ZoneCounter, photos: bool) -> str:
        title = f"<h3>Zone {escaped(zone.zone.name)}</h3>"
        names = [name for name, _ in zone.total.most_common()]
        visitors = list(zone.visitors.values())
        names += [name for name in zone.unique if name not in names]
        if not names:
            return title + paragraph("Nothing was inside.")
        titles = ["Class", *(["In all"] if photos else []), "Most at once"]
        if visitors:
            titles += ["Visitors", "Mean stay", "Longest stay"]
        rows = []
        for name in names:
            row: list[str | int] = [name, *([zone.total[name]] if photos else []), zone.most[name]]
            stays = [visitor.dwell for visitor in visitors if visitor.class_name == name]
            if visitors:
                row += [len(stays), *(_stays(stays))]
            rows.append(row)
        parts = [title, table(titles, rows)]
        if visitors:
            longest = zone.longest(_VISITORS)
            listed = [
                (f"{one.class_name} #{one.track}", clock(one.first), clock(one.last), f"{one.dwell:.1f} s", one.visits)
                for one in longest
            ]
            heading = "Visitors" if len(visitors) <= len(listed) else f"The {len(listed)} longest of {len(visitors)}"
            parts.append(folded(heading, table(("Object", "From", "Until", "Stay", "Visits"), listed)))
        return "".join(parts)


def _stays(stays: list[float]) -> tuple[str, str]:
    return (f"{sum(stays) / len(stays):.1f} s", f"{max(stays):.1f} s") if stays else ("", "")


def _line(line: LineCounter) -> str:
    sentence = line_words(line)
    names = sorted({**line.entered, **line.left}, key=lambda name: -(line.entered[name] + line.left[name]))
    text = paragraph(f"{capitalized(sentence)}.")
    if not names:
        return text
    rows = [(name, line.entered[name], line.left[name]) for name in names]
    return text + table(("Class", "In", "Out"), rows)
