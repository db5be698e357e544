"""`Report`: the sink that writes the report of a run, one web page that needs no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.counters import Counters
from maskseg_cli.counting.scale import Scale, short_number
from maskseg_cli.counting.sizes import object_sizes
from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.export.parts import write_parts
from maskseg_cli.export.report.clearest_objects import ClearestObjects
from maskseg_cli.export.report.contact_sheet import ContactSheet
from maskseg_cli.export.report.line_chart import clock
from maskseg_cli.export.report.size_statistics import SizeStatistics, Spread
from maskseg_cli.export.report.source_section import SourceSection
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.messages import counted
from maskseg_cli.pages.elements import escaped, paragraph, pictures, table, tiles
from maskseg_cli.pages.page import page, section
from maskseg_cli.sink import Sink

#: Videos that have a section of their own, pictures of each, and of all photos together.
_SECTIONS, _PICTURES, _PHOTOS = 40, 12, 24
#: Classes whose clearest objects are shown.
_CLASSES = 16


class Report(Sink):
    """A sink that writes one page with counts over time, crossings, zones, sizes, pictures and cut-outs.

    Memory does not grow with the number of frames, and the page has a bounded number of pictures.

    Args:
        path: the .html file.
        counters: count the frames before they reach the sink; None: the sink counts itself, without lines and zones.
        scale: for the sizes.

    Raises:
        UsageError: another kind of file.

    Example:
        >>> with Report("report.html") as report:                      # doctest: +SKIP
        ...     for frame, detections in segment_video("in.mp4"):
        ...         report.add(frame, detections, draw(frame.image, detections))
    """

    def __init__(
        self,
        path: str | Path,
        counters: Counters | None = None,
        scale: Scale | None = None,
    ) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"A report is an .html file, not {self.path}.")
        self._counts_itself = counters is None
        self.counters = counters or Counters()
        self.scale = scale or Scale()
        self._sections: list[SourceSection] = []
        self._section: SourceSection | None = None
        self._source: str | None = None
        self._objects = ClearestObjects()
        self._sizes = SizeStatistics()
        self._frames = 0
        self._failures: list[tuple[str, str]] = []

    def has(self, source: str) -> bool:
        """No photo is there before: the report is of this run alone."""
        return False

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Takes one frame; see `Sink`."""
        if self._counts_itself:
            if not self._frames and frame.job is not None:
                self.counters.photos = True
            if frame.source != self._source and not self.counters.photos:
                self.counters.reset()
            self.counters(frame, detections)
        photos = self.counters.photos
        counts = self.counters.of(frame)
        if self._source is None or (frame.source != self._source and not photos):
            self._begin(frame.source)
        self._source = frame.source
        self._frames += 1
        caption = frame.source if photos else clock(round(counts.time, 1))
        if self._section is not None:
            self._section.add(float(self._frames) if photos else counts.time, counts)
            found = ", ".join(f"{name} {number}" for name, number in counts.objects.most_common(3))
            self._section.sheet.add(
                frame.image if picture is None else picture, f"{caption}: {found}" if found else caption
            )
        several = not photos and len(self._sections) > 1
        self._objects.add(frame, detections, f"{frame.source}, {caption}" if several else caption)
        self._sizes.add(detections, object_sizes(detections))

    def fail(self, name: str, reason: str) -> None:
        """Notes a photo that failed."""
        self._failures.append((name, reason))

    def finish(self) -> None:
        """Writes the page.

        Raises:
            OSError: it cannot be written.
        """
        write_parts(self.path, self._parts())

    def discard(self) -> None:
        """Writes what there is as NAME.partial.html."""
        if self._frames:
            write_parts(partial_path(self.path), self._parts(cut=True))

    def part(self, failed: bool = False) -> tuple[list[SourceSection], ClearestObjects, dict[str, Spread], int] | None:
        """What there is of the video; None where there was no frame. See `Sink.part`."""
        return (self._sections, self._objects, self._sizes.spreads(), self._frames) if self._frames else None

    def join(self, part: tuple[list[SourceSection], ClearestObjects, dict[str, Spread], int] | None) -> None:
        """Adds a video that another process has done.

        Of objects that are about equally clear, others may be shown than where one process does all videos.
        """
        if part is None:
            return
        sections, objects, spreads, frames = part
        self._objects.join(objects, sections[0].name if self._sections else "")
        self._sections += sections[: _SECTIONS - len(self._sections)]
        self._sizes.join(spreads)
        self._frames += frames

    def _begin(self, source: str) -> None:
        """Begins the section of a video, or of all photos."""
        self._sizes.end_source()
        self._section = None
        if len(self._sections) < _SECTIONS:
            most = _PHOTOS if self.counters.photos else _PICTURES
            self._section = SourceSection(source, self.counters.sources[-1], sheet=ContactSheet(most))
            self._sections.append(self._section)

    def _parts(self, cut: bool = False) -> Iterator[bytes]:
        photos = self.counters.photos
        sources = self.counters.sources
        names = [counts.source for counts in sources]
        if photos:
            title = counted(self._frames, "photo")
        else:
            title = names[0] if len(names) == 1 else f"{len(names)} videos"
        return map(utf8, page(f"Report: {title}", f"What was found in {title}", self._content(photos, cut)))

    def _content(self, photos: bool, cut: bool) -> Iterator[str]:
        if cut:
            yield paragraph("The run ended with an error: this is what was found up to then.", "note")
        yield tiles(self._facts())
        if len(self.counters.sources) > 1:
            yield self._overview()
        for one in self._sections:
            yield one.html(photos)
        yield self._clearest()
        yield self._size_table()
        if self._failures:
            yield section(f"{len(self._failures)} failed", table(("Photo", "Reason"), self._failures[:100]))

    def _facts(self) -> list[tuple[str, str]]:
        sources = self.counters.sources
        facts = [("Photos" if self.counters.photos else "Frames", str(self._frames))]
        if not self.counters.photos:
            facts.append(("Time", clock(round(sum(counts.seconds for counts in sources), 1))))
        unique: Counter[str] = Counter()
        for counts in sources:
            if counts.objects.has_tracks:
                unique.update(counts.objects.unique)
            elif self.counters.photos:
                unique.update(counts.objects.total)
        what = "objects" if self.counters.photos else "different objects"
        if unique:
            facts.append((what.capitalize(), str(unique.total())))
            facts += [(name, str(number)) for name, number in unique.most_common(4)]
        for number, line in enumerate(self.counters.lines):
            pairs = [(counts.lines[number].entered.total(), counts.lines[number].left.total()) for counts in sources]
            facts.append((f"{line.name}: in, out", f"{sum(a for a, _ in pairs)}, {sum(b for _, b in pairs)}"))
        return facts

    def _overview(self) -> str:
        rows = []
        for counts in self.counters.sources:
            objects = counts.objects
            most = ", ".join(f"{name} {number}" for name, number in objects.most.most_common(3))
            different = str(objects.unique.total()) if objects.has_tracks else ""
            rows.append((counts.source, counts.frames, clock(round(counts.seconds, 1)), different, most))
        titles = ("Video", "Frames", "Time", "Different objects", "Most in a frame")
        return section("All videos", table(titles, rows))

    def _clearest(self) -> str:
        total: Counter[str] = Counter()
        for counts in self.counters.sources:
            total.update(counts.objects.total)
        parts = []
        for name, _ in total.most_common(_CLASSES):
            shown = pictures(self._objects.chosen(name), "objects")
            if shown:
                parts.append(f"<h3>{escaped(name)}</h3>{shown}")
        if not parts:
            return ""
        return section("Clearest objects", *parts)

    def _size_table(self) -> str:
        scale, rows = self.scale, []
        for name, spread in self._sizes.spreads().items():
            row: list[str | int] = [name, spread.number]
            for number, convert in enumerate((scale.area, scale.length, scale.length)):
                values = (spread.least[number], spread.most[number])
                least, most = (short_number(convert(float(value))) for value in values)
                row += [short_number(convert(spread.mean[number])), f"{least} to {most}"]
            rows.append(row)
        if not rows:
            return ""
        titles = ["Class", "Measured", f"Area ({scale.area_unit}), mean", "from, to"]
        titles += [f"Length ({scale.unit}), mean", "from, to", f"Width ({scale.unit}), mean", "from, to"]
        how = (
            "The area is that of the mask; length and width are the sides of the smallest rectangle around it. "
            "A track counts once, with the mean of its frames."
        )
        if scale.unit != "px":
            how += f" A pixel is {short_number(scale.per_pixel)} {scale.unit} wide."
        return section("Sizes", table(titles, rows), paragraph(how, "soft"))
