"""What became of many photos: counted for the end of a run, and as a table or JSON.

A photo that failed, and was tried again when it had changed (--watch), is what its last attempt made of it.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from maskseg_cli.export.messages import count_words
from maskseg_cli.media.atomic_file import utf8

#: Failed photos, and classes, that the closing lines name.
_LISTED = 10
_NAMED = 12

_COLUMNS = ("photo", "result", "status", "reason", "seconds", "objects")


class RunSummary:
    """Counts photos and objects as they come; the rows of a table wait on the disk, not in memory.

    Args:
        rows: whether a table or JSON is wanted at the end.

    Attributes:
        done, kept: photos whose result was written, or was there already.
        objects: objects of the photos done, by the name of their class.

    Example:
        >>> summary = RunSummary(rows=True)
        >>> summary.add_done("a.jpg", "out/a.jpg", ["cat", "dog", "cat"], 0.25)
        >>> summary.add_failed("b.jpg", "b.jpg is empty (0 bytes).")
        >>> summary.lines(2)
        ['In all: 2 cats, 1 dog.', '1 of 2 photos done, 1 failed: b.jpg.']
        >>> print(b"".join(summary.csv_parts(("background", "cat", "dog"))).decode(), end="")
        photo,result,status,reason,seconds,objects,cat,dog
        a.jpg,out/a.jpg,done,,0.25,3,2,1
        b.jpg,,failed,b.jpg is empty (0 bytes).,,,,
    """

    def __init__(self, rows: bool = False) -> None:
        self.done = 0
        self.kept = 0
        self.objects: Counter[str] = Counter()
        self._failed: dict[str, int] = {}  # photo -> number of its row
        self._outdated: set[int] = set()  # numbers of rows
        self._written = 0
        self._rows = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") if rows else None  # noqa: SIM115
        self._began = time.monotonic()

    def add_done(self, photo: str, result: str | None, names: Sequence[str], seconds: float) -> None:
        """Counts a photo whose result was written.

        Args:
            photo: its name, as in messages.
            result: the file written, or None.
            names: the class of each object.
            seconds: that the network took; those of photos that it looked at side by side overlap.
        """
        self.done += 1
        self._forget_failure(photo)
        counts = Counter(names)
        self.objects.update(counts)
        self._add_row(photo, result, "done", seconds=round(seconds, 4), counts=counts)

    def add_kept(self, photo: str, result: str | None) -> None:
        """Counts a photo whose result was there already."""
        self.kept += 1
        self._forget_failure(photo)
        self._add_row(photo, result, "skipped")

    def add_failed(self, photo: str, reason: str) -> None:
        """Counts a photo that failed."""
        self._forget_failure(photo)
        self._failed[photo] = self._written
        self._add_row(photo, None, "failed", reason)

    @property
    def failed(self) -> int:
        """Photos whose result could not be made."""
        return len(self._failed)

    def _forget_failure(self, photo: str) -> None:
        if photo in self._failed:
            self._outdated.add(self._failed.pop(photo))

    def lines(self, photos: int | None) -> list[str]:
        """The closing lines; `photos` is how many there were, None where nobody could know (--watch)."""
        of = "" if photos is None else f" of {photos}"
        parts = [f"{self.done}{of} {'photo' if photos is None and self.done == 1 else 'photos'} done"]
        if self.kept:
            parts.append(f"{self.kept} there already")
        if self.failed:
            more = f" and {self.failed - _LISTED} more" if self.failed > _LISTED else ""
            parts.append(f"{self.failed} failed: {', '.join(itertools.islice(self._failed, _LISTED))}{more}")
        found = [f"In all: {count_words(self.objects, _NAMED)}."] if self.done else []
        return [*found, ", ".join(parts) + "."]

    def csv_parts(self, class_names: Sequence[str]) -> Iterator[bytes]:
        """The table: a row a photo, and a column for each class that was found, in the network's order."""
        found = self._found(class_names)
        stream = io.StringIO()
        table = csv.writer(stream, lineterminator="\n")
        table.writerow([*_COLUMNS, *found])
        for row in self._read_rows():
            counts = row.pop("counts")
            objects = [""] * (1 + len(found))
            if counts is not None:
                objects = [sum(counts.values()), *(counts.get(name, 0) for name in found)]
            table.writerow([row["photo"], row["result"], row["status"], row["reason"], row["seconds"], *objects])
            yield utf8(stream.getvalue())
            stream.seek(0)
            stream.truncate()
        yield utf8(stream.getvalue())

    def json_parts(self, class_names: Sequence[str]) -> Iterator[bytes]:
        """The same as JSON: the totals, and a list of the photos."""
        totals = {
            "done": self.done,
            "skipped": self.kept,
            "failed": self.failed,
            "objects": {name: self.objects[name] for name in self._found(class_names)},
            "seconds": round(time.monotonic() - self._began, 3),
        }
        yield utf8(json.dumps(totals, ensure_ascii=False, indent=1)[:-2]) + b',\n "photos": ['
        for number, row in enumerate(self._read_rows()):
            entry = {key: value for key, value in row.items() if value is not None and key != "counts"}
            if row["counts"] is not None:
                entry["objects"] = row["counts"]
            yield utf8((",\n  " if number else "\n  ") + json.dumps(entry, ensure_ascii=False))
        yield b"\n ]\n}\n"

    def _found(self, class_names: Sequence[str]) -> list[str]:
        order = {name: number for number, name in reversed(list(enumerate(class_names)))}
        return sorted(self.objects, key=lambda name: (order.get(name, len(order)), name))

    def _add_row(
        self,
        photo: str,
        result: str | None,
        status: str,
        reason: str | None = None,
        seconds: float | None = None,
        counts: Counter[str] | None = None,
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
