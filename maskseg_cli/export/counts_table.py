"""`CountsTable`: the counts of each frame or photo as a table (CSV) or JSON."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.counters import Counters, FrameCounts, SourceCounts
from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.export.csv_rows import csv_rows
from maskseg_cli.export.parts import write_parts
from maskseg_cli.frame import Frame
from maskseg_cli.media.atomic_file import utf8
from maskseg_cli.media.partial_files import partial_path
from maskseg_cli.printable import printable_json, spreadsheet_cell
from maskseg_cli.sink import Sink


class CountsTable(Sink):
    """A sink that writes a row a frame or photo; the rows wait on the disk, because only the end knows all classes.

    Columns: file, frame, time (seconds since the first frame), objects, one for each class that was found, `unique`
    (different tracks so far), and for each line `NAME in` and `NAME out` (so far), for each zone `NAME inside`. JSON
    has the same by class, the crossings of each frame, and the totals of each video.

    Args:
        path: a .csv or .json file.
        counters: count the frames before they reach the sink.

    Raises:
        UsageError: another kind of file.
    """

    needs_picture = False
    on_cluster = "leader"

    def __init__(self, path: str | Path, counters: Counters) -> None:
        self.path = Path(path)
        if self.path.suffix.lower() not in (".csv", ".json"):
            raise UsageError(f"Counts are written as .csv or .json, not {self.path}.")
        self._counters = counters
        self._class_names: tuple[str, ...] = ()
        self._found: set[str] = set()
        self._written = 0
        self._tracked = False
        self._rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115  lives with the sink

    def start(self, class_names: tuple[str, ...]) -> None:
        """Sets the order of the columns."""
        self._class_names = class_names

    def has(self, source: str) -> bool:
        """No photo is there before: the table is of this run alone."""
        return False

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Notes one frame."""
        self.add_condensed(frame, None)

    def condense(self, frame: Frame, detections: Detections) -> None:
        """Nothing: the counters have seen the frame."""

    def add_condensed(self, frame: Frame, condensed: None) -> None:
        """Notes one frame."""
        counts = self._counters.of(frame)
        self._found |= counts.objects.keys()
        self._tracked |= counts.unique is not None
        row = _row(frame, counts, self._counters.photos)
        self._rows.write(json.dumps(row) + "\n")
        self._written += 1

    def finish(self) -> None:
        """Writes the file.

        Raises:
            OSError: it cannot be written.
        """
        self._write(self.path)

    def discard(self) -> None:
        """Keeps the rows there are as NAME.partial.EXT."""
        if self._written:
            self._write(partial_path(self.path))
        self._rows.close()

    def part(self, failed: bool = False) -> tuple[Path, set[str], bool]:
        """Writes the rows as lines of JSON; see `Sink.part`."""
        self._rows.seek(0)
        write_parts(self.path, map(utf8, self._rows))
        return self.path, self._found, self._tracked

    def join(self, part: tuple[Path, set[str], bool]) -> None:
        """Adds the rows of a video that another process has done."""
        path, found, tracked = part
        self._found |= found
        self._tracked |= tracked
        with path.open(encoding="utf-8") as rows:
            for row in rows:
                self._rows.write(row)
                self._written += 1

    def _write(self, path: Path) -> None:
        write_parts(path, csv_rows(self._table()) if path.suffix.lower() == ".csv" else self._json_parts())

    def _read(self) -> Iterator[dict[str, Any]]:
        self._rows.seek(0)
        for line in self._rows:
            yield json.loads(line)

    def _table(self) -> Iterator[list[Any]]:
        order = {name: number for number, name in reversed(list(enumerate(self._class_names)))}
        classes = sorted(self._found, key=lambda name: (order.get(name, len(order)), name))
        lines = [line.name for line in self._counters.lines]
        zones = [zone.name for zone in self._counters.zones]
        ends = [f"{name} {way}" for name in lines for way in ("in", "out")] + [f"{name} inside" for name in zones]
        yield ["file", "frame", "time", "objects", *map(spreadsheet_cell, [*classes, "unique", *ends])]
        for row in self._read():
            unique = row["unique"]
            cells = [spreadsheet_cell(row["file"]), row["frame"], row["time"], sum(row["objects"].values())]
            cells += [row["objects"].get(name, 0) for name in classes]
            none = 0 if self._tracked else ""  # before the first object of a video it is not known to have tracks
            cells.append(none if unique is None else sum(unique.values()))
            cells += [sum(row["lines"][name][way].values()) for name in lines for way in ("in", "out")]
            cells += [sum(row["zones"][name].values()) for name in zones]
            yield cells

    def _json_parts(self) -> Iterator[bytes]:
        totals = [_totals(counts, self._counters.photos) for counts in self._counters.sources]
        yield utf8(printable_json('{\n "totals": ' + json.dumps(totals, ensure_ascii=False))) + b',\n "frames": ['
        for number, row in enumerate(self._read()):
            text = printable_json(json.dumps(row, ensure_ascii=False))
            yield utf8((",\n  " if number else "\n  ") + text)
        yield b"\n ]\n}\n"


def _row(frame: Frame, counts: FrameCounts, photos: bool) -> dict[str, Any]:
    return {
        "file": frame.source,
        "frame": frame.index,
        "time": None if photos else round(counts.time, 4),
        "objects": counts.objects,
        "unique": counts.unique,
        "lines": {name: {"in": entered, "out": left} for name, (entered, left) in counts.lines.items()},
        "zones": counts.zones,
        "crossings": [{**asdict(one), "time": round(one.time, 4)} for one in counts.crossings],
    }


def _totals(counts: SourceCounts, photos: bool) -> dict[str, Any]:
    """What was counted in one video, or in all photos."""
    objects = counts.objects
    return {
        "file": counts.source,
        "frames": counts.frames,
        "seconds": None if photos else round(counts.seconds, 4),
        "most": objects.most,
        "objects": objects.total if photos else None,
        "unique": objects.unique if objects.has_tracks else None,
        "lines": {one.line.name: {"in": one.entered, "out": one.left} for one in counts.lines},
        "zones": {
            one.zone.name: {
                "most": one.most,
                "objects": one.total if photos else None,
                "unique": Counter(one.unique),
                "mean_dwell": None if one.mean_dwell is None else round(one.mean_dwell, 4),
                "visitors": [
                    {
                        "track": visitor.track,
                        "class": visitor.class_name,
                        "first": round(visitor.first, 4),
                        "last": round(visitor.last, 4),
                        "dwell": round(visitor.dwell, 4),
                        "visits": visitor.visits,
                    }
                    for visitor in one.visitors.values()
                ],
            }
            for one in counts.zones
        },
    }
