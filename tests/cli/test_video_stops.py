"""`maskseg video` stopped in the middle: by Ctrl-C, by SIGTERM, twice, and by a full disk."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from .fake_model import DELAY
from .running import ENVIRONMENT, tree_of
from .video_running import PROGRAM, facts, film, json_lines

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

PATIENCE = 60.0


@contextmanager
def running(folder: Path, *arguments: str, delay: float | str = 0.02) -> Iterator[subprocess.Popen[str]]:
    """The program at work, from the moment on at which frames have been written."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, DELAY: str(delay)},
        # A shell that runs tests in the background lets its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        end = time.monotonic() + PATIENCE
        while not any(path.stat().st_size > 48 for path in folder.glob(".maskseg-*.tmp")):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < end, "no frame was written"
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def film_of_1000(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "in.mp4", frames=1000, sound="aac")


@pytest.fixture
def long_film(tmp_path: Path, film_of_1000: Path) -> Path:
    """The folder of a film that takes 20 seconds at least."""
    shutil.copy(film_of_1000, tmp_path / "in.mp4")
    return tmp_path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("output", ["out.mp4", "out.avi", "out.mkv"])
def test_a_stop_at_any_moment_leaves_a_film_that_plays(long_film: Path, number: int, code: int, output: str) -> None:
    with running(long_film, "in.mp4", "-o", output, "--json", "out.jsonl") as process:
        time.sleep(random.uniform(0, 1))
        process.send_signal(number)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, stderr
    kept = Path(output).with_suffix(f".partial{Path(output).suffix}").name
    made = facts(long_film / kept)
    assert 0 < len(made.frames) < 1000
    assert made.sound is not None
    assert made.duration == pytest.approx(len(made.frames) / 25, abs=0.1)
    assert len(json_lines(long_film / "out.jsonl")) == len(made.frames)
    assert f"{kept}: {len(made.frames)} frames" in stderr
    assert stderr.splitlines()[-1] == ("Interrupted." if code == 130 else "Stopped.")
    assert "not the whole video: the same command with --skip-existing does it again." in stderr
    assert "Traceback" not in stderr
    assert tree_of(long_film) == sorted(["in.mp4", kept, "out.jsonl"])


def test_a_reader_of_the_lines_who_has_gone_ends_the_batch(tmp_path: Path) -> None:
    for name in ("a", "b"):
        film(tmp_path / f"{name}.mp4", frames=200)
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [*PROGRAM, "a.mp4", "b.mp4", "-o", "out", "--json", "-"],
        cwd=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        env=ENVIRONMENT,
        check=False,
    )
    os.close(writing)
    assert process.returncode == 1
    assert "Broken pipe" in process.stderr
    assert "Traceback" not in process.stderr
    assert "b.mp4" not in process.stderr
    assert not (tmp_path / "out/b.mp4").exists()


def test_a_second_ctrl_c_stops_at_once(long_film: Path) -> None:
    # The network looks at its fourth frame for longer than this test waits.
    with running(long_film, "in.mp4", "-o", "out.mp4", "--no-track", delay="0,0,0,600") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert tree_of(long_film) == ["in.mp4"]


def test_a_stop_ends_the_batch_and_keeps_what_was_done(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        film(tmp_path / name, frames=200)
    (tmp_path / "out").mkdir()
    with running(tmp_path / "out", "../a.mp4", "../b.mp4", "../c.mp4", "-o", ".", delay=0.01) as process:
        end = time.monotonic() + PATIENCE
        while not (tmp_path / "out/a.mp4").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert len(facts(tmp_path / "out/a.mp4").frames) == 200
    assert not (tmp_path / "out/c.mp4").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 10 MB, most of which the writer keeps in reserve."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 130 frames that nothing compresses."""
    path = tmp_path_factory.mktemp("film") / "noise.mkv"
    pixels = np.random.default_rng(0)
    return film(
        path,
        frames=130,
        size=(320, 240),
        codec="ffv1",
        pix_fmt="bgr0",
        draw=lambda index, size: pixels.integers(0, 150, (size[1], size[0], 3), np.uint8),
    )


@pytest.mark.parametrize("output", ["out.mp4", "out.avi"])
def test_a_full_disk_leaves_a_film_that_plays(noise: Path, small_disk: Path, output: str) -> None:
    done = subprocess.run(
        [*PROGRAM, str(noise), "-o", str(small_disk / output), "--crf", "1"],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    assert done.returncode == 1
    assert "full" in done.stderr.lower() or "No space left" in done.stderr
    kept = f"out.partial{Path(output).suffix}"
    made = facts(small_disk / kept)
    assert 5 < len(made.frames) < 130
    assert f"{kept} holds the {len(made.frames)} frames" in done.stderr
    assert os.listdir(small_disk) == [kept]


def test_a_full_disk_ends_the_batch(tmp_path: Path, noise: Path, small_disk: Path) -> None:
    for name in ("a.mkv", "b.mkv"):
        shutil.copy(noise, tmp_path / name)
    done = subprocess.run(
        [*PROGRAM, "a.mkv", "b.mkv", "-o", str(small_disk), "--format", "mp4", "--crf", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
    )
    assert done.returncode == 1
    assert "0 of 2 videos done, 1 failed: a.mkv, 1 not begun." in done.stderr
    assert os.listdir(small_disk) == ["a.partial.mp4"]
