"""Two runs that would write one file: the second is refused before it does anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from maskseg_cli.cli.main import main
from maskseg_cli.datasets.shapes import make_coco
from maskseg_cli.media.file_lock import FileLock
from maskseg_cli.media.images import write_image

from .fake_model import scene
from .running import tree_of
from .video_running import film


@pytest.mark.parametrize(
    ("owned", "arguments"),
    [
        ("r.json", "image in -o out --json r.json"),
        ("r.csv", "image in -o out --summary r.csv --overwrite"),
        ("r.json", "image in -o out --json r.json --skip-existing"),
        ("out/a.mp4", "video a.mp4 -o out --overwrite"),
        ("out/a.mp4", "video b.mp4 a.mp4 -o out"),
        ("out/%03d.png", "video a.mp4 -o out/%03d.png"),
        ("r.jsonl", "video a.mp4 -o out --json r.jsonl"),
        ("a.avi", "webcam --camera a.mp4 --no-window --record a.avi --overwrite"),
        ("m.json", "evaluate data/annotations.json data --output m.json --overwrite"),
        ("m.json", "evaluate data/annotations.json data --results m.json"),
        ("m.json", "evaluate data/annotations.json --from-results results.json --output m.json"),
        ("m.json", "bench --rounds 1 --starts 0 --json m.json"),
        ("w.npz", "weights convert lite.npz w.npz"),
        ("w.xml", "weights convert lite.npz w.xml"),
    ],
)
def test_the_second_run_is_refused_at_the_start(here: Path, owned: str, arguments: str) -> None:
    write_image(here / "in/a.png", scene())
    for name in ("a.mp4", "b.mp4"):
        film(here / name, frames=1)
    make_coco(here / "data", 1, 64)
    (here / "results.json").write_text("[]")
    (here / "lite.npz").write_bytes(b"never read")
    lock = FileLock(here / owned)
    before = tree_of(here)
    result = CliRunner().invoke(main, arguments.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {owned} is being written by another maskseg (process ")
    assert result.stderr.count("\n") == 1
    assert tree_of(here) == before
    lock.release()


def test_two_training_runs_do_not_share_a_folder(here: Path) -> None:
    lock = FileLock(here / "run", folder=True)
    tensorflow = "tensorflow" in sys.modules
    result = CliRunner().invoke(main, ["train", "shapes", "-o", "run", "--init", "random"])
    assert result.exit_code == 1
    assert "run is being written by another maskseg (process " in result.stderr
    assert "name another folder" in result.stderr
    assert ("tensorflow" in sys.modules) == tensorflow  # before anything is loaded
    lock.release()
    assert not (here / "run").exists()


def test_other_files_of_a_batch_are_done_when_their_turn_comes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many results the last ones are locked later."""
    monkeypatch.setattr("maskseg_cli.pipeline.videos._LOCKED", 1)
    for name in "abc":
        film(here / f"{name}.mp4", frames=1)
    lock = FileLock(here / "out/b.mp4")
    result = CliRunner().invoke(main, ["video", "a.mp4", "b.mp4", "c.mp4", "-o", "out"])
    lock.release()
    assert result.exit_code == 1
    assert "2 of 3 videos done, 1 failed: b.mp4." in result.stderr
    assert tree_of(here / "out") == ["a.mp4", "c.mp4"]


def test_nothing_is_left_of_the_locks(here: Path) -> None:
    write_image(here / "in/a.png", scene())
    for _ in range(2):
        arguments = "image in -o out --json new/r.json --summary new/r.csv --overwrite"
        assert CliRunner().invoke(main, arguments.split()).exit_code == 0
        assert tree_of(here) == ["in/a.png", "new/r.csv", "new/r.json", "out/a.png"]
    assert CliRunner().invoke(main, ["image", "nowhere", "--json", "other/r.json"]).exit_code == 2
    assert not (here / "other").exists()
