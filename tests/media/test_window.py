"""The window, without a display: OpenCV's window functions are replaced."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from maskseg_cli.errors import MasksegError
from maskseg_cli.media import window
from maskseg_cli.media.window import Window, display_problem

IMAGE = np.zeros((2000, 4000, 3), np.uint8)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> dict:
    """A display on which the user presses `keys`, in turn; `visible` is what the window says of itself, in turn."""
    state: dict = {"keys": [], "visible": [1.0], "shown": 0, "size": None, "closed": False}
    monkeypatch.setattr(window, "display_problem", lambda: None)
    monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
    monkeypatch.setattr(cv2, "resizeWindow", lambda _, w, h: state.update(size=(w, h)))
    monkeypatch.setattr(cv2, "imshow", lambda *_: state.update(shown=state["shown"] + 1))
    monkeypatch.setattr(cv2, "waitKey", lambda _: state["keys"].pop(0) if state["keys"] else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: state["visible"].pop(0))
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: state.update(closed=True))
    return state


@pytest.mark.parametrize(("key", "goes_on"), [(" ", True), ("n", True), ("q", False), ("Q", False), ("\x1b", False)])
def test_keys(screen: dict, key: str, goes_on: bool) -> None:
    screen.update(keys=[-1, -1, ord(key)], visible=[1.0, 1.0, 1.0])
    with Window() as shown:
        assert shown.show(IMAGE) is goes_on
    assert screen["keys"] == []
    assert screen["shown"] == 1
    assert screen["size"] == (1280, 640)
    assert screen["closed"]


def test_closing_the_window_goes_on(screen: dict) -> None:
    screen["visible"] = [1.0, 0.0]
    with Window() as shown:
        assert shown.show(IMAGE)
    assert screen["visible"] == []


def test_a_window_that_is_not_on_the_screen_yet_was_not_closed(screen: dict) -> None:
    screen["visible"] = [0.0, 0.0, 1.0, 0.0]
    with Window() as shown:
        assert shown.show(IMAGE)
    assert screen["visible"] == []


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux's")


@linux
def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(MasksegError, match=r"There is no display .*leave out --show"), Window():
        pass


@linux
def test_a_display_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt ends its whole process with an abort; ours must go on to say so."""
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":4242")
    assert display_problem() is not None


@pytest.mark.parametrize(
    ("code", "errors", "words"),
    [
        (1, b"cv2.error: The function is not implemented. Rebuild the library", "without windows"),
        (-6, b"could not connect to display", "cannot be opened"),
    ],
)
def test_what_the_trial_says(code: int, errors: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    answer = subprocess.CompletedProcess([], code, b"", errors)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    assert words in (display_problem() or "")
