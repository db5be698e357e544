"""What a stopped run leaves for the next: journals, JSON, JSON lines and summaries that --skip-existing continues."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.errors import MasksegError
from maskseg_cli.export.coco_sink import CocoJson, journal_path
from maskseg_cli.export.json_lines import JsonLines
from maskseg_cli.export.run_summary import RunSummary
from maskseg_cli.frame import Frame
from tests.fuzz.found import FOUND
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text


def _seeds() -> list[bytes]:
    made = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "found.json"
        for suspended in (True, False):
            sink = CocoJson(path)
            sink.start(COCO_CLASSES)
            for name in ("a.jpg", "b.jpg"):
                sink.add(Frame(np.zeros((8, 10, 3), np.uint8), source=name), FOUND, None)
            if suspended:
                sink.suspend()
                made.append(journal_path(path).read_bytes())
                journal_path(path).unlink()
            else:
                sink.finish()
                made.append(path.read_bytes())
        lines = JsonLines(Path(folder) / "found.jsonl")
        lines.start(COCO_CLASSES)
        lines.add(Frame(np.zeros((8, 10, 3), np.uint8), source="in.mp4"), FOUND, None)
        lines.finish()
        made.append((Path(folder) / "found.jsonl").read_bytes())
        for suffix in (".csv", ".json"):
            summary = RunSummary(Path(folder) / f"summary{suffix}")
            summary.start(COCO_CLASSES)
            summary.add(Frame(np.zeros((8, 10, 3), np.uint8), source="a.jpg"), FOUND, None)
            summary.fail("b.jpg", "b.jpg is damaged.")
            summary.finish()
            made.append((Path(folder) / f"summary{suffix}").read_bytes())
    return made


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _continue_json(folder: Path) -> None:
    sink = CocoJson(folder / "found.json", resume=True)
    sink.start(COCO_CLASSES)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        sink.objects_of(name)
    sink.add(Frame(np.zeros((8, 10, 3), np.uint8), source="c.jpg"), FOUND, None)
    sink.finish()


def _continue_lines(folder: Path) -> None:
    sink = JsonLines(folder / "found.jsonl", keep=True, replaced=["in.mp4"])
    sink.start(COCO_CLASSES)
    sink.finish()


def _continue_summary(folder: Path, suffix: str) -> None:
    summary = RunSummary(folder / f"summary{suffix}", resume=True)
    summary.start(COCO_CLASSES)
    summary.skip("a.jpg", "a_maskseg.jpg")
    summary.finish()


def _attack(data: bytes, folder: Path) -> None:
    journal = folder / "journal"
    journal.mkdir()
    journal_path(journal / "found.json").write_bytes(data)
    for name in ("found.json", "found.jsonl", "summary.csv", "summary.json"):
        (folder / name).write_bytes(data)
    ways: list[Callable[[], None]] = [
        lambda: _continue_json(journal),
        lambda: _continue_json(folder),
        lambda: _continue_lines(folder),
        lambda: _continue_summary(folder, ".csv"),
        lambda: _continue_summary(folder, ".json"),
    ]
    refusals = []
    for way in ways:
        try:
            way()
        except MasksegError as error:
            refusals.append(error)
    if len(refusals) == len(ways):
        raise refusals[0]


FUZZER = Fuzzer(
    "journal",
    _seeds,
    _attack,
    tokens=(
        b'"maskseg"',
        b'"image"',
        b'"file_name"',
        b'"annotations"',
        b'"objects"',
        b'"a.jpg"',
        b"photo,result,",
        b"'=1",
    ),
    craft=_craft,
    cost=2,
)
