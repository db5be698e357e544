"""`maskseg image`: what is never lost, and what is said when something fails."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.inference.engine import Segmented
from maskseg_cli.media.atomic_file import GrowingFile
from maskseg_cli.media.images import read_image, write_image

from .fake_model import BlobEngine, scene
from .running import ENVIRONMENT, PROGRAM, encoded, read_json, run, tree_of


def test_inputs_are_never_overwritten(here: Path) -> None:
    write_image(here / "a.png", scene())
    before = (here / "a.png").read_bytes()
    for arguments in (["-o", "a.png"], ["-o", "."], ["--json", "a.png"]):
        result = run("a.png", *arguments, "--overwrite", code=2)
        assert "inputs are never overwritten" in result.stderr
    assert (here / "a.png").read_bytes() == before


def test_existing_results_need_a_word(here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "a_maskseg.png").write_text("mine")
    result = run("a.png", code=1)
    assert result.stderr == ("Error: a_maskseg.png exists already: --overwrite replaces, --skip-existing keeps.\n")
    assert (here / "a_maskseg.png").read_text() == "mine"
    run("a.png", "--skip-existing")
    assert (here / "a_maskseg.png").read_text() == "mine"
    run("a.png", "--overwrite")
    assert read_image(here / "a_maskseg.png").shape == (64, 96, 3)


def test_an_existing_json_needs_a_word(here: Path) -> None:
    write_image(here / "a.png", scene())
    (here / "r.json").write_text("mine")
    assert "r.json exists already" in run("a.png", "--json", "r.json", code=1).stderr
    assert "no COCO JSON" in run("a.png", "--json", "r.json", "--skip-existing", code=1).stderr
    assert (here / "r.json").read_text() == "mine"
    assert tree_of(here) == ["a.png", "r.json"]


def test_a_stopped_run_goes_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        write_image(here / "in" / f"{i}.png", scene())
    arguments = ["in", "-o", "out", "--json", "r.json", "--skip-existing"]
    with monkeypatch.context() as patch:
        _stop_after(2, patch)
        result = run(*arguments, code=130)
    assert result.stderr.endswith("Interrupted.\n")
    assert tree_of(here / "out") == ["0.png", "1.png"]
    assert [image["file_name"] for image in read_json("r.json")["images"]] == ["0.png", "1.png"]
    first = {name: (here / "out" / name).stat().st_mtime_ns for name in ("0.png", "1.png")}
    result = run(*arguments)
    assert result.stderr.endswith("2 of 4 photos done, 2 there already.\n")
    assert {name: (here / "out" / name).stat().st_mtime_ns for name in first} == first
    data = read_json("r.json")
    assert [image["file_name"] for image in data["images"]] == ["0.png", "1.png", "2.png", "3.png"]
    assert [image["id"] for image in data["images"]] == [1, 2, 3, 4]
    assert [(a["id"], a["image_id"]) for a in data["annotations"]] == [(i + 1, i // 2 + 1) for i in range(8)]
    again = run(*arguments)
    assert again.stderr == "In all: 4 persons, 4 dogs.\n0 of 4 photos done, 4 there already.\n"
    assert read_json("r.json") == data


def _stop_after(photos: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the photo after so many is in the network."""
    seen: list[tuple[int, ...]] = []
    original = BlobEngine.run

    def run_network(self: BlobEngine, images: np.ndarray, *others: Any) -> Segmented:
        if len(seen) == photos:
            raise KeyboardInterrupt
        seen.append(images.shape)
        return original(self, images, *others)

    monkeypatch.setattr(BlobEngine, "run", run_network)
    monkeypatch.setattr(BlobEngine, "workers", 1)  # else the first photo could come after the others


def test_a_kept_result_that_the_json_lacks_is_looked_at_again(here: Path) -> None:
    write_image(here / "a.png", scene())
    run("a.png")
    before = (here / "a_maskseg.png").stat().st_mtime_ns
    run("a.png", "--skip-existing", "--json", "r.json")
    assert len(read_json("r.json")["annotations"]) == 2
    assert (here / "a_maskseg.png").stat().st_mtime_ns == before


def test_a_json_keeps_the_photos_of_other_runs(here: Path) -> None:
    for name in ("a.png", "b.png"):
        write_image(here / name, scene())
        run(name, "--skip-existing", "--json", "r.json")
    assert [image["file_name"] for image in read_json("r.json")["images"]] == ["a.png", "b.png"]


def test_results_are_not_photos_the_second_time(here: Path) -> None:
    write_image(here / "a.png", scene())
    run(".")
    run(".", "--overwrite")
    assert tree_of(here) == ["a.png", "a_maskseg.png"]


def test_broken_files_among_many(here: Path) -> None:
    for i in range(200):
        write_image(here / "in" / f"{i:03}.jpg", scene())
    (here / "in" / "007.jpg").write_bytes(encoded()[:600])
    (here / "in" / "100.jpg").write_text("not a photo")
    result = run("in", "-o", "out", "--json", "r.json", code=1)
    lines = result.stderr.splitlines()
    assert len(lines) == 202
    assert (
        lines[7] == f"Error: {Path('in', '007.jpg')} is cut off before the end of the picture: "
        "copy or download it again."
    )
    assert lines[100].startswith(f"Error: {Path('in', '100.jpg')} is a text")
    assert lines[-2] == "In all: 198 persons, 198 dogs."
    assert lines[-1] == (f"198 of 200 photos done, 2 failed: {Path('in', '007.jpg')}, {Path('in', '100.jpg')}.")
    done = {f"{i:03}.jpg" for i in range(200)} - {"007.jpg", "100.jpg"}
    assert set(tree_of(here / "out")) == done
    data = read_json("r.json")
    assert {image["file_name"] for image in data["images"]} == done
    assert len(data["annotations"]) == 2 * 198


