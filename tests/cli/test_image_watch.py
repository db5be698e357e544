"""`maskseg image --watch` in a process of its own: photos arrive, and a signal ends it."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskseg_cli.media.images import encode_image, read_image, write_image

from .fake_model import scene
from .running import ENVIRONMENT, PROGRAM, run, tree_of


class Watching:
    """The running program, and the lines that it has written to standard error."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, cwd=folder, env=ENVIRONMENT
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Until a line holds `text`."""
        until = time.monotonic() + seconds
        while not any(text in line for line in self.lines):
            assert time.monotonic() < until, f"{text!r} did not come: {self.lines}"
            assert self.process.poll() is None or self.reader.is_alive(), self.lines
            time.sleep(0.01)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends the signal; returns the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.reader.join(10)
        return code


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[list[Watching]]:
    started: list[Watching] = []
    yield started
    for one in started:
        one.process.kill()
        one.process.wait(10)


def start(watching: list[Watching], folder: Path, *arguments: str) -> Watching:
    watching.append(Watching(folder, *arguments, "--watch"))
    return watching[-1]


def put(path: Path, data: bytes) -> None:
    """Moves a photo into a folder, as careful programs do."""
    hidden = path.with_name("." + path.name)
    hidden.write_bytes(data)
    time.sleep(0.02)
    os.replace(hidden, path)


def test_photos_are_done_as_they_arrive(tmp_path: Path, watching: list[Watching]) -> None:
    inbox = tmp_path / "inbox"
    write_image(inbox / "first.png", scene())
    program = start(watching, tmp_path, "inbox", "-r", "-o", "out", "--json", "r.json", "--summary", "s.csv")
    program.wait_for("first.png: 1 person, 1 dog")
    program.wait_for("Watching inbox: Ctrl-C ends.")

    put(inbox / "second.png", encode_image(scene(), ".png"))
    program.wait_for("second.png: 1 person, 1 dog")
    assert read_image(tmp_path / "out" / "second.png").shape == (64, 96, 3)

    slow = encode_image(scene(400, 300), ".jpg")
    with (inbox / "slow.jpg").open("wb") as file:
        for start_at in range(0, len(slow), len(slow) // 4 + 1):
            file.write(slow[start_at : start_at + len(slow) // 4 + 1])
            file.flush()
            time.sleep(0.3)
            assert not (tmp_path / "out" / "slow.jpg").exists()
    program.wait_for("slow.jpg: 1 person, 1 dog")

    (inbox / "new").mkdir()
    put(inbox / "new" / "a.png", encode_image(scene(), ".png"))
    program.wait_for(f"{Path('inbox', 'new', 'a.png')}: 1 person, 1 dog")

    put(inbox / "first.png", encode_image(scene(50), ".png"))  # replaced by another photo
    program.wait_for("first.png: 1 person ->")
    assert read_image(tmp_path / "out" / "first.png").shape == (64, 50, 3)

    assert program.end() == 0
    assert program.lines[-2:] == ["In all: 5 persons, 4 dogs.", "5 photos done."]
    assert not any("Error" in line for line in program.lines)
    assert tree_of(tmp_path / "out") == ["first.png", "new/a.png", "second.png", "slow.jpg"]
    data = json.loads((tmp_path / "r.json").read_bytes())
    sizes = {image["file_name"]: image["width"] for image in data["images"]}
    assert sizes == {"first.png": 50, "second.png": 96, "slow.jpg": 400, "new/a.png": 96}
    rows = list(csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8", newline="")))
    assert [Path(row["photo"]).name for row in rows] == ["first.png", "second.png", "slow.jpg", "a.png", "first.png"]


def test_results_in_the_watched_folder_are_no_photos(tmp_path: Path, watching: list[Watching]) -> None:
    for name in ("a.png", "b.png", "b_maskseg.png"):
        write_image(tmp_path / name, scene())
        os.utime(tmp_path / name, (0, 0))  # nobody is still writing it
    program = start(watching, tmp_path, ".", "--skip-existing")
    program.wait_for("Ctrl-C ends.")
    time.sleep(1.2)  # two more looks
    assert program.end(signal.SIGTERM) == 143
    assert tree_of(tmp_path) == ["a.png", "a_maskseg.png", "b.png", "b_maskseg.png"]
    assert program.lines == [
        "a.png: 1 person, 1 dog -> a_maskseg.png",
        "Watching .: Ctrl-C ends.",
        "In all, without 1 photo there already: 1 person, 1 dog.",
        "1 photo done, 1 there already.",
        "Stopped.",
    ]


def test_a_photo_that_fails_or_finds_its_place_taken(tmp_path: Path, watching: list[Watching]) -> None:
    (tmp_path / "in").mkdir()
    program = start(watching, tmp_path, "in", "-o", "out", "--format", "png")
    program.wait_for("Watching in")
    put(tmp_path / "in" / "a.jpg", encode_image(scene(), ".jpg"))
    program.wait_for("a.jpg: 1 person, 1 dog")
    before = (tmp_path / "out" / "a.png").read_bytes()
    put(tmp_path / "in" / "a.bmp", encode_image(scene(50), ".bmp"))
    program.wait_for("would both be written to")
    broken = encode_image(scene(400, 300), ".png")
    put(tmp_path / "in" / "b.png", broken[:100] + b"\0" * 50 + broken[150:])
    program.wait_for("b.png is a damaged PNG file")
    (tmp_path / "out" / "c.png").write_text("mine")
    put(tmp_path / "in" / "c.png", encode_image(scene(), ".png"))
    program.wait_for("c.png exists already")
    assert program.end() == 1
    assert program.lines[-1].startswith("1 photo done, 3 failed: ")
    assert (tmp_path / "out" / "a.png").read_bytes() == before
    assert (tmp_path / "out" / "c.png").read_text() == "mine"


def test_a_folder_that_goes_away_for_a_while(tmp_path: Path, watching: list[Watching]) -> None:
    (tmp_path / "in").mkdir()
    program = start(watching, tmp_path, "in", "-o", "out")
    program.wait_for("Watching in")
    (tmp_path / "in").rename(tmp_path / "away")
    program.wait_for("There is no file or folder in.")
    (tmp_path / "away").rename(tmp_path / "in")
    put(tmp_path / "in" / "a.png", encode_image(scene(), ".png"))
    program.wait_for("a.png: 1 person, 1 dog")
    assert program.end() == 0
    assert sum("There is no file" in line for line in program.lines) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a.png"], 2, "--watch waits for photos in folders; a.png is none."),
        (["-"], 2, "--watch waits for photos in folders; - is none."),
        (["in", "-o", "in"], 2, "name another folder"),
        (["in", "-o", "x.png"], 2, "--watch writes into a folder, which x.png is not."),
        (["in", "-o", "a.png"], 2, "--watch writes into a folder, which a.png is not."),
        (["in", "-o", "-"], 2, "--watch writes into a folder, which - is not."),
        (["nowhere"], 2, "There is no file or folder nowhere."),
        (["full"], 1, "exists already"),
        (["in", "-o", "a.png/x"], 1, "a.png is no folder"),
    ],
)
def test_what_cannot_be_watched(arguments: list[str], code: int, message: str, here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "in").mkdir()
    write_image(here / "full" / "b.png", scene())
    write_image(here / "full" / "b_maskseg.png", scene())
    before = tree_of(here)
    assert message in run(*arguments, "--watch", code=code).stderr
    assert tree_of(here) == before
