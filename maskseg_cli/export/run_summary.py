"""`RunSummary`: counts the photos and objects of a run, for its last lines, and as a table or JSON.

A photo that failed and was done again after it had changed (--watch) counts with its last result.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.export.csv_rows import csv_rows
from maskseg_cli.export.earlier_summary import COLUMNS, read_summary
from maskseg_cli.export.parts import write_parts
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.messages import count_words, counted
from maskseg_cli.printable import spreadsheet_cell
from maskseg_cli.sink import Sink

#: Failed photos, and classes, that the last lines name.
_LISTED = 10
_NAMED = 12


class RunSummary(Sink):
    """Counts photos and objects as they come; the rows of a table wait on the disk, not in memory.

    Args:
        path: a .csv or .json file to write at the end, also of a run that failed; None: none.
        resume: take the objects of photos whose result is kept from that file, if an earlier run has written it.

    Attributes:
        done, kept: photos whose result was written, or existed already.
        unknown: photos whose result existed already, and whose objects no earlier output holds.
        objects: objects of all other photos, by the name of their class.
        failures: name of each failed photo -> reason.

    Raises:
        UsageError: another kind of file.
        MasksegError: the file that is to be continued is no summary.

    Example:
        >>> summary = RunSummary()
        >>> summary.add(Frame(np.zeros((4, 6, 3), np.uint8), source="a.jpg"), Detections.empty((4, 6)), None)
        >>> summary.fail("b.jpg", "b.jpg is empty (0 bytes).")
        >>> summary.lines(2)
        ['In all: nothing found.', '1 of 2 photos done, 1 failed: b.jpg.']
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(self, path: str | Path | None = None, resume: bool = False) -> None:
        self.done = 0
        self.kept = 0
        self.unknown = 0
        self.objects: Counter[str] = Counter()
        self.failures: dict[str, str] = {}
        self._path = None if path is None else Path(path)
        if self._path is not None and self._path.suffix.lower() not in (".csv", ".json"):
            raise UsageError(f"--summary writes .csv and .json files, not {self._path}.")
        self._earlier: dict[str, dict[str, int]] = {}
        if resume and self._path is not None and self._path.is_file():
            self._earlier = read_summary(self._path)
        self._places: dict[str, int] = {}  # name of a class -> its column's place
        self._shown: Mapping[str, str] = {}
        self._failed_rows: dict[str, int] = {}  # name of the photo -> number of its row
        self._outdated: set[int] = set()  # numbers of rows
        self._written = 0
        self._rows = None
        if self._path is not None:
            self._rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115
        self._began = time.monotonic()

    def start(self, class_names: tuple[str, ...]) -> None:
        """Sets the order of the columns."""
        for number, name in enumerate(class_names):
            self._places.setdefault(self._shown.get(name, name), number)

    def show_as(self, names: Mapping[str, str]) -> None:
        """Counts classes under other names; called before `start`.

        Args:
            names: the network's name of a class -> the name to show, which several classes may have.
        """
        self._shown = names

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Counts a photo whose result was written."""
        self.add_condensed(frame, self.condense(frame, detections))

    def condense(self, frame: Frame, detections: Detections) -> tuple[Counter[str], float | None]:
        """Number of objects by class, and the seconds of the network."""
        return Counter(detections.labels), detections.seconds

    def add_condensed(self, frame: Frame, condensed: tuple[Counter[str], float | None]) -> None:
        """Counts a photo; see `condense`."""
        counts, seconds = condensed
        self.done += 1
        name, result = frame.source, None
        if frame.job is not None:
            name = frame.job.source.name
            result = None if frame.job.target is None or frame.job.done else str(frame.job.target)
        self._forget_failure(name)
        self.objects.update(counts)
        rounded = None if seconds is None else round(seconds, 4)
        self._add_row(name, result, "done", seconds=rounded, counts=counts)

    def skip(self, name: str, target: str | None, objects: Mapping[str, int] | None = None) -> None:
        """Counts a photo whose result existed already.

        Args:
            objects: the network's name of a class -> number of objects, where another output knows it.
        """
        self.kept += 1
        self._forget_failure(name)
        if objects is not None:
            counts: Counter[str] = Counter()
            for label, number in objects.items():
                counts[self._shown.get(label, label)] += number
            objects = counts
        else:
            objects = self._earlier.get(name, self._earlier.get(utf8(name).decode()))
        if objects is None:
            self.unknown += 1
        self.objects.update(objects or {})
        self._add_row(name, target, "skipped", counts=objects)

    def fail(self, name: str, reason: str) -> None:
        """Counts a photo that failed."""
        self._forget_failure(name)
        self.failures[name] = reason
        self._failed_rows[name] = self._written
        self._add_row(name, None, "failed", reason)

    def finish(self) -> None:
        """Writes the file, if there is to be one.

        Raises:
            OSError: it cannot be written.
        """
        if self._path is not None:
            as_table = self._path.suffix.lower() == ".csv"
            write_parts(self._path, csv_rows(self._table()) if as_table else self._json_parts())

    def discard(self) -> None:
        """Writes the file all the same: it says what failed."""
        self.finish()

    def suspend(self) -> str | None:
        """Writes the file if that is still possible."""
        with contextlib.suppress(OSError):
            self.finish()
        return None

    @property
    def failed(self) -> int:
        """Photos whose result could not be made."""
        return len(self.failures)

    def _forget_failure(self, photo: str) -> None:
        if self.failures.pop(photo, None) is not None:
            self._outdated.add(self._failed_rows.pop(photo))

    def lines(self, photos: int | None) -> list[str]:
        """The last lines of a run; `photos` is how many there were, None where that is not known (--watch)."""
        of = "" if photos is None else f" of {photos}"
        parts = [f"{self.done}{of} {'photo' if photos is None and self.done == 1 else 'photos'} done"]
        if self.kept:
            parts.append(f"{self.kept} there already")
        if self.failed:
            more = f" and {self.failed - _LISTED} more" if self.failed > _LISTED else ""
            parts.append(f"{self.failed} failed: {', '.join(itertools.islice(self.failures, _LISTED))}{more}")
        without = f", without {counted(self.unknown, 'photo')} there already" if self.unknown else ""
        known = self.done + self.kept - self.unknown
        found = [f"In all{without}: {count_words(self.objects, _NAMED)}."] if known else []
        return [*found, ", ".join(parts) + "."]

    def _table(self) -> Iterator[list[Any]]:
        """The table: a row a photo, and a column for each class that was found, in the network's order."""
        found = self._found()
        yield [*COLUMNS, *map(spreadsheet_cell, found)]
        for row in self._read_rows():
            counts = row.pop("counts")
            objects = [""] * (1 + len(found))
            if counts is not None:
                objects = [sum(counts.values()), *(counts.get(name, 0) for name in found)]
            photo, result, reason = (spreadsheet_cell(row[name] or "") for name in ("photo", "result", "reason"))
            yield [photo, result, row["status"], reason, row["seconds"], *objects]

    def _json_parts(self) -> Iterator[bytes]:
        """The same as JSON: the totals, and a list of the photos."""
        totals = {
            "done": self.done,
            "skipped": self.kept,
            "failed": self.failed,
            "objects": {name: self.objects[name] for name in self._found()},
            "seconds": round(time.monotonic() - self._began, 3),
        }
        yield utf8(json.dumps(totals, ensure_ascii=False, indent=1)[:-2]) + b',\n "photos": ['
        for number, row in enumerate(self._read_rows()):
            entry = {key: value for key, value in row.items() if value is not None and key != "counts"}
            if row["counts"] is not None:
                entry["objects"] = row["counts"]
            yield utf8((",\n  " if number else "\n  ") + json.dumps(entry, ensure_ascii=False))
        yield b"\n ]\n}\n"

    def _found(self) -> list[str]:
        last = len(self._places)
        return sorted(self.objects, key=lambda name: (self._places.get(name, last), name))

    def _add_row(
        self,
        photo: str,
        result: str | None,
        status: str,
        reason: str | None = None,
        seconds: float | None = None,
        counts: Mapping[str, int] | None = None,
    ) -> None:
        if self._rows is None:
            return
        row = {"photo": photo, "result": result, "status": status, "reason": reason, "seconds": seconds}
        self._rows.write(json.dumps({**row, "counts": counts}) + "\n")
        self._written += 1

    def _read_rows(self) -> Iterator[dict[str, Any]]:
        if self._rows is None:
            return
        self._rows.seek(0)
        for number, line in enumerate(self._rows):
            if number not in self._outdated:
                yield json.loads(line)
        self._rows.seek(0, 2)
