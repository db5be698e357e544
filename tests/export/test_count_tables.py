"""Tables of counts and sizes: their cells, and what is kept of a run that fails."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from maskseg_cli.counting.counters import Counters
from maskseg_cli.counting.regions import parse_lines
from maskseg_cli.counting.scale import Scale
from maskseg_cli.errors import UsageError
from maskseg_cli.export.counts_table import CountsTable
from maskseg_cli.export.sizes_table import SizesTable
from tests.counting.scenes import CLASSES, found, frames


def fill(*sinks, counters: Counters, source: str) -> None:
    for frame in frames(12, source=source):
        detections = counters(frame, found([("car", 4, 20, 8 * frame.index, 10, 12)]))
        for sink in sinks:
            sink.add(frame, detections, None)


def test_no_cell_is_a_formula_and_json_says_the_same(tmp_path: Path) -> None:
    counters = Counters(parse_lines("@gate=0,0.5,1,0.5"))
    table, same = CountsTable(tmp_path / "c.csv", counters), CountsTable(tmp_path / "c.json", counters)
    sizes = SizesTable(tmp_path / "s.csv", Scale.parse("10px/cm"))
    with table, same, sizes:
        table.start(CLASSES)
        fill(table, same, sizes, counters=counters, source="=cmd|'x'!A1.mp4")
    for name in ("c.csv", "s.csv"):
        rows = list(csv.reader((tmp_path / name).open()))
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
        assert rows[1][0] == "'=cmd|'x'!A1.mp4"
    data = json.loads((tmp_path / "c.json").read_text())
    [totals] = data["totals"]
    assert totals["lines"] == {"@gate": {"in": {"car": 1}, "out": {}}}
    assert [one["direction"] for row in data["frames"] for one in row["crossings"]] == ["in"]
    last = list(csv.DictReader((tmp_path / "c.csv").open()))[-1]
    assert (last["car"], last["unique"], last["'@gate in"], last["'@gate out"]) == ("1", "1", "1", "0")
    size = next(iter(csv.DictReader((tmp_path / "s.csv").open())))
    assert (size["track"], size["area (px)"], size["area (cm²)"], size["length (cm)"]) == ("4", "120", "1.2", "1.2")


def test_different_ones_are_counted_from_the_first_frame_on(tmp_path: Path) -> None:
    for name, track in (("tracked.csv", 4), ("alone.csv", -1)):
        counters = Counters()
        with CountsTable(tmp_path / name, counters) as table:
            table.start(CLASSES)
            for frame in frames(3):
                objects = [("car", track, 20, 20, 10, 12)] if frame.index else []
                table.add(frame, counters(frame, found(objects)), None)
    unique = [
        row["unique"] for name in ("tracked", "alone") for row in csv.DictReader((tmp_path / f"{name}.csv").open())
    ]
    assert unique == ["0", "1", "1", "", "", ""]


def test_what_a_failed_run_leaves(tmp_path: Path) -> None:
    counters = Counters()
    table, sizes = CountsTable(tmp_path / "c.csv", counters), SizesTable(tmp_path / "s.csv")
    fill(table, sizes, counters=counters, source="a.mp4")
    table.discard()
    sizes.discard()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.partial.csv", "s.partial.csv"]
    assert len((tmp_path / "s.partial.csv").read_text().splitlines()) == 13
    for sink in (CountsTable(tmp_path / "n.csv", counters), SizesTable(tmp_path / "n2.csv")):
        sink.discard()
    assert not list(tmp_path.glob("n*"))
    with SizesTable(tmp_path / "empty.csv"):
        pass
    assert (tmp_path / "empty.csv").read_text().count("\n") == 1
    for wrong in (lambda: CountsTable("c.xls", counters), lambda: SizesTable("s.json")):
        with pytest.raises(UsageError, match="are written as"):
            wrong()
