"""`maskseg webcam` with a camera in the network: stops, reconnects, and the page in a real browser."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import wait_for
from tests.camera.mjpeg_server import MjpegServer, network_camera
from tests.screen import wait_until
from tests.serve.reading import find, shown, text

from .running import tree_of
from .video_running import facts
from .webcam_running import program, yard

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with network_camera(scene=yard, rate=25) as server:
        yield server


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("name", ["yard.mp4", "yard.avi"])
def test_a_stop_finishes_the_recording(camera: MjpegServer, tmp_path: Path, number: int, code: int, name: str) -> None:
    began = time.monotonic()
    with program(tmp_path, "--camera", camera.url, "--serve", "0", "--record", name, delay=0.05) as running:
        running.wait_for("Recording to")
        running.wait_recorded(0.4)
        assert running.end(number) == code
        seconds = time.monotonic() - began
        running.wait_for(f"Recorded {re.escape(name)}")
        running.wait_for("Watched for .* recorded")
    recorded = facts(tmp_path / name)
    assert 0.4 < recorded.duration <= seconds
    assert tree_of(tmp_path) == [name]


@pytest.mark.parametrize("message", ["Finishing yard.mp4", "Waiting for the network; a second Ctrl-C ends at once"])
def test_a_second_stop_leaves_no_temporary_files(camera: MjpegServer, tmp_path: Path, message: str) -> None:
    with program(tmp_path, "--camera", camera.url, "--no-window", "--record", "yard.mp4", delay="0,0,30") as running:
        running.wait_for("Recording to")
        wait_until(lambda: len(tree_of(tmp_path)) == 3, 10)  # the recording, its reserve and its lock
        running.process.send_signal(signal.SIGINT)
        running.wait_for(message)
        assert running.end(signal.SIGINT) == 130
        assert "Traceback" not in running.said
    assert tree_of(tmp_path) in ([], ["yard.mp4"])  # it may have been complete already
    if message.startswith("Waiting"):
        assert facts(tmp_path / "yard.mp4").frames


def test_a_camera_that_is_lost_and_connected_again(camera: MjpegServer, tmp_path: Path) -> None:
    arguments = ("--camera", camera.url, "--serve", "0", "--record", "yard.mp4", "--timeout", "2")
    with program(tmp_path, *arguments) as running:
        running.wait_for("Recording to")
        running.wait_recorded(0.2)
        camera.mode = "error"
        camera.hang_up()
        running.wait_for("It is tried again")
        camera.mode = "send"
        running.wait_for("The camera is connected again")
        frames = running.status()["frames"]
        wait_until(lambda: running.status()["frames"] > frames + 3)
        assert running.end(signal.SIGINT) == 130
        running.wait_for("1 reconnection")
    recorded = facts(tmp_path / "yard.mp4")
    gaps = [later - earlier for earlier, later in zip(recorded.times, recorded.times[1:], strict=False)]
    assert max(gaps) > 0.8  # the time without a camera is in the recording


def test_no_reconnect_ends_with_a_sentence(camera: MjpegServer, tmp_path: Path) -> None:
    arguments = ("--camera", camera.url, "--serve", "0", "--record", "yard.mp4", "--no-reconnect")
    with program(tmp_path, *arguments) as running:
        running.wait_for("Recording to")
        running.wait_recorded(0.2)
        camera.hang_up()
        assert running.end() == 1
        running.wait_for(
            r"Error: The (connection to the )?camera http://127\.0\.0\.1:\d+/video\.mjpg (is lost|ended its stream)"
        )
    assert facts(tmp_path / "yard.mp4").frames


def test_a_camera_that_does_not_answer(tmp_path: Path) -> None:
    with network_camera() as gone:
        url = gone.url
    with program(tmp_path, "--camera", url, "--no-window", "--duration", "1") as running:
        assert running.end() == 1
        running.wait_for("Error: The camera .* cannot be reached: connection refused")
    with program(tmp_path, "--camera", url, "--no-window", "--duration", "4", "--reconnect") as running:
        running.wait_for("connection refused. It is tried again")
        with network_camera(scene=yard, port=int(url.split(":")[2].split("/")[0])):
            assert running.end() == 0
        running.wait_for("Watched for 4")


def counts(browser: Chrome) -> list[list[str]]:
    """The objects that the page shows; it is updated twice a second."""
    return sorted(
        browser.execute_script(
            "return [...document.querySelectorAll('#counts li')].map((item) => item.innerText.split(/\\s+/))"
        )
    )


def test_the_page_of_a_real_session(browser: Chrome, camera: MjpegServer, tmp_path: Path) -> None:
    with program(tmp_path, "--camera", camera.url, "--serve", "0", "--snapshots", "kept") as running:
        url = running.wait_for(r"The picture is at (http://127\.0\.0\.1:\d+/)").group(1)
        browser.get(url)
        wait_for(lambda: text(browser, "#state") == "Live", "the live page")
        number, *_ = shown(browser)
        wait_for(lambda: shown(browser)[0] > number + 3, "a moving picture")
        wait_for(lambda: counts(browser) == [["dog", "1"], ["person", "1"]], "the counts")

        find(browser, "#record").click()
        running.wait_for("Recording to kept/")
        find(browser, "[name=masks]").click()
        find(browser, "#snapshot").click()
        running.wait_for("Snapshot saved as kept/")
        wait_for(lambda: "Snapshot saved" in text(browser, "#message"), "the message")
        running.wait_recorded(0.3)
        find(browser, "#record").click()
        running.wait_for("Recorded kept/")
        assert running.end(signal.SIGINT) == 130
    names = tree_of(tmp_path)
    assert sorted(Path(name).suffix for name in names) == [".jpg", ".mp4"]
    recording = next(name for name in names if name.endswith(".mp4"))
    assert facts(tmp_path / recording).duration > 0.3


def test_a_token_and_another_host(camera: MjpegServer, tmp_path: Path) -> None:
    arguments = ("--camera", camera.url, "--serve", "0.0.0.0:0", "--token", "sesame", "--quiet", "--duration", "1.5")
    with program(tmp_path, *arguments) as running:
        running.wait_for("Warning: everybody with the token")
        running.wait_for(r"The picture is at http://\S+:[1-9]\d*")  # the port was free to choose: quiet or not
        assert running.end() == 0
        assert running.said.count("\n") == 2


def test_a_port_that_is_taken_is_an_error_before_the_network_is_loaded(camera: MjpegServer, tmp_path: Path) -> None:
    with program(tmp_path, "--camera", camera.url, "--serve", str(camera.port)) as running:
        assert running.end() == 1
        running.wait_for(f"Error: Port {camera.port} is taken")
