"""`maskseg image` on large folders: order, batches, the table, and what a stop in the middle leaves."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.media.atomic_file import GrowingFile
from maskseg_cli.media.images import read_image, write_image

from .fake_model import BlobEngine, scene
from .running import ENVIRONMENT, PROGRAM, encoded, in_process, read_json, run, tree_of


def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[int, ...]]]:
    """Shapes of the pictures in each call of the network, from now on."""
    calls: list[list[tuple[int, ...]]] = []
    original = BlobEngine.run

    def run_network(self: BlobEngine, images, *others):
        calls.append([image.shape[:2] for image in images])
        return original(self, images, *others)

    monkeypatch.setattr(BlobEngine, "run", run_network)
    return calls


def test_messages_and_results_keep_the_order_of_the_photos(here: Path) -> None:
    """Large photos take long, small and broken ones no time at all."""
    for i in range(24):
        size = (2000, 1500) if i % 6 == 0 else (96, 64)
        write_image(here / "in" / f"{i:02}.jpg", scene(*size))
    for i in (5, 12, 13):
        (here / "in" / f"{i:02}.jpg").write_bytes(encoded()[:300])
    result = run("in", "-o", "out", "--json", "r.json", "--summary", "s.csv", code=1)
    lines = result.stderr.splitlines()
    for i, line in enumerate(lines[:24]):
        assert f"{i:02}.jpg" in line
        assert line.startswith("Error: ") == (i in (5, 12, 13))
    made = sorted((here / "out").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert [path.name for path in made] == sorted(path.name for path in made)
    names = [image["file_name"] for image in read_json("r.json")["images"]]
    assert names == [f"{i:02}.jpg" for i in range(24) if i not in (5, 12, 13)]


def test_neighbours_of_equal_size_go_together(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    widths = [96, 96, 96, 96, 50, 96, 96]
    for i, width in enumerate(widths):
        write_image(here / "in" / f"{i}.png", scene(width))
    run("in", "-o", "one", "--json", "1.json")
    calls = looked_at(monkeypatch)
    run("in", "-o", "three", "--json", "3.json", "--batch", "3")
    assert sorted(len(call) for call in calls) == [1, 1, 2, 3]  # two threads call
    assert all(len(set(call)) == 1 for call in calls)
    assert (here / "1.json").read_bytes() == (here / "3.json").read_bytes()
    for path in (here / "one").iterdir():
        assert path.read_bytes() == (here / "three" / path.name).read_bytes()


def test_one_photo_that_breaks_a_batch_is_named_alone(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = BlobEngine.run

    def run_network(self: BlobEngine, images, *others):
        if (images[:, 0, 0, 0] == 7).any():
            raise ValueError("blue")
        return original(self, images, *others)

    monkeypatch.setattr(BlobEngine, "run", run_network)
    for i in range(5):
        image = scene()
        image[0, 0, 0] = 7 if i == 1 else 0
        write_image(here / "in" / f"{i}.png", image)
    result = run("in", "-o", "out", "--batch", "4", code=1)
    assert result.stderr.count("\nError:") == 1
    assert f"Error: {Path('in', '1.png')}: Something unexpected" in result.stderr
    assert tree_of(here / "out") == ["0.png", "2.png", "3.png", "4.png"]


@pytest.mark.parametrize("part", ["drawing.rendering.draw", "export.picture_files.encode_image"])
def test_an_error_in_a_thread_is_told_like_any_other(part: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = f"maskseg_cli.{part}"
    module, name = part.rsplit(".", 1)
    for width in (48, 50, 52):
        write_image(here / "in" / f"{width}.png", scene(width))
    original = getattr(__import__(module, fromlist=[name]), name)

    def broken(image: np.ndarray, *arguments):
        if image.shape[1] == 50:
            raise MemoryError
        return original(image, *arguments)

    monkeypatch.setattr(part, broken)
    result = run("in", "-o", "out", code=1)
    assert "50.png: There is not enough memory" in result.stderr
    assert tree_of(here / "out") == ["48.png", "52.png"]


def test_the_summary_as_a_table_and_as_json(here: Path) -> None:
    for name in ("a.png", "b.png", "d.png"):
        write_image(here / "in" / name, scene())
    (here / "in" / "c.png").write_bytes(b"")
    run("in/a.png", "-o", "out/")
    run("in", "-o", "out", "--skip-existing", "--summary", "out/s.csv", code=1)
    rows = list(csv.DictReader((here / "out" / "s.csv").open(encoding="utf-8", newline="")))
    assert [(row["photo"], row["status"], row["objects"]) for row in rows] == [
        (str(Path("in", "a.png")), "skipped", ""),
        (str(Path("in", "b.png")), "done", "2"),
        (str(Path("in", "c.png")), "failed", ""),
        (str(Path("in", "d.png")), "done", "2"),
    ]
    assert rows[1]["person"] == rows[1]["dog"] == "1"
    assert "is empty" in rows[2]["reason"]
    run("in", "-o", "out", "--overwrite", "--summary", "s.JSON", code=1)
    data = read_json("s.JSON")
    assert (data["done"], data["skipped"], data["failed"]) == (3, 0, 1)
    assert data["objects"] == {"person": 3, "dog": 3}
    assert [photo["status"] for photo in data["photos"]] == ["done", "done", "failed", "done"]
    run("in/c.png", "--summary", "one.json", code=1)
    assert read_json("one.json")["failed"] == 1


@pytest.mark.parametrize("reports", [["--summary", "s.csv"], ["--summary", "s.csv", "--json", "r.json"]])
def test_a_continued_run_counts_the_objects_of_all_photos(reports: list[str], here: Path) -> None:
    for name in ("a.png", "b.png"):
        write_image(here / "in" / name, scene())
    run("in", "-o", "out", *reports)
    first = (here / "s.csv").read_text()
    if "--json" in reports:
        (here / "s.csv").unlink()  # the JSON knows the objects too
    write_image(here / "in" / "c.png", scene())
    result = run("in", "-o", "out", *reports, "--skip-existing")
    *_, objects, last = result.stderr.splitlines()
    assert (objects, last) == ("In all: 3 persons, 3 dogs.", "1 of 3 photos done, 2 there already.")
    rows = list(csv.DictReader((here / "s.csv").open(newline="")))
    assert [(row["status"], row["objects"], row["dog"]) for row in rows] == [
        ("skipped", "2", "1"),
        ("skipped", "2", "1"),
        ("done", "2", "1"),
    ]
    assert first.count(",2,1,1") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--summary", "s.txt"], 2, "--summary writes .csv and .json files, not s.txt"),
        (["--summary", "there.csv"], 1, "there.csv exists already"),
        (["--summary", "r.json", "--json", "./r.json"], 2, "would both write"),
        (["--summary", "a.png/s.csv"], 1, "a.png is no folder"),
        (["--json", "old.json"], 1, "old.json.part exists already"),
        (["--json", "old.json", "--overwrite"], 1, "old.json.part is not the journal of a stopped run"),
        (["--batch", "0"], 2, "--batch"),
    ],
)
def test_names_are_checked_before_any_work(arguments: list[str], code: int, message: str, here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "there.csv").write_text("mine")
    (here / "old.json.part").write_text("mine")
    assert message in run("a.png", *arguments, code=code).stderr
    assert tree_of(here) == ["a.png", "old.json.part", "there.csv"]


def test_a_killed_run_looks_at_no_photo_twice(tmp_path: Path) -> None:
    for i in range(40):
        write_image(tmp_path / "in" / f"{i:02}.png", scene(1200, 800))
    arguments = ["in", "-o", "out", "--json", "r.json", "--summary", "s.json", "--skip-existing"]
    process = subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.DEVNULL, cwd=tmp_path, env=ENVIRONMENT)
    _wait_for(tmp_path / "out" / "05.png")
    process.kill()
    process.wait(30)
    results = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert 6 <= len(results) < 40
    assert results == [f"{i:02}.png" for i in range(len(results))]  # the beginning, without a gap
    for name in results:
        assert read_image(tmp_path / "out" / name).shape == (800, 1200, 3)
    noted = len((tmp_path / "r.json.part").read_bytes().splitlines()) - 1
    assert 0 < noted <= len(results)
    done = in_process(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 40 - noted + 2
    assert not (tmp_path / "r.json.part").exists()
    data = json.loads((tmp_path / "r.json").read_bytes())
    assert [image["file_name"] for image in data["images"]] == [f"{i:02}.png" for i in range(40)]
    assert len(data["annotations"]) == 80


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_with_all_that_was_found(number: signal.Signals, tmp_path: Path) -> None:
    for i in range(60):
        write_image(tmp_path / "in" / f"{i:02}.png", scene(800, 600))
    arguments = ["in", "-o", "out", "--json", "r.json", "--summary", "s.csv"]
    process = subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT)
    _wait_for(tmp_path / "out" / "03.png")
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    *lines, objects, summary, advice, last = errors.decode().splitlines()
    results = [path.name for path in sorted((tmp_path / "out").iterdir())]
    assert 4 <= len(results) < 60
    assert advice == "The same command with --skip-existing does the rest."
    assert [line.split(":")[0] for line in lines] == [str(Path("in", name)) for name in results]
    assert objects == f"In all: {len(results)} persons, {len(results)} dogs."
    assert summary == f"{len(results)} of 60 photos done."
    assert last == ("Interrupted." if number == signal.SIGINT else "Stopped.")
    data = json.loads((tmp_path / "r.json").read_bytes())
    assert [image["file_name"] for image in data["images"]] == results
    assert len((tmp_path / "s.csv").read_text("utf-8").splitlines()) == len(results) + 1


def test_a_full_disk_leaves_what_was_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    with monkeypatch.context() as patch:

        def full(self: GrowingFile, data: bytes) -> None:
            if self.path.name != "a.png":
                raise OSError(28, "No space left on device", str(self.path))
            write(self, data)

        write = GrowingFile.write
        patch.setattr(GrowingFile, "write", full)
        result = run("in", "-o", "out", "--json", "r.json", "--summary", "s.csv", code=1)
    assert result.stderr.splitlines()[2:] == [
        "What was found so far is in r.json.part: the same command with --skip-existing continues.",
        "Error: Stopped after 1 of 3 photos.",
    ]
    assert tree_of(here / "out") == ["a.png"]
    result = run("in", "-o", "out", "--json", "r.json", "--skip-existing")
    assert result.stderr.endswith("2 of 3 photos done, 1 there already.\n")
    assert len(read_json("r.json")["images"]) == 3
    assert not (here / "r.json.part").exists()


def test_a_json_that_cannot_be_written_keeps_what_was_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_image(here / "in" / "a.png", scene())
    write = GrowingFile.write

    def full(self: GrowingFile, data: bytes) -> None:
        if self.path.name == "r.json":
            raise OSError(28, "No space left on device", str(self.path))
        write(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(GrowingFile, "write", full)
        assert "r.json: No space left on device." in run("in", "-o", "out", "--json", "r.json", code=1).stderr
    calls = looked_at(monkeypatch)
    run("in", "-o", "out", "--json", "r.json", "--skip-existing")
    assert calls == []
    assert len(read_json("r.json")["images"]) == 1


def test_nothing_found_leaves_an_earlier_json_alone(here: Path) -> None:
    write_image(here / "a.png", scene())
    run("a.png", "--json", "r.json")
    before = (here / "r.json").read_bytes()
    (here / "b.png").write_bytes(b"")
    run("b.png", "--json", "r.json", "--skip-existing", code=1)
    assert tree_of(here) == ["a.png", "a_maskseg.png", "b.png", "r.json"]
    assert (here / "r.json").read_bytes() == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere every file name is text")
def test_a_file_name_that_is_no_text(here: Path) -> None:
    write_image(here / "in" / "a.png", scene())
    os.rename(b"in/a.png", b"in/\xff.png")
    run("in", "-o", "out", "--json", "r.json", "--summary", "s.csv")
    assert os.listdir(b"out") == [b"\xff.png"]
    assert read_json("r.json")["images"][0]["file_name"] == os.fsdecode(b"\xff.png")
    assert "\\udcff.png" in (here / "s.csv").read_text("utf-8")


def test_photos_come_through_named_pipes(tmp_path: Path) -> None:
    """As the shell's <(command): nothing may be taken from a pipe before it is read."""
    write_image(tmp_path / "b.png", scene())
    (tmp_path / "p.png").write_bytes(encoded("PNG"))
    script = f'exec "$@" <(cat {tmp_path / "p.png"}) {tmp_path / "b.png"} -o out'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *PROGRAM], capture_output=True, cwd=tmp_path, env=ENVIRONMENT, timeout=30
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith(b"2 of 2 photos done.\n")


def _wait_for(path: Path) -> None:
    for _ in range(2000):
        if path.exists():
            return
        time.sleep(0.005)
    raise AssertionError(f"{path} did not come")