def test_many_failures_are_not_all_listed(here: Path) -> None:
    for i in range(13):
        write_image(here / "in" / f"{i:02}.png", scene())
        (here / "in" / f"{i:02}.png").write_bytes(b"")
    last = run("in", code=1).stderr.splitlines()[-1]
    assert "0 of 13 photos done, 13 failed" in last
    assert last.endswith(" and 3 more.")


def test_one_broken_photo_is_one_sentence(here: Path) -> None:
    (here / "a.jpg").write_bytes(encoded()[:600])
    result = run("a.jpg", "--json", "r.json", code=1)
    assert result.stderr == ("Error: a.jpg is cut off before the end of the picture: copy or download it again.\n")
    assert tree_of(here) == ["a.jpg"]
    assert "Traceback" in run("a.jpg", "--debug", code=1).stderr


def test_debug_shows_the_traceback_of_each_failure(here: Path) -> None:
    write_image(here / "in" / "a.png", scene())
    (here / "in" / "b.png").write_bytes(b"")
    result = run("in", "--debug", code=1)
    assert result.stderr.count("Traceback") == 1
    assert "decode_photo" in result.stderr


def test_a_photo_that_breaks_the_network_does_not_stop_the_others(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = BlobEngine.run

    def run_network(self: BlobEngine, images, *others):
        if images.shape[2] == 50:
            raise ValueError("too narrow")
        return original(self, images, *others)

    monkeypatch.setattr(BlobEngine, "run", run_network)
    for width in (49, 50, 51):
        write_image(here / "in" / f"{width}.png", scene(width))
    result = run("in", code=1)
    assert f"{Path('in', '50.png')}: Something unexpected went wrong (ValueError: too narrow)" in result.stderr
    assert "2 of 3 photos done, 1 failed" in result.stderr


def test_a_full_disk_ends_the_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        write_image(here / "in" / f"{name}.png", scene())
    write = GrowingFile.write

    def full(self: GrowingFile, data: bytes) -> None:
        if (self.path.parent / "a.png").exists():
            write(self, data[:10])
            raise OSError(28, "No space left on device", str(self.path))
        write(self, data)

    monkeypatch.setattr(GrowingFile, "write", full)
    result = run("in", "-o", "out", code=1)
    assert result.stderr.splitlines()[1:] == [
        f"Error: {Path('in', 'b.png')}: {Path('out', 'b.png')}: No space left on device.",
        "Error: Stopped after 1 of 3 photos.",
    ]
    assert tree_of(here / "out") == ["a.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.jpg"], 2, "There is no file or folder nowhere.jpg"),
        (["*.jpg"], 2, "No photo matches the pattern *.jpg"),
        (["."], 1, "There is no photo in the folder ."),
        ([], 2, "Missing argument 'SOURCES...'"),
    ],
)
def test_sources_that_mean_nothing(here: Path, arguments: list[str], code: int, message: str) -> None:
    assert message in run(*arguments, code=code).stderr


def test_signals_leave_nothing_half_written(tmp_path: Path) -> None:
    """A real Ctrl-C into a real process that is busy writing."""
    rng = np.random.default_rng(0)
    for i in range(60):
        write_image(tmp_path / "in" / f"{i:02}.png", rng.integers(0, 199, (500, 500, 3), np.uint8))
    process = subprocess.Popen(
        [*PROGRAM, "in", "-o", "out", "--json", "r.json"],
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=ENVIRONMENT,
    )
    for _ in range(1000):
        if (tmp_path / "out" / "03.png").exists():
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.decode().endswith("Interrupted.\n")
    results = sorted((tmp_path / "out").iterdir())
    assert 4 <= len(results) < 60
    for path in results:
        assert path.suffix == ".png"
        assert read_image(path).shape == (500, 500, 3)
    listed = json.loads((tmp_path / "r.json").read_bytes())["images"]
    assert len(results) - 1 <= len(listed) <= len(results)


@pytest.mark.parametrize("option", ["--json", "--summary"])
def test_the_last_lines_are_shown_although_a_report_cannot_be_written(
    here: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    for name in "ab":
        write_image(here / "in" / f"{name}.png", scene())

    def fail(path: Path, _: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    report = "r.json" if option == "--json" else "r.csv"
    module = "coco_sink" if option == "--json" else "run_summary"
    monkeypatch.setattr(f"maskseg_cli.export.{module}.write_parts", fail)
    result = run("in", "-o", "out", option, report, code=1)
    assert "2 of 2 photos done." in result.stderr
    assert result.stderr.endswith(f"Error: {report}: No space left on device.\n")
    # What was found stays in the journal, from which the next run continues.
    monkeypatch.undo()
    assert tree_of(here) == sorted(
        ["in/a.png", "in/b.png", "out/a.png", "out/b.png"] + ["r.json.part"] * (option == "--json")
    )
