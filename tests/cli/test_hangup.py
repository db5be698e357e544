"""A terminal that is closed, an SSH connection that is lost: SIGHUP ends a run as SIGTERM does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskseg_cli.cli.interrupts import HungUp, signals_as_interrupts
from maskseg_cli.cli.stop_signals import StopSignals
from maskseg_cli.media.images import write_image

from . import running, video_running, webcam_running
from .fake_model import DELAY, scene
from .running import ENVIRONMENT, read_json, tree_of
from .video_running import facts, film, json_lines

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")

PATIENCE = 30.0


@contextmanager
def started(
    folder: Path, arguments: list[str], begin: Callable[[], object] | None = None, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """A program in a process of its own, with SIGHUP as it usually is; `begin` is called in it first."""

    def prepare() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        if begin is not None:
            begin()

    env = {**ENVIRONMENT, DELAY: "0.02"}
    with subprocess.Popen(arguments, cwd=folder, text=True, env=env, preexec_fn=prepare, **options) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def being_written(folder: Path) -> bool:
    return any(path.stat().st_size > 48 for path in folder.glob(".maskseg-*.tmp"))


@pytest.fixture
def long_film(tmp_path: Path) -> Path:
    """The folder of a film that takes 5 seconds at least."""
    film(tmp_path / "in.mp4", frames=1000)
    return tmp_path


VIDEO = [*video_running.PROGRAM, "in.mp4", "-o", "out.mp4", "--json", "out.jsonl"]


def test_a_video_is_finished_also_where_the_shell_passes_its_signal_on(long_film: Path) -> None:
    with started(long_film, VIDEO, stderr=subprocess.PIPE) as process:
        wait_for(lambda: being_written(long_film))
        for _ in range(2):  # the system's, the shell's
            process.send_signal(signal.SIGHUP)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 129, stderr
    made = len(facts(long_film / "out.partial.mp4").frames)
    assert 0 < made < 1000
    assert len(json_lines(long_film / "out.jsonl")) == made
    assert stderr.endswith("Stopped.\n")
    assert tree_of(long_film) == ["in.mp4", "out.jsonl", "out.partial.mp4"]


def test_a_video_is_finished_when_its_terminal_is_closed(long_film: Path) -> None:
    import fcntl
    import pty
    import termios

    master, terminal = pty.openpty()
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal, "start_new_session": True}
    with started(long_film, VIDEO, lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **streams) as process:
        os.close(terminal)
        wait_for(lambda: being_written(long_film))
        os.close(master)  # from now on each word to the terminal is an error
        assert process.wait(PATIENCE) == 129
    assert 0 < len(facts(long_film / "out.partial.mp4").frames) < 1000
    assert tree_of(long_film) == ["in.mp4", "out.jsonl", "out.partial.mp4"]


def test_nohup_lets_it_go_on(tmp_path: Path) -> None:
    film(tmp_path / "in.mp4", frames=50)

    def nohup() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(tmp_path, VIDEO, nohup, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.05)
        assert process.returncode == 0
    assert len(facts(tmp_path / "out.mp4").frames) == 50


def test_photos_leave_what_was_found(tmp_path: Path) -> None:
    for i in range(300):
        write_image(tmp_path / "in" / f"{i:03}.png", scene())
    arguments = [*running.PROGRAM, "in", "-o", "out", "--json", "r.json"]
    with started(tmp_path, arguments, stderr=subprocess.PIPE) as process:
        wait_for((tmp_path / "out/003.png").exists)
        process.send_signal(signal.SIGHUP)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 129, stderr
    results = tree_of(tmp_path / "out")
    assert 4 <= len(results) < 300
    assert [image["file_name"] for image in read_json(tmp_path / "r.json")["images"]] == results


def test_a_recording_is_finished(tmp_path: Path) -> None:
    film(tmp_path / "street.mp4", frames=40, rate=20)
    camera = ["--camera", "street.mp4", "--loop", "--no-window", "--record", "out.mp4"]
    with started(tmp_path, [*webcam_running.PROGRAM, *camera], stderr=subprocess.PIPE) as process:
        wait_for(lambda: being_written(tmp_path))
        process.send_signal(signal.SIGHUP)
        _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 129, stderr
    assert facts(tmp_path / "out.mp4").frames
    assert tree_of(tmp_path) == ["out.mp4", "street.mp4"]


@pytest.mark.parametrize(("first", "name"), [("SIGTERM", "Terminated"), ("SIGHUP", "HungUp")])
def test_it_is_never_the_second_wish(first: str, name: str) -> None:
    before = signal.getsignal(signal.SIGHUP)
    with StopSignals(at_once=lambda: pytest.fail("ended at once")) as stop:
        signal.raise_signal(getattr(signal, first))
        signal.raise_signal(signal.SIGHUP)  # as the end of a session sends them
    with pytest.raises(KeyboardInterrupt) as ended:
        stop.raise_if_requested()
    assert type(ended.value).__name__ == name
    assert signal.getsignal(signal.SIGHUP) is before


def test_elsewhere_it_is_an_exception() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with pytest.raises(HungUp), signals_as_interrupts():
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is before
