"""The live loop, with a network that takes a known time and a camera that stamps its frames."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.source import CameraError
from maskseg_cli.detections import Detections
from maskseg_cli.media.images import read_image
from tests.camera.test_capture import Puppet
from tests.cli.fake_model import BlobPredictor
from tests.pipeline.session import Clockwork, Session, nothing, session
from tests.video.samples import number_of


def test_what_is_shown_is_late_by_one_turn_of_the_network_and_one_frame_at_most() -> None:
    """The camera stamps its frames; the network takes 200 ms, the camera a frame every 20 ms."""
    turn, rate, busy = 0.2, 50.0, 0.1  # the last for a machine that has other things to do; a second turn shows
    camera = Clockwork(rate)
    late: list[float] = []

    def slow(image: np.ndarray) -> Detections:
        time.sleep(turn)
        return nothing(image)

    with session(lambda: camera, slow) as running:
        number = 0
        while len(late) < 15:
            number, image, status = running.picture(number)
            late.append(time.monotonic() - camera.sent[number_of(image)])
    # The middle one of 15 must be in time, and none may pile up.
    assert turn <= float(np.median(late)) <= turn + 1 / rate + busy
    assert np.median(late[-5:]) < 2 * turn
    assert status.latency == pytest.approx(float(np.median(late)), abs=busy)
    assert status.dropped > 3 * status.frames
    assert running.live.summary.frames >= 15
    assert 0.5 / turn < status.fps < 1 / turn


def test_after_each_turn_the_newest_frame_is_taken() -> None:
    """Without any clock: five frames come while the network looks at one."""
    camera, taken = Puppet(), []

    def look(image: np.ndarray) -> Detections:
        taken.append(int(image[0, 0, 0]))
        if len(taken) > 1:  # the first is the network's warming up
            first = taken[-1]
            camera.send(*range(first + 1, first + 6))
            running.wait(lambda: running.capture.frames >= first + 5 or running.capture.ended)
        return nothing(image)

    camera.send(1)
    running = Session(camera.open, look, Path())
    running.start()
    running.wait(lambda: len(taken) >= 5)
    camera.send(None)
    running.end()
    assert taken[:5] == [1, 1, 6, 11, 16]


def test_scores_and_parts_are_wishes_that_are_heeded_at_once_even_in_a_pause(tmp_path: Path) -> None:
    image = np.full((64, 96, 3), 30, np.uint8)
    image[8:32, 8:16] = 255
    image[40:52, 60:84] = 255
    camera = Puppet()
    camera.read = lambda: image if camera.queue.get() else None  # type: ignore[method-assign]
    camera.send(1, 1)
    with session(camera.open, BlobPredictor(), tmp_path) as running:
        number, first, status = running.picture()
        assert status.counts == {"person": 1, "dog": 1}
        running.controls.set_paused(True)
        camera.send(1)
        time.sleep(0.1)
        number = running.feed.latest().number
        running.controls.set_min_score(0.8)
        number, second, status = running.picture(number)
        assert status.counts == {"person": 1}
        running.controls.set_drawing(masks=False, contours=False, boxes=False, captions=False)
        number, third, _ = running.picture(number)
        assert (third == image).all()
        assert (second != first).any()
        frames = running.feed.latest().status.frames
        running.controls.request_snapshot()
        running.wait(lambda: running.snapshots.saved)
        assert running.feed.latest().status.frames == frames
        running.controls.set_paused(False)
        camera.send(1)
        running.wait(lambda: running.feed.latest().status.frames > frames)
    assert np.abs(read_image(running.snapshots.saved[0]).astype(int) - image).mean() < 3


def test_mirror_is_what_the_network_sees_too() -> None:
    seen = []
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, 0] = 255
    camera = Puppet()
    camera.read = lambda: image if camera.queue.get() else None  # type: ignore[method-assign]
    camera.send(1)

    def look(shown: np.ndarray) -> Detections:
        seen.append(shown[0, :, 0].tolist())
        return nothing(shown)

    with session(camera.open, look, mirror=True) as running:
        _, picture_shown, _ = running.picture()
    assert seen[-1] == [0, 0, 0, 0, 0, 255]
    assert picture_shown[0, :, 0].tolist() == [0, 0, 0, 0, 0, 255]


def length_of(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / 1e6


def test_a_recording_is_as_long_as_it_took_and_any_end_finishes_it(tmp_path: Path) -> None:
    camera = Clockwork(50)
    with session(lambda: camera, folder=tmp_path, record=tmp_path / "a.mp4") as running:
        running.picture()
        running.controls.set_recording(True)
        began = time.monotonic()
        time.sleep(0.7)
        assert running.feed.latest().status.recording == str(tmp_path / "a.mp4")
        running.controls.set_recording(False)
        running.wait(lambda: running.recordings.done)
        first = time.monotonic() - began
        running.controls.set_recording(True)
        running.wait(lambda: running.recordings.seconds > 0.3)
    assert [one.path.name for one in running.recordings.done] == ["a.mp4", "a-2.mp4"]
    assert 0.5 < length_of(tmp_path / "a.mp4") <= first + 0.05
    assert length_of(tmp_path / "a-2.mp4") >= 0.3
    assert [sentence.split()[0] for sentence in running.said] == ["Recording", "Recorded"] * 2


def test_a_camera_lost_for_good_finishes_the_recording_and_tells_why(tmp_path: Path) -> None:
    camera = Puppet()
    camera.send(1)
    controls = Controls(recording=True)
    with session(camera.open, folder=tmp_path, controls=controls, record=tmp_path / "a.mp4") as running:
        running.picture()
        camera.send(2)
        running.picture(1)
        camera.send(CameraError("unplugged"))
        running.wait(lambda: running.error)
    assert isinstance(running.error, CameraError)
    assert running.recordings.done[0].frames == 2
    assert running.feed.closed


def test_a_defect_in_the_network_finishes_the_recording_too(tmp_path: Path) -> None:
    camera, turns = Clockwork(50), []

    def fails(image: np.ndarray) -> Detections:
        turns.append(1)
        if len(turns) == 6:
            raise ZeroDivisionError("a defect")
        return nothing(image)

    options = {"controls": Controls(recording=True), "record": tmp_path / "a.mp4"}
    with session(lambda: camera, fails, tmp_path, **options) as running:
        running.wait(lambda: running.error)
    assert isinstance(running.error, ZeroDivisionError)
    assert running.recordings.done[0].frames == 4  # the first turn warms up


def test_reconnecting_is_shown_and_told(tmp_path: Path) -> None:
    camera = Puppet()
    camera.send(1)
    with session(camera.open, capture={"reconnect": True, "back_off": (0.3,)}) as running:
        running.picture()
        camera.send(CameraError("The camera is away."))
        running.wait(lambda: running.feed.latest().status.camera.startswith("reconnecting"))
        camera.send(2)
        running.picture(1)
        running.wait(lambda: running.feed.latest().status.camera == "connected")
    assert running.said == ["a note", "The camera is away. It is tried again.", "The camera is connected again."]
    assert running.live.summary.reconnects == 1


def test_a_file_ends_the_session_and_its_first_picture_is_shown() -> None:
    film = Puppet(live=False)
    film.send(1, 2, None)
    shown = []
    running = Session(film.open, lambda image: (shown.append(int(image[0, 0, 0])), nothing(image))[1], Path())
    running.start()
    running.wait(lambda: running.feed.closed)
    assert shown[:2] == [1, 1]
    assert set(shown) <= {1, 2}
    assert running.error is None
    assert running.feed.latest().status.camera == "ended"


def test_duration() -> None:
    camera = Clockwork(50)
    began = time.monotonic()
    running = Session(lambda: camera, nothing, Path(), duration=0.3)
    running.start()
    running.wait(lambda: running.feed.closed)
    assert 0.3 <= time.monotonic() - began < 2
    assert running.live.summary.seconds == pytest.approx(0.3, abs=0.2)


def slow(image: np.ndarray) -> Detections:
    time.sleep(1.0)
    return nothing(image)


def test_wishes_are_heeded_while_a_slow_network_is_at_work() -> None:
    camera = Clockwork(50)
    with session(lambda: camera, slow) as running:
        number, _, _ = running.picture()
        began = time.monotonic()
        running.controls.toggle("boxes")
        number, _, _ = running.picture(number)  # the same frame drawn anew, long before the next one is done
        assert time.monotonic() - began < 0.5
        running.controls.stop()
        running.wait(lambda: running.feed.closed)
        assert time.monotonic() - began < 0.7


def test_what_the_network_finds_after_a_pause_has_begun_is_not_shown() -> None:
    camera = Clockwork(50)
    with session(lambda: camera, slow) as running:
        running.picture()
        running.controls.set_paused(True)
        number = running.feed.latest().number
        time.sleep(1.3)
        assert running.feed.latest().number == number
        before = time.monotonic()
        running.controls.set_paused(False)
        _, image, _ = running.picture(number)
        assert camera.sent[number_of(image)] > before - 0.1


def test_loading_can_be_ended_and_is_told() -> None:
    camera, free = Clockwork(50), threading.Event()

    def waits(image: np.ndarray) -> Detections:
        free.wait(10)
        return nothing(image)

    with session(lambda: camera, waits) as running:
        running.wait(lambda: running.feed.latest().status.camera == "connected, loading the network")
        running.controls.stop()
        running.wait(lambda: running.feed.closed)
        assert running.live.summary.frames == 0
        free.set()


def test_a_duration_shorter_than_a_turn_of_the_network_shows_one_picture() -> None:
    camera = Clockwork(50)
    running = Session(lambda: camera, slow, Path(), duration=0.2)
    running.start()
    running.wait(lambda: running.feed.closed)
    assert running.live.summary.frames == 1


def test_a_duration_ends_also_the_wait_for_a_camera() -> None:
    def absent() -> None:
        raise CameraError("The camera is away.")

    running = Session(absent, nothing, Path(), duration=0.3, capture={"reconnect": True, "from_start": True})
    running.start()
    running.wait(lambda: running.feed.closed)
    running.wait(lambda: running.error)
    assert str(running.error) == "No picture came in 0.3 s. The camera is away."


@pytest.mark.parametrize("watched", [True, False])
def test_a_recording_that_fails_ends_a_session_that_nobody_watches(tmp_path: Path, watched: bool) -> None:
    (tmp_path / "file").touch()
    camera = Clockwork(50)
    options = {"controls": Controls(recording=True), "record": tmp_path / "file" / "a.mp4", "watched": watched}
    with session(lambda: camera, folder=tmp_path, **options) as running:
        running.wait(lambda: running.recordings.failed)
        if watched:
            running.wait(lambda: running.feed.latest().number > 3)
        else:
            running.wait(lambda: running.feed.closed)
        assert not running.controls.recording_wanted
