"""`maskseg webcam` in a real window, with real keys, and a camera in the network."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.media.images import read_image
from tests.camera.mjpeg_server import MjpegServer, network_camera
from tests.screen import Screen, opened_screen, wait_until

from .running import tree_of
from .video_running import facts
from .webcam_running import program, yard

#: A place in the window: inside the dog.
DOG = (230, 360)


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with opened_screen(tmp_path_factory.mktemp("screen")) as opened:
        yield opened


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with network_camera(scene=yard, rate=20) as server:
        yield server


def white(screen: Screen, place: tuple[int, int]) -> bool:
    return bool(screen.picture()[place].min() > 235)


def test_all_keys(screen: Screen, camera: MjpegServer, tmp_path: Path) -> None:
    with program(tmp_path, "--camera", camera.url, "--record", "yard.mp4", environment=screen.environment) as running:
        screen.wait_for_window("maskseg")
        running.wait_for("Recording to yard.mp4")
        wait_until(lambda: screen.picture()[DOG].any() and not white(screen, DOG), 30)

        press(screen, "m")  # the dog is white again inside its outline
        wait_until(lambda: white(screen, DOG))
        edge = screen.picture()[195:205, 350:370].copy()
        press(screen, "c", "b", "t")
        wait_until(lambda: (screen.picture()[195:205, 350:370] != edge).any())
        wait_until(lambda: spread(screen.picture()[190:260, 290:440]) < 40)  # nothing but gray and white
        press(screen, "m", "c", "b", "t")
        wait_until(lambda: not white(screen, DOG))

        before = screen.picture()[110:210, :90].mean()
        screen.key("h")
        wait_until(lambda: screen.picture()[110:210, :90].mean() < 0.7 * before)
        screen.key("h")
        wait_until(lambda: screen.picture()[110:210, :90].mean() > 0.9 * before)

        screen.key("s")
        running.wait_for(r"Snapshot saved as (\S+)\.jpg")
        screen.key("r")
        running.wait_for("Recorded yard.mp4")
        screen.key("r")
        running.wait_for("Recording to yard-2.mp4")

        screen.key("space")
        wait_until(lambda: stands_still(screen))
        screen.key("space")
        wait_until(lambda: not stands_still(screen))

        screen.key("q")
        assert running.end() == 0
    names = tree_of(tmp_path)
    assert [name for name in names if name.endswith("mp4")] == ["yard-2.mp4", "yard.mp4"]
    (snapshot,) = (name for name in names if name.endswith(".jpg"))
    picture = read_image(tmp_path / snapshot)
    assert picture.shape == (320, 480, 3)
    assert (np.abs(picture[0:20, 0:60].astype(int) - (40, 60, 30)) < 12).all()  # no panel of the window is in it
    assert spread(picture[190:260, 290:440]) > 60
    for name in ("yard.mp4", "yard-2.mp4"):
        recorded = facts(tmp_path / name)
        assert recorded.duration > 0.1
        assert (np.abs(recorded.frames[0][0:20, 0:60].astype(int) - (40, 60, 30)) < 20).all()


def press(screen: Screen, *keys: str) -> None:
    """Presses keys for parts of the drawing, each when the window has shown the message for the one before.

    OpenCV keeps only the last key: on a busy machine a key that comes too early would be lost.
    """

    def message() -> np.ndarray:
        pixels = screen.picture()[290:320, :240].astype(int)
        return (pixels[..., 2] > 180) & (pixels[..., 1] > 150) & (pixels[..., 0] < 150)  # yellow

    for key in keys:
        before = message()
        screen.key(key)
        wait_until(lambda before=before: message().any() and (message() != before).any())  # type: ignore[misc]


def spread(pixels: np.ndarray) -> int:
    """The largest difference between the channels of a pixel."""
    return int(np.ptp(pixels.astype(int), axis=2).max())


def stands_still(screen: Screen) -> bool:
    """Whether the camera's moving patch keeps its place for a quarter of a second."""
    pictures = [screen.picture()[285:315, :480]]
    for _ in itertools.repeat(None, 5):
        screen.tool("sleep", "0.05")
        pictures.append(screen.picture()[285:315, :480])
    return all((one == pictures[0]).all() for one in pictures)


def test_escape_ends(screen: Screen, camera: MjpegServer, tmp_path: Path) -> None:
    with program(tmp_path, "--camera", camera.url, environment=screen.environment) as running:
        screen.wait_for_window("maskseg")
        screen.key("Escape")
        assert running.end() == 0
        assert tree_of(tmp_path) == []


def test_closing_the_window_ends(screen: Screen, camera: MjpegServer, tmp_path: Path) -> None:
    arguments = ("--camera", camera.url, "--record", "yard.mp4")
    with program(tmp_path, *arguments, environment=screen.environment) as running:
        number = screen.wait_for_window("maskseg")
        running.wait_for("Recording to yard.mp4")
        wait_until(lambda: list(tmp_path.glob(".maskseg-*.tmp")))
        screen.close_window(number)
        assert running.end() == 0
    assert facts(tmp_path / "yard.mp4").frames


def test_a_slow_network_delays_neither_keys_nor_the_end(screen: Screen, camera: MjpegServer, tmp_path: Path) -> None:
    with program(
        tmp_path, "--camera", camera.url, "--no-track", environment=screen.environment, delay="0,0,60"
    ) as running:
        screen.wait_for_window("maskseg")
        wait_until(lambda: spread(screen.picture()[190:260, 290:440]) > 60, 30)  # the dog has its colour
        press(screen, "m", "c", "b", "t")  # all within one call of the network
        wait_until(lambda: white(screen, DOG) and spread(screen.picture()[190:260, 290:440]) < 40)
        screen.key("q")
        wait_until(lambda: not screen.picture().any())
        running.wait_for("Waiting for the network")
