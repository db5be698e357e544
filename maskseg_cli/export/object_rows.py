"""`ObjectRows`: base of sinks that write one text file of rows, and `ObjectTable`: a CSV table with a row an object."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.completed_sink import CompletedSink
from maskseg_cli.export.csv_rows import csv_rows
from maskseg_cli.export.frame_times import FrameTimes
from maskseg_cli.export.prepared_sink import PreparedSink
from maskseg_cli.export.scores import score_of
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import GrowingFile, utf8
from maskseg_cli.printable import plain_cell, spreadsheet_cell

COLUMNS = ("file", "frame", "time", "object", "id", "class", "score", "x1", "y1", "x2", "y2", "area", "cx", "cy")


class ObjectRows(PreparedSink, CompletedSink):
    """Writes rows as the frames come into a file that appears at the end, also of a run that was stopped.

    Args:
        path: of the file, which is replaced.
        resume: keep the rows that an earlier run wrote for sources that this one does not do again.
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(self, path: str | Path, resume: bool = False) -> None:
        self.path = Path(path)
        self._resume = resume
        self._file: GrowingFile | None = None
        self._added: set[str] = set()
        self._earlier: set[str] | None = None
        self._count = 0
        self._times = FrameTimes()

    def has(self, source: str) -> bool:
        """Whether an earlier run wrote rows for this photo. One without objects has none, and is done again."""
        if self._earlier is None:
            self._earlier = {name for name, _ in self._earlier_rows()}
        return source in self._earlier

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Makes the rows; the function that is returned writes them."""
        rows = self.rows(frame, detections)
        return lambda: self.add_condensed(frame, rows)

    def condense(self, frame: Frame, detections: Detections) -> bytes:
        """The rows."""
        return self.rows(frame, detections)

    def add_condensed(self, frame: Frame, condensed: bytes) -> None:
        """Writes the rows."""
        self._write(condensed)
        if self._resume:
            self._added.add(frame.source)

    def finish(self) -> None:
        """Adds the rows that are kept, and gives the file its name.

        Raises:
            OSError: it cannot be written; a file that was there stays.
        """
        file = self._open()
        try:
            for name, row in self._earlier_rows():
                if name not in self._added:
                    self._write(row)
            file.write(self.footer())
            file.finish()
        except BaseException:
            file.discard()
            raise
        self._file = None

    def discard(self) -> None:
        """Removes what was written; a file that was there stays."""
        if self._file is not None:
            self._file.discard()
            self._file = None

    def part(self, failed: bool = False) -> tuple[Path, set[str]]:
        """The rows alone, and their sources; see `Sink.part`."""
        file = self._open()
        file.finish()
        return self.path, self._added

    def join(self, part: tuple[Path, set[str]]) -> None:
        """Adds the rows of a video that another process has done."""
        path, added = part
        self._added |= added
        size = len(self.header())
        with path.open("rb") as rows:
            rows.seek(size)
            for row in rows:
                self._open().write(row)

    def header(self) -> bytes:
        """What stands before the rows."""
        return b""

    def footer(self) -> bytes:
        """What stands behind the rows."""
        return b""

    def numbered(self, rows: bytes, number: int) -> bytes:
        """The rows of a frame, the `number`th of the file from 0, as they are written."""
        return rows

    def rows(self, frame: Frame, detections: Detections) -> bytes:
        """The rows of one frame; several threads may call it at once."""
        raise NotImplementedError

    def read_rows(self) -> Iterator[tuple[str, bytes]]:
        """The source and the text of each row that an earlier run wrote."""
        raise NotImplementedError

    def _write(self, rows: bytes) -> None:
        self._open().write(self.numbered(rows, self._count))
        self._count += 1

    def _open(self) -> GrowingFile:
        if self._file is None:
            self._file = GrowingFile(self.path)
            self._file.write(self.header())
        return self._file

    def _earlier_rows(self) -> Iterator[tuple[str, bytes]]:
        if self._resume and self.path.is_file():
            yield from self.read_rows()


class ObjectTable(ObjectRows):
    """Writes a CSV table with a row for each object: where and when it is, what it is, its box and its mask's place.

    Text that a spreadsheet would take for a formula gets an apostrophe in front. Boxes, areas and centroids are in
    pixels of the upright picture; (0, 0) is the picture's corner. `object` counts the objects of a picture from 1;
    `id` is empty where objects are not tracked, and so are the score of what people have marked, and the area of what
    they have marked with a box alone.

    Example:
        >>> with ObjectTable("objects.csv") as sink:                            # doctest: +SKIP
        ...     for frame, detections in segment_video("in.mp4"):
        ...         sink.add(frame, detections, None)
    """

    def header(self) -> bytes:
        """The names of the columns."""
        return utf8(",".join(COLUMNS) + "\n")

    def rows(self, frame: Frame, detections: Detections) -> bytes:
        """A row an object."""
        return b"".join(csv_rows(self._table(frame, detections)))

    def _table(self, frame: Frame, detections: Detections) -> Iterator[list[Any]]:
        time = self._times(frame)
        for number, (name, box, confidence, mask) in enumerate(
            zip(detections.names, detections.xyxy, detections.confidence, detections.masks, strict=True)
        ):
            track = -1 if detections.tracker_id is None else int(detections.tracker_id[number])
            x, y = centroid(mask)
            score = score_of(confidence)
            yield [
                spreadsheet_cell(frame.source),
                frame.index,
                time,
                number + 1,
                track if track >= 0 else "",
                spreadsheet_cell(name),
                "" if score is None else score,
                *(round(float(value), 3) for value in box),
                "" if score is None and x is None else mask.area,
                "" if x is None else round(x, 2),
                "" if y is None else round(y, 2),
            ]

    def read_rows(self) -> Iterator[tuple[str, bytes]]:
        """The rows of the file.

        Raises:
            MasksegError: it holds something else.
        """
        with self.path.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
            table = csv.reader(lines)
            if next(table, None) != list(COLUMNS):
                raise MasksegError(f"{self.path} is no table of objects that could be continued: name another file.")
            for row in table:
                if len(row) == len(COLUMNS):  # the last one may be cut off
                    yield plain_cell(row[0]), b"".join(csv_rows([row]))


def centroid(mask: MaskCrop) -> tuple[float, float] | tuple[None, None]:
    """x and y of the mean of a mask's pixels; None of a mask without pixels.

    Example:
        >>> centroid(MaskCrop(10, 20, np.ones((2, 4), dtype=bool)))
        (22.0, 11.0)
    """
    moments = cv2.moments(np.ascontiguousarray(mask.bitmap).view(np.uint8), binaryImage=True)
    if not moments["m00"]:
        return None, None
    return mask.left + moments["m10"] / moments["m00"] + 0.5, mask.top + moments["m01"] / moments["m00"] + 0.5
