"""`SizesTable`: area, length and width of each object as a table (CSV)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.places import tracks_of
from maskseg_cli.counting.scale import Scale
from maskseg_cli.counting.sizes import object_sizes
from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.export.frame_times import FrameTimes
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import GrowingFile, utf8
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.printable import spreadsheet_cell
from maskseg_cli.sink import Sink


class SizesTable(Sink):
    """A sink that writes a row an object: file, frame, time, track, class, score, area in pixels, and area, length and
    width in real units.

    Args:
        path: a .csv file.
        scale: of a pixel; the one that says "px" writes pixels.

    Raises:
        UsageError: another kind of file.
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(self, path: str | Path, scale: Scale | None = None) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() != ".csv":
            raise UsageError(f"Sizes are written as .csv, not {self.path}.")
        self.scale = scale or Scale()
        self._file: GrowingFile | None = None
        self._rows = 0
        self._times = FrameTimes()

    def has(self, source: str) -> bool:
        """No photo is there before: the table is of this run alone."""
        return False

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Writes the objects of one frame."""
        self.add_condensed(frame, self.condense(frame, detections))

    def condense(self, frame: Frame, detections: Detections) -> list[list[object]]:
        """The rows of the objects of one frame."""
        scale = self.scale
        at = self._times(frame)
        rows: list[list[object]] = []
        for (area, length, width), track, name, score in zip(
            object_sizes(detections).tolist(),
            tracks_of(detections),
            detections.labels,
            detections.confidence.tolist(),
            strict=True,
        ):
            real = [] if scale.unit == "px" else [f"{scale.area(area):.6g}"]
            sides = [f"{scale.length(side):.6g}" for side in (length, width)]
            time = "" if frame.job is not None else f"{at:.4f}"
            start = [spreadsheet_cell(frame.source), frame.index, time, "" if track < 0 else track]
            rows.append([*start, spreadsheet_cell(name), f"{score:.4f}", int(area), *real, *sides])
        return rows

    def add_condensed(self, frame: Frame, condensed: list[list[object]]) -> None:
        """Writes the rows."""
        self._rows += len(condensed)
        self._opened().write(_lines(condensed))

    def finish(self) -> None:
        """Gives the file its name.

        Raises:
            OSError: that is not possible.
        """
        self._opened().finish()

    def discard(self) -> None:
        """Keeps the rows there are as NAME.partial.csv."""
        if self._file is None:
            return
        if self._rows:
            self._file.finish(partial_path(self.path))
        else:
            self._file.discard()

    def part(self, failed: bool = False) -> tuple[Path, int]:
        """The file, which begins with the titles of the columns, and its number of rows; see `Sink.part`."""
        self.finish()
        return self.path, self._rows

    def join(self, part: tuple[Path, int]) -> None:
        """Adds the rows of a video that another process has done."""
        path, rows = part
        self._rows += rows
        with path.open("rb") as lines:
            next(lines)
            for line in lines:
                self._opened().write(line)

    def _opened(self) -> GrowingFile:
        """The file, with the titles of the columns in it."""
        if self._file is None:
            self._file = GrowingFile(self.path)
            unit = self.scale.unit
            real = [] if unit == "px" else [f"area ({self.scale.area_unit})"]
            titles = ["file", "frame", "time", "track", "class", "score", "area (px)", *real]
            self._file.write(_lines([[*titles, f"length ({unit})", f"width ({unit})"]]))
        return self._file


def _lines(rows: list[list[object]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return utf8(stream.getvalue())
