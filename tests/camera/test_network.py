"""Network cameras: a real MJPEG server on 127.0.0.1."""

from __future__ import annotations

import functools
import http.server
import socket
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.camera.camera_address import parse_camera
from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.open_camera import open_camera
from maskseg_cli.camera.source import CameraError
from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame
from tests.camera.mjpeg_server import MjpegServer, network_camera
from tests.camera.test_capture import read_to_the_end
from tests.screen import wait_until
from tests.video.samples import corners_of, make_video, number_of


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with network_camera(rate=50) as server:
        yield server


def capture_of(url: str, timeout: float = 5, **options: object) -> Capture:
    return Capture(lambda: open_camera(parse_camera(url), timeout=timeout), **options)  # type: ignore[arg-type]


def newest(capture: Capture, after: int = -1, seconds: float = 30) -> Frame:
    frame = capture.newer(after, seconds)
    assert frame is not None
    return frame


@pytest.mark.parametrize("length", [True, False])
def test_pictures_are_correct_and_late_by_two_at_most(length: bool) -> None:
    with network_camera(rate=25, length=length) as server, capture_of(server.url) as capture:
        frame = newest(capture)
        late = []
        for _ in range(15):
            frame = newest(capture, frame.index)
            late.append(server.sent - 1 - number_of(frame.image))
        assert corners_of(frame.image) == ["red", "green", "blue", "white"]
        # A part without its length ends only when the next one begins.
        assert float(np.median(late)) <= (0 if length else 2)
        assert capture.state == "connected"


def test_a_camera_without_a_boundary_before_the_first_picture() -> None:
    with network_camera(rate=25, first=False) as server, capture_of(server.url) as capture:
        frame = newest(capture)
        assert corners_of(frame.image) == ["red", "green", "blue", "white"]
        while server.sent - 1 - number_of(frame.image) > 2:  # those read for the analysis come first
            frame = newest(capture, frame.index)


def test_a_wrong_password_is_told_otherwise_than_none(camera: MjpegServer) -> None:
    camera.mode = "refuse"
    with pytest.raises(CameraError, match="asks for a name and a password, as in http://NAME:PASSWORD@ADDRESS"):
        open_camera(parse_camera(camera.url))
    with pytest.raises(CameraError, match="refuses this name and password") as refused:
        open_camera(parse_camera(camera.url.replace("//", "//me:sesame@")))
    assert "sesame" not in str(refused.value)


def test_a_slash_in_a_password_is_told_without_the_password() -> None:
    with pytest.raises(CameraError, match=r"http://127\.0\.0\.1:9/x cannot be reached: .*%2F for /") as refused:
        open_camera(parse_camera("http://me:pa/sesame@127.0.0.1:9/x"))
    assert "sesame" not in str(refused.value)


def test_the_pictures_that_were_read_for_the_analysis_are_not_thrown_away() -> None:
    with network_camera(rate=5) as server:
        source = open_camera(parse_camera(server.url))
        image = source.read()
        source.close()
        assert image is not None
        assert number_of(image) == 0


def test_a_slow_reader_gets_the_newest_picture(camera: MjpegServer) -> None:
    with capture_of(camera.url) as capture:
        first = newest(capture)
        wait_until(lambda: capture.frames > first.index + 10, 30)
        frame = newest(capture, first.index)
        assert frame.index >= first.index + 10
        # A queue of old pictures would never become short; on a busy machine one picture may be late.
        wait_until(lambda: camera.sent - number_of(newest(capture).image) <= 3, 30)


def test_reconnecting_after_the_camera_hung_up(camera: MjpegServer) -> None:
    with capture_of(camera.url, reconnect=True, back_off=(0.1,)) as capture:
        newest(capture)
        camera.hang_up()
        while not capture.trouble:
            time.sleep(0.01)
        before = capture.frames
        assert "127.0.0.1" in capture.trouble
        after = newest(capture, before - 1)
        assert number_of(after.image) >= before
        assert capture.connections == 2


def test_a_camera_that_sends_nothing_counts_as_lost(camera: MjpegServer) -> None:
    with capture_of(camera.url, timeout=0.4, stall=0.4) as capture:
        newest(capture)
        camera.mode = "silent"
        began = time.monotonic()
        with pytest.raises(CameraError, match=r"did not answer within 0.4 seconds|ended its stream"):
            read_to_the_end(capture)
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(("mode", "words"), [("error", "404|not found"), ("drop", "sends no video|cannot be reached")])
def test_responses_that_are_no_camera(camera: MjpegServer, mode: str, words: str) -> None:
    camera.mode = mode
    with capture_of(camera.url) as capture, pytest.raises(CameraError, match=f"(?i){words}"):
        capture.newer(-1, 10)


def test_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"http://user:secret@127.0.0.1:{port}/live"
        with pytest.raises(CameraError, match="connection refused") as refused:
            open_camera(parse_camera(url))
        assert "secret" not in str(refused.value)
        taken.listen()  # accepts, and says nothing
        began = time.monotonic()
        with pytest.raises(CameraError, match=r"did not answer within 0.5 seconds"):
            open_camera(parse_camera(url), timeout=0.5)
        assert time.monotonic() - began < 20


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files(tmp_path: Path) -> Iterator[str]:
    """The address at which `tmp_path` is served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_video_file_in_the_network_plays_at_its_own_speed(files: str, tmp_path: Path) -> None:
    make_video(tmp_path / "video.mp4", frames=10, rate=20)
    with capture_of(f"{files}/video.mp4") as capture:
        newest(capture)
        capture.release()
        began = time.monotonic()
        while not capture.ended:
            capture.newer(capture.frames - 1, 0.1)
        assert time.monotonic() - began > 0.4
        assert capture.frames == 10


def test_a_photo_is_no_stream(files: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(1000))
    with pytest.raises(MasksegError, match="photo, not a"):
        open_camera(parse_camera(f"{files}/photo.jpg"))
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(MasksegError, match="photo, not a"):
        open_camera(parse_camera(f"{files}/photo.jpg"))


def test_the_rotation_of_a_phone(tmp_path: Path) -> None:
    """With a file, which stores the rotation in the same way."""
    path = make_video(tmp_path / "turned.mp4", frames=3, turn=90, rate=Fraction(50))
    camera = open_camera(parse_camera(str(path)))
    image = camera.read()
    camera.close()
    assert image is not None
    assert image.shape == (64, 48, 3)
