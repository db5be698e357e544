"""Signals while libraries are loaded, and before and after the command itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from maskseg_cli.cli import interrupts
from maskseg_cli.cli.interrupts import HungUp, Terminated, is_the_program, signals_as_interrupts
from maskseg_cli.cli.main import main
from maskseg_cli.cli.stop_signals import loading
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.media.atomic_file import UnfinishedFile

from .fake_model import blob_predictor
from .running import tree_of
from .video_running import film

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def test_while_libraries_are_loaded_a_signal_waits() -> None:
    reached = []

    def load() -> None:
        with loading():
            signal.raise_signal(signal.SIGTERM)
            reached.append(True)

    with pytest.raises(Terminated):
        load()
    assert reached == [True]
    with loading():
        pass


def test_a_lost_exception_of_a_hang_up_does_not_make_later_ones_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(interrupts.time, "monotonic", lambda: now[0])
    with signals_as_interrupts() as received:
        with pytest.raises(HungUp):  # C code loses it
            signal.raise_signal(signal.SIGHUP)
        now[0] += 0.1
        signal.raise_signal(signal.SIGHUP)  # the shell's, of the same end of the terminal
        now[0] += 10
        with pytest.raises(HungUp):
            signal.raise_signal(signal.SIGHUP)
    assert received.signal == signal.SIGHUP


@pytest.mark.parametrize("number", CODES)
def test_another_exception_after_a_signal_is_that_of_the_signal(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def broken() -> None:
        UnfinishedFile(tmp_path / "a").open()
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise TypeError("a library has made this of it") from None

    monkeypatch.setattr(type(main), "get_command", lambda *_: broken)
    result = CliRunner().invoke(main, ["config"])
    assert result.exit_code == CODES[number]
    assert result.stderr in ("Interrupted.\n", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []  # what was begun is removed


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize("command", ["image", "video"])
def test_a_signal_during_loading_ends_the_command_before_any_work(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: str, number: signal.Signals
) -> None:
    def load(*_: object, **__: object) -> Predictor:
        signal.raise_signal(number)
        loaded.append(True)
        return blob_predictor()

    loaded: list[bool] = []
    monkeypatch.setattr("maskseg_cli.inference.loading.load_predictor", load)
    film(here / "in.mp4", frames=2)
    (here / "a.png").write_bytes(b"")
    words = {
        "image": ["a.png", "-o", "b.png", "--json", "b.json"],
        "video": ["in.mp4", "-o", "b.mp4", "--json", "b.jsonl"],
    }
    result = CliRunner().invoke(main, [command, *words[command]])
    assert loaded == [True]
    assert result.exit_code == CODES[number], result.output
    assert "unexpected" not in result.stderr
    assert tree_of(here) == ["a.png", "in.mp4"]


@pytest.mark.parametrize("number", CODES)
def test_before_anything_has_begun_the_program_ends_at_once_without_a_traceback(number: signal.Signals) -> None:
    code = (
        "import os\nfrom maskseg_cli.cli.interrupts import exit_at_signals\nexit_at_signals()\n"
        f"print('said')\nos.kill(os.getpid(), {int(number)})\nraise AssertionError\n"
    )
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        preexec_fn=lambda: [signal.signal(*one) for one in usual.items()] and None,
    )
    assert (done.returncode, done.stdout, done.stderr) == (CODES[number], "said\n", "")


def test_only_the_program_itself_does_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_the_program()
    monkeypatch.setattr(sys, "argv", ["/usr/bin/maskseg", "image"])
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None, raising=False)
    assert is_the_program()
    monkeypatch.setattr(sys, "argv", ["notebook.py"])
    assert not is_the_program()
