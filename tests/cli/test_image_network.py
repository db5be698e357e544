"""Photos that are in the network side by side."""

from __future__ import annotations

import csv
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.config import COCO
from maskseg_cli.inference import loading
from maskseg_cli.media.images import write_image

from .fake_model import BlobEngine, scene
from .running import run, tree_of


def meeting(patch: pytest.MonkeyPatch, wait: float) -> Callable[[], int]:
    """Makes each call of the stand-in wait for another one; the function returned counts those that met one."""
    changed = threading.Condition()
    inside: set[int] = set()
    numbers = itertools.count()
    met: set[int] = set()
    original = BlobEngine.run

    def call(self: BlobEngine, *arguments: Any) -> Any:
        with changed:
            me = next(numbers)
            inside.add(me)
            if len(inside) > 1:
                met.update(inside)
                changed.notify_all()
            changed.wait_for(lambda: me in met, wait)
        found = original(self, *arguments)
        with changed:
            inside.discard(me)
        return found

    patch.setattr(BlobEngine, "run", call)
    patch.setattr("os.cpu_count", lambda: 2)
    return lambda: len(met)


def test_two_photos_are_in_a_small_network_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    met = meeting(monkeypatch, 2.0)
    result = run("in", "-o", "out", "--summary", "s.csv")
    assert met() >= 2
    assert [line.split(":")[0] for line in result.stderr.splitlines()[:4]] == [
        str(Path("in", f"{i}.png")) for i in range(4)
    ]
    rows = list(csv.DictReader((here / "s.csv").open(encoding="utf-8", newline="")))
    assert all(float(row["seconds"]) > 0 for row in rows)
    assert tree_of(here / "out") == [f"{i}.png" for i in range(4)]


def test_a_large_network_takes_one_after_the_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    met = meeting(monkeypatch, 0.1)
    engine = BlobEngine(COCO)
    engine.workers = 1
    monkeypatch.setattr(loading, "open_engine", lambda *_: (engine, COCO_CLASSES))
    run("in", "-o", "out")
    assert met() == 0
    assert len(tree_of(here / "out")) == 4
