"""`maskseg video` with unusual names, and with frames that stand in a folder already."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.video.samples import make_pictures

from .running import ENVIRONMENT, tree_of
from .video_running import PROGRAM, facts, film, run


@pytest.mark.parametrize(
    "name", ["a%05d.mp4", "100% of it.mp4", "two\nlines.mp4", "-dash.mp4", ".hidden.mp4", "ä 映画.mp4"]
)
def test_a_film_may_have_any_name(here: Path, name: str) -> None:
    film(here / "in.mp4", frames=4)
    os.rename("in.mp4", name)  # FFmpeg, which made it, takes some names for patterns
    run("--", name)
    result = name.replace(".mp4", "_maskseg.mp4")
    assert tree_of(here) == sorted([name, result])
    assert len(facts(f"file:{result}").frames) == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_a_colon_in_a_name_is_no_address(here: Path) -> None:
    film(here / "in.mp4", frames=4)
    Path("on:air").mkdir()
    os.rename("in.mp4", "on:air/a:b.mp4")
    run("on:air/a:b.mp4")
    assert tree_of(here) == ["on:air/a:b.mp4", "on:air/a:b_maskseg.mp4"]


def test_a_percent_sign_in_the_name_of_frames(here: Path) -> None:
    film(here / "in.mp4", frames=2)
    run("in.mp4", "-o", "out/100%_%02d.png")
    assert tree_of(here / "out") == ["100%_00.png", "100%_01.png"]


def test_a_folder_of_results_with_a_dot_in_its_name_holds_no_sources(here: Path) -> None:
    film(here / "films/a.mp4", frames=2)
    run("films", "-r", "-o", "films/out.v2/")
    run("films", "-r", "-o", "films/out.v2/", "--skip-existing")
    assert tree_of(here) == ["films/a.mp4", "films/out.v2/a.mp4"]


def test_what_is_kept_of_a_result_that_failed_is_no_source(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskseg_cli.errors import MasksegError
    from maskseg_cli.video.movie_file import MovieFile

    def fail(*_: object) -> None:
        raise MasksegError("It is not what was written.")

    film(here / "a.mp4", frames=2)
    with monkeypatch.context() as patch:
        patch.setattr(MovieFile, "_read_back", fail)
        run(".", code=1)
    assert tree_of(here) == ["a.mp4", "a_maskseg.partial.mp4"]
    run("a.mp4", "a_maskseg.partial.mp4")  # what the shell makes of *.mp4
    assert tree_of(here) == ["a.mp4", "a_maskseg.mp4"]


def test_a_complete_result_replaces_a_partial_one_but_no_other_file(here: Path) -> None:
    film(here / "in/a.mp4", frames=2)
    film(here / "out/a.partial.mp4", frames=1)
    run("in/a.mp4", "-o", "out/a.mp4")
    assert tree_of(here / "out") == ["a.mp4"]
    film(here / "in/a.partial.mp4", frames=2)
    assert "inputs are never overwritten" in run("in/a.partial.mp4", "-o", "in/a.mp4", "--overwrite", code=2).stderr
    assert "is the name for what is left of new/a.mp4" in run("in", "-o", "new", code=2).stderr
    (here / "frames").mkdir()
    film(here / "in/a.mp4", frames=2)
    run("in/a.mp4", "-o", "frames/%d.partial.png")
    refused = run("frames/%d.partial.png", "-o", "frames/%d.png", "--overwrite", code=2)
    assert "inputs are never overwritten" in refused.stderr
    assert tree_of(here / "frames") == ["0.partial.png", "1.partial.png"]


@pytest.mark.parametrize("output", ["shots/../shots/%03d.png", "shots/%d.png"])
def test_numbered_pictures_are_never_written_over(here: Path, output: str) -> None:
    make_pictures(here / "shots", 3, first=100, name="%03d.png")
    before = {path: path.read_bytes() for path in Path("shots").iterdir()}
    result = run("shots/%03d.png", "-o", output, "--overwrite", code=2)
    assert "inputs are never overwritten" in result.stderr
    assert {path: path.read_bytes() for path in Path("shots").iterdir()} == before


def test_pictures_that_happen_to_stand_there_are_refused(here: Path) -> None:
    film(here / "in.mp4", frames=3)
    Path("out").mkdir()
    Path("out/000002.png").write_bytes(b"mine")
    result = run("in.mp4", "-o", "out/%06d.png", code=1)
    assert "000002.png exists already" in result.stderr
    assert Path("out/000002.png").read_bytes() == b"mine"


def test_dry_run_leaves_out_what_is_there_and_goes_on_after_a_bad_one(here: Path) -> None:
    for name in ("a", "b", "c"):
        film(here / f"films/{name}.mp4", frames=4)
    Path("films/b.mp4").write_bytes(b"nonsense" * 100)
    Path("out").mkdir()
    Path("out/a.mp4").write_bytes(b"there")
    result = run("films", "-o", "out", "--dry-run", "--skip-existing", code=1)
    assert "out/a.mp4: exists already" in result.stdout
    assert "films/b.mp4 is no video" in result.stderr
    assert "films/c.mp4: 96 x 64" in result.stdout
    assert result.stdout.count("it takes") == 1


def test_dry_run_counts_the_frames_that_each_way_really_takes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_TEST_DELAY", "0.02")
    film(here / "in.mp4", frames=3000)
    result = run("in.mp4", "--dry-run", "--every", "5", "--drop")
    ways = re.findall(r": about (\d+) (s|min) \(([\d.]+) frames a second\)", result.stdout)
    frames = [float(time) * (60 if unit == "min" else 1) * float(speed) for time, unit, speed in ways]
    # Without --every 5 the network is run on five times as many frames, and none is dropped.
    assert frames == [pytest.approx(600, rel=0.2), pytest.approx(3000, rel=0.2)]


def test_dry_run_does_not_count_frames_that_a_rate_repeats(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKSEG_TEST_DELAY", "0.05")
    film(here / "in.mp4", frames=8, rate=2)
    result = run("in.mp4", "--dry-run", "--fps", "60")
    speed = float(result.stdout.split("it takes")[1].split("(")[1].split()[0])
    assert speed < 90  # four workers at 20 frames a second each; the file has thirty times as many


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
@pytest.mark.parametrize("columns", [0, 100])
def test_the_bar_is_shown_whatever_the_terminal_says_about_its_width(here: Path, columns: int) -> None:
    import fcntl
    import pty
    import struct
    import subprocess
    import termios

    film(here / "in.mp4", frames=20)
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))
    process = subprocess.run([*PROGRAM, "in.mp4"], stderr=terminal, stdin=terminal, env=ENVIRONMENT, timeout=60)
    os.close(terminal)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert process.returncode == 0
    assert "20/20" in shown
