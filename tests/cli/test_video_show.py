"""`maskseg video --show` in a real window."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.screen import opened_screen, wait_until

from .fake_model import DELAY
from .running import ENVIRONMENT, tree_of
from .video_running import PROGRAM, facts, film, outlined, run


def test_frames_are_shown_as_they_are_done_and_q_finishes_the_video(tmp_path: Path) -> None:
    film(tmp_path / "in.mp4", frames=1000, size=(320, 240))
    with opened_screen(tmp_path) as screen:
        process = subprocess.Popen(
            [*PROGRAM, "in.mp4", "-o", "out.mp4", "--show"],
            cwd=tmp_path,
            env={**ENVIRONMENT, **screen.environment, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"], DELAY: "0.05"},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            screen.wait_for_window("maskseg")
            wait_until(lambda: outlined(screen.picture()), 30)
            first = screen.picture()
            wait_until(lambda: (screen.picture() != first).any())  # it moves
            # On a busy machine a key may meet a window that does not have the keyboard yet.
            wait_until(lambda: (screen.key("q"), process.poll() is not None)[1], 30)
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == 0, stderr
    frames = len(facts(tmp_path / "out.partial.mp4").frames)
    assert 1 < frames < 1000
    assert f"out.partial.mp4: {frames} frames" in stderr
    assert "not the whole video" in stderr


def test_without_a_display_one_sentence_says_so_before_any_work(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("Windows always has a display")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    film(here / "in.mp4", frames=2)
    result = run("in.mp4", "-o", "out.mp4", "--show", code=1)
    assert "leave out --show" in result.stderr
    assert tree_of(here) == ["in.mp4"]
