"""The capture thread, with cameras that the test controls."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import numpy as np
import pytest

from maskseg_cli.camera import capture as capture_module
from maskseg_cli.camera.capture import Capture
from maskseg_cli.camera.source import CameraError
from maskseg_cli.errors import MasksegError


class FakeCamera:
    """A camera that sends what is put into its queue: pictures, errors to raise, None for the end."""

    frame_rate = 25.0
    notes = ("a note",)

    def __init__(self, live: bool = True) -> None:
        self.live = live
        self.queue: queue.Queue[Any] = queue.Queue()
        self.opened = self.closed = 0
        self.refuse: list[MasksegError] = []

    def open(self) -> FakeCamera:
        if self.refuse:
            raise self.refuse.pop(0)
        self.opened += 1
        return self

    def read(self) -> np.ndarray | None:
        item = self.queue.get()
        if isinstance(item, BaseException):
            raise item
        return None if item is None else np.full((2, 3, 3), item, np.uint8)

    def close(self) -> None:
        self.closed += 1

    def send(self, *items: Any) -> None:
        for item in items:
            self.queue.put(item)


def wait_for(capture: Capture, index: int) -> Any:
    """Waits for a frame of at least this index."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        frame = capture.newer(index - 1, 0.5)
        if frame is not None and frame.index >= index:
            return frame
    pytest.fail(f"frame {index} did not come")


def read_to_the_end(capture: Capture) -> None:
    """Reads frames until an error or the end."""
    while not capture.ended:
        capture.newer(capture.frames - 1, 0.05)


def capture_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "maskseg-camera"}


def test_a_camera_that_sends_data_before_its_first_key_frame_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Waiting(FakeCamera):
        heard = property(lambda self: time.monotonic())

    monkeypatch.setattr(capture_module, "_USUAL_WAIT", 0.0)
    camera = Waiting()
    with Capture(camera.open, "yard", stall=0.02) as capture:
        for _ in range(5):
            assert capture.newer(-1, 0.05) is None
        assert capture.state == "waiting for a key frame"
        camera.send(7)
        assert wait_for(capture, 0).image[0, 0, 0] == 7
        monkeypatch.setattr(capture_module, "KEY_FRAME_TIMEOUT", 0.0)
        with pytest.raises(CameraError, match="no picture"):
            capture.newer(0, 0.2)


def test_only_the_newest_frame_is_kept() -> None:
    camera = FakeCamera()
    with Capture(camera.open, "yard") as capture:
        camera.send(1, 2, 3, 4, 5)
        before = time.monotonic()
        frame = wait_for(capture, 4)
        assert (frame.image == 5).all()
        assert (frame.source, frame.duration) == ("yard", 0)
        assert before - 1 < frame.time <= time.monotonic()
        assert capture.newer(4, 0.01) is None
        assert capture.frames == 5
        assert capture.state == "connected"
        assert capture.notes == ("a note",)
        camera.send(None)
    assert camera.closed == 1


def test_a_file_waits_after_its_first_frame_and_ends() -> None:
    film = FakeCamera(live=False)
    film.send(1, 2, None)
    with Capture(film.open) as capture:
        first = wait_for(capture, 0)
        assert capture.newer(0, 0.05) is None
        assert not capture.ended
        capture.release()
        assert capture.newer(-1, 1).time > first.time  # type: ignore[union-attr]  it begins now
        wait_for(capture, 1)
        assert capture.newer(1, 5) is None  # returns at once: there will be none
        assert capture.ended
        assert capture.state == "ended"


def test_the_reader_gets_the_error_of_a_camera_that_does_not_open() -> None:
    camera = FakeCamera()
    camera.refuse = [CameraError("There is no camera 0.")]
    with Capture(camera.open, reconnect=True) as capture, pytest.raises(CameraError, match="no camera 0"):
        capture.newer(-1, 5)


def test_a_lost_camera_without_reconnect_ends_after_its_last_frame() -> None:
    camera = FakeCamera()
    camera.send(1, CameraError("gone"))
    with Capture(camera.open) as capture:
        assert wait_for(capture, 0).index == 0
        with pytest.raises(CameraError, match="gone"):
            capture.newer(0, 5)


def test_reconnecting_with_back_off() -> None:
    camera = FakeCamera()
    camera.send(1)
    with Capture(camera.open, reconnect=True, back_off=(0.4, 0.1, 0.2)) as capture:
        wait_for(capture, 0)
        camera.refuse = [CameraError("still away")] * 3
        began = time.monotonic()
        camera.send(CameraError("gone"))
        end = time.monotonic() + 30
        while not capture.trouble and time.monotonic() < end:
            time.sleep(0.005)
        assert capture.trouble == "gone"
        assert capture.state.startswith("reconnecting in ")
        camera.send(2)
        frame = wait_for(capture, 1)
        assert (frame.image == 2).all()
        assert time.monotonic() - began >= 0.4 + 0.1 + 0.2 + 0.2
        assert capture.trouble == ""
        assert capture.connections == 2
        camera.send(None)


def test_waiting_for_a_camera_that_is_not_there_yet() -> None:
    camera = FakeCamera()
    camera.refuse = [CameraError("not yet")] * 2
    camera.send(1)
    with Capture(camera.open, reconnect=True, from_start=True, back_off=(0.01,)) as capture:
        assert wait_for(capture, 0).index == 0
        camera.send(None)


def test_a_defect_in_a_source_is_not_retried() -> None:
    camera = FakeCamera()
    camera.send(1, ZeroDivisionError("a defect"))
    with Capture(camera.open, reconnect=True, back_off=(0.01,)) as capture:
        wait_for(capture, 0)
        with pytest.raises(ZeroDivisionError):
            capture.newer(0, 5)


def test_a_driver_that_hangs_is_detected_and_not_waited_for() -> None:
    camera = FakeCamera()
    camera.send(1)
    with Capture(camera.open, stall=0.1) as capture:
        wait_for(capture, 0)
        with pytest.raises(CameraError, match="no picture"):
            read_to_the_end(capture)
        began = time.monotonic()
    assert time.monotonic() - began < 20
    camera.send(None)


def test_closing_while_waiting_to_reconnect_is_quick() -> None:
    camera = FakeCamera()
    camera.refuse = [CameraError("away")] * 100
    before = capture_threads()
    capture = Capture(camera.open, reconnect=True, from_start=True, back_off=(60.0,))
    with capture:
        assert capture.newer(-1, 0.05) is None
        waiting = threading.Thread(target=lambda: capture.newer(-1, 60))
        waiting.start()
    waiting.join(5)
    assert not waiting.is_alive()
    assert capture_threads() <= before
