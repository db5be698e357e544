"""The file of `maskseg video --json`: what stays in it, and what is said if it cannot be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from maskseg_cli.media.atomic_file import GrowingFile

from .running import tree_of
from .video_running import facts, film, json_lines, run


def names_in(path: str) -> list[str]:
    return [line["file_name"] for line in json_lines(path)]


def test_lines_of_other_videos_stay(here: Path) -> None:
    for count, name in enumerate("abc", 2):
        film(here / f"{name}.mp4", frames=count)
    run("a.mp4", "-o", "1.mp4", "--json", "all.jsonl")
    run("b.mp4", "-o", "2.mp4", "--json", "all.jsonl", "--skip-existing")
    assert names_in("all.jsonl") == ["a.mp4"] * 2 + ["b.mp4"] * 3
    run("c.mp4", "a.mp4", "-o", "out", "--json", "all.jsonl", "--skip-existing")  # whose lines are not there twice
    assert names_in("all.jsonl") == ["b.mp4"] * 3 + ["c.mp4"] * 4 + ["a.mp4"] * 2
    run("c.mp4", "-o", "3.mp4", "--json", "all.jsonl", "--overwrite")
    assert names_in("all.jsonl") == ["c.mp4"] * 4


def test_a_line_that_a_full_disk_cut_off_goes(here: Path) -> None:
    for name in "ab":
        film(here / f"{name}.mp4", frames=2)
    run("a.mp4", "-o", "1.mp4", "--json", "all.jsonl")
    whole = Path("all.jsonl").read_bytes()
    Path("all.jsonl").write_bytes(whole[:-20])
    run("b.mp4", "-o", "2.mp4", "--json", "all.jsonl", "--skip-existing")
    assert names_in("all.jsonl") == ["a.mp4"] + ["b.mp4"] * 2


@pytest.mark.parametrize("text", ["milk, bread\nbutter\n", '[1]\n{"file_name": []}\n', '{"images": []}\n'])
def test_another_file_is_not_emptied(here: Path, text: str) -> None:
    film(here / "a.mp4", frames=2)
    Path("notes.txt").write_text(text)
    result = run("a.mp4", "-o", "1.mp4", "--json", "notes.txt", "--skip-existing", code=1)
    assert "notes.txt holds something else than the lines of videos" in result.stderr
    assert Path("notes.txt").read_text() == text
    assert tree_of(here) == ["a.mp4", "notes.txt"]


@pytest.mark.parametrize("flag", ["--skip-existing", "--overwrite"])
def test_a_run_that_found_nothing_leaves_the_file_alone(here: Path, flag: str) -> None:
    film(here / "a.mp4", frames=2)
    run("a.mp4", "-o", "1.mp4", "--json", "all.jsonl")
    before = Path("all.jsonl").read_bytes()
    for name in ("a.mp4", "b.mp4"):
        Path(name).write_text("no video any more\n" * 50)
    run("a.mp4", "b.mp4", "-o", "out", "--json", "all.jsonl", flag, code=1)
    run("a.mp4", "-o", "2.mp4", "--json", "all.jsonl", flag, code=1)
    assert Path("all.jsonl").read_bytes() == before
    assert not list(here.glob(".maskseg-*"))


def test_lines_that_cannot_be_stored_do_not_hide_that_the_video_is_there(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: GrowingFile) -> None:
        self.discard()
        raise OSError(28, "No space left on device", str(self.path))

    for name in "ab":
        film(here / f"{name}.mp4", frames=2)
    with monkeypatch.context() as patch:
        patch.setattr(GrowingFile, "finish", full)
        result = run("a.mp4", "-o", "1.mp4", "--json", "1.jsonl", "--quiet", code=1)
        assert result.stderr == (
            "Error: 1.jsonl: No space left on device: what was found is not all there; the video itself is written.\n"
        )
        result = run("a.mp4", "b.mp4", "-o", "out", "--json", "1.jsonl", code=1)
        assert "2 of 2 videos done." in result.stderr
        assert result.stderr.endswith("the videos themselves are written.\n")
    assert len(facts("1.mp4").frames) == 2
    assert tree_of(here / "out") == ["a.mp4", "b.mp4"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device here")
@pytest.mark.parametrize("frames", [2, 60])
def test_the_error_is_told_once(here: Path, frames: int) -> None:
    film(here / "a.mp4", frames=frames)
    result = run("a.mp4", "-o", "1.mp4", "--json", "/dev/full", "--quiet", code=1)
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: /dev/full: No space left on device")
    assert "the video itself is written" in result.stderr or "1.partial.mp4 holds the" in result.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device here")
def test_a_full_disk_ends_the_batch(here: Path) -> None:
    """The beginnings of the other videos would pass for the whole with --skip-existing."""
    for name in ("a.mp4", "b.mp4"):
        film(here / name, frames=120)
    result = run("a.mp4", "b.mp4", "-o", "out", "--json", "/dev/full", code=1)
    assert tree_of(here / "out") == ["a.partial.mp4"]
    assert "0 of 2 videos done, 1 failed: a.mp4, 1 not begun." in result.stderr
