"""The live loop, with a network that takes a known time and a camera that records when it sent each frame."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.source import CameraError
from maskseg_cli.detections import Detections
from maskseg_cli.drawing import draw, rendering
from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame
from maskseg_cli.media.images import read_image
from maskseg_cli.sink import Sink
from tests.camera.test_capture import FakeCamera
from tests.cli.fake_model import blob_predictor, scene
from tests.pipeline.session import Session, TimedCamera, nothing, session
from tests.video.samples import number_of


def test_each_result_is_of_the_newest_frame_and_is_shown_after_one_call() -> None:
    """The network takes 100 ms; the camera sends a frame every 20 ms."""
    call, camera = 0.1, TimedCamera(50.0)
    behind: list[int] = []  # frames that the camera had already sent after the one that a call begins with
    begun: list[int] = []

    def slow(image: np.ndarray) -> Detections:
        number = number_of(image)
        behind.append(max(camera.sent) - number)
        begun.append(number)
        time.sleep(call)
        return nothing(image)

    with session(lambda: camera, slow) as running:
        number = 0
        for _ in range(15):
            number, image, status = running.picture(number)
            shown = number_of(image)
            assert shown in begun[-2:]  # the call that ended last; the next one may have begun
    # Medians: a machine that stands still for a moment delays some calls, not most.
    assert np.median(behind) <= 1
    assert np.median(np.diff(begun)) >= 4  # frames in between are dropped
    assert status.latency >= call
    assert status.fps < 1 / call
    assert status.dropped > status.frames
    assert running.output.frames >= 15


def test_after_each_call_the_network_takes_the_newest_frame() -> None:
    """Without any clock: five frames come during each call."""
    camera, taken = FakeCamera(), []

    def network(image: np.ndarray) -> Detections:
        taken.append(int(image[0, 0, 0]))
        if len(taken) > 1:  # the first call only warms the network up
            first = taken[-1]
            camera.send(*range(first + 1, first + 6))
            running.wait(lambda: running.capture.frames >= first + 5 or running.capture.ended)
        return nothing(image)

    camera.send(1)
    running = Session(camera.open, network, Path())
    running.start()
    running.wait(lambda: len(taken) >= 5)
    camera.send(None)
    running.end()
    assert taken[:5] == [1, 1, 6, 11, 16]


def test_changes_of_score_and_drawing_are_applied_at_once_also_while_paused(tmp_path: Path) -> None:
    image = np.full((64, 96, 3), 30, np.uint8)
    image[8:32, 8:16] = 255
    image[40:52, 60:84] = 255
    camera = FakeCamera()
    camera.read = lambda: image if camera.queue.get() else None  # type: ignore[method-assign]
    camera.send(1, 1)
    with session(camera.open, blob_predictor(), tmp_path) as running:
        number, first, status = running.picture()
        assert status.counts == {"person": 1, "dog": 1}
        running.controls.set_paused(True)
        running.wait(lambda: running.output.paused)
        number = running.feed.latest().number
        running.controls.set_min_score(0.8)
        number, second, status = running.picture(number)
        assert status.counts == {"person": 1}
        running.controls.set_drawing(masks=False, contours=False, boxes=False, captions=False)
        number, third, _ = running.picture(number)
        assert (third == image).all()
        assert (second != first).any()
        frames = running.status.frames
        running.controls.request_snapshot()
        running.wait(lambda: running.snapshots.saved)
        assert running.status.frames == frames
        running.controls.set_paused(False)
        camera.send(1)
        running.wait(lambda: running.status.frames > frames)
    assert np.abs(read_image(running.snapshots.saved[0]).astype(int) - image).mean() < 3


def test_the_network_too_gets_the_mirrored_picture() -> None:
    seen = []
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, 0] = 255
    camera = FakeCamera()
    camera.read = lambda: image if camera.queue.get() else None  # type: ignore[method-assign]
    camera.send(1)

    def network(shown: np.ndarray) -> Detections:
        seen.append(shown[0, :, 0].tolist())
        return nothing(shown)

    with session(camera.open, network, mirror=True) as running:
        _, picture_shown, _ = running.picture()
    assert seen[-1] == [0, 0, 0, 0, 0, 255]
    assert picture_shown[0, :, 0].tolist() == [0, 0, 0, 0, 0, 255]


def length_of(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / 1e6


def test_a_recording_has_the_real_length_and_any_end_finishes_it(tmp_path: Path) -> None:
    camera = TimedCamera(50)
    with session(lambda: camera, folder=tmp_path, record=tmp_path / "a.mp4") as running:
        running.picture()
        began = time.monotonic()
        running.controls.set_recording(True)
        running.wait(lambda: running.recordings.seconds > 0.5)
        running.wait(lambda: running.status.recording == str(tmp_path / "a.mp4"))
        running.controls.set_recording(False)
        running.wait(lambda: running.recordings.done)
        first = time.monotonic() - began
        running.controls.set_recording(True)
        running.wait(lambda: running.recordings.seconds > 0.3)
    assert [one.path.name for one in running.recordings.done] == ["a.mp4", "a-2.mp4"]
    assert 0.5 < length_of(tmp_path / "a.mp4") <= first + 0.05
    assert length_of(tmp_path / "a-2.mp4") >= 0.3
    assert [sentence.split()[0] for sentence in running.messages.said] == ["Recording", "Recorded"] * 2


def test_a_camera_lost_for_good_finishes_the_recording_and_gives_the_reason(tmp_path: Path) -> None:
    camera = FakeCamera()
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
    assert running.feed.ended


def test_a_defect_in_the_network_finishes_the_recording_too(tmp_path: Path) -> None:
    camera, calls = TimedCamera(50), []

    def fails(image: np.ndarray) -> Detections:
        calls.append(1)
        if len(calls) == 6:
            raise ZeroDivisionError("a defect")
        return nothing(image)

    options = {"controls": Controls(recording=True), "record": tmp_path / "a.mp4"}
    with session(lambda: camera, fails, tmp_path, **options) as running:
        running.wait(lambda: running.error)
    assert isinstance(running.error, ZeroDivisionError)
    assert running.recordings.done[0].frames == 4  # the first call only warms up


def test_reconnecting_is_shown_and_reported(tmp_path: Path) -> None:
    camera = FakeCamera()
    camera.send(1)
    with session(camera.open, capture={"reconnect": True, "back_off": (1.0,)}) as running:
        running.picture()
        camera.send(CameraError("The camera is away."))
        running.wait(lambda: running.status.camera.startswith("reconnecting"))
        camera.send(2)
        running.picture(1)
        running.wait(lambda: running.status.camera == "connected")
    assert running.messages.said == [
        "a note",
        "The camera is away. It is tried again.",
        "The camera is connected again.",
    ]
    assert running.capture.connections == 2


def test_a_file_ends_the_session_and_its_first_picture_is_shown() -> None:
    file = FakeCamera(live=False)
    file.send(1, 2, None)
    shown = []
    running = Session(file.open, lambda image: (shown.append(int(image[0, 0, 0])), nothing(image))[1], Path())
    running.start()
    running.wait(lambda: running.feed.ended)
    assert shown[:2] == [1, 1]
    assert set(shown) <= {1, 2}
    assert running.error is None
    assert running.status.camera == "ended"


def test_duration() -> None:
    camera = TimedCamera(50)
    began = time.monotonic()
    running = Session(lambda: camera, nothing, Path(), duration=0.3)
    running.start()
    running.wait(lambda: running.feed.ended)
    assert 0.3 <= running.live.seconds <= time.monotonic() - began


class HeldNetwork:
    """A network whose third call (the first only warms up) takes until `free` is set.

    Attributes:
        calls: number of calls that have begun.
        ended: number of calls that have ended.
    """

    def __init__(self) -> None:
        self.calls = self.ended = 0
        self.free = threading.Event()

    def __call__(self, image: np.ndarray) -> Detections:
        self.calls += 1
        if self.calls == 3:
            assert self.free.wait(60)
        self.ended += 1
        return nothing(image)


def test_controls_are_applied_during_a_call_of_a_slow_network() -> None:
    camera, network = TimedCamera(50), HeldNetwork()
    with session(lambda: camera, network) as running:
        number, _, _ = running.picture()
        running.wait(lambda: network.calls == 3)
        running.controls.toggle("boxes")
        running.picture(number)  # the same frame drawn again
        running.controls.stop()
        running.wait(lambda: running.feed.ended)
        assert network.ended == 2
        network.free.set()


def test_a_result_that_comes_after_a_pause_has_begun_is_discarded() -> None:
    camera, network = TimedCamera(50), HeldNetwork()
    with session(lambda: camera, network) as running:
        running.wait(lambda: network.calls == 3)
        running.controls.set_paused(True)
        running.wait(lambda: running.output.paused)
        number = running.feed.latest().number
        network.free.set()
        running.wait(lambda: network.ended == 3)
        sent = len(camera.sent)
        running.wait(lambda: len(camera.sent) > sent + 10)
        assert running.feed.latest().number == number
        running.controls.set_paused(False)
        _, image, _ = running.picture(number)
        assert number_of(image) > sent  # of a frame that came after that result


def test_loading_is_reported_and_can_be_stopped() -> None:
    camera, free = TimedCamera(50), threading.Event()

    def waits(image: np.ndarray) -> Detections:
        free.wait(10)
        return nothing(image)

    with session(lambda: camera, waits) as running:
        running.wait(lambda: running.status.camera == "connected, loading the network")
        running.controls.stop()
        running.wait(lambda: running.feed.ended)
        assert running.output.frames == 0
        free.set()


def test_a_duration_shorter_than_a_call_of_the_network_shows_one_picture() -> None:
    def slow(image: np.ndarray) -> Detections:
        time.sleep(0.6)
        return nothing(image)

    camera = TimedCamera(50)
    running = Session(lambda: camera, slow, Path(), duration=0.2)
    running.start()
    running.wait(lambda: running.feed.ended)
    assert running.output.frames == 1


def test_a_duration_ends_also_the_wait_for_a_camera() -> None:
    def absent() -> None:
        raise CameraError("The camera is away.")

    running = Session(absent, nothing, Path(), duration=0.3, capture={"reconnect": True, "from_start": True})
    running.start()
    running.wait(lambda: running.feed.ended)
    running.wait(lambda: running.error)
    assert str(running.error) == "No picture came in 0.3 s. The camera is away."


@pytest.mark.parametrize("served", [True, False])
def test_a_recording_that_fails_ends_a_session_without_other_outputs(tmp_path: Path, served: bool) -> None:
    (tmp_path / "file").touch()
    camera = TimedCamera(50)
    options = {"controls": Controls(recording=True), "record": tmp_path / "file" / "a.mp4", "served": served}
    with session(lambda: camera, folder=tmp_path, **options) as running:
        running.wait(lambda: running.recordings.failed)
        if served:
            running.wait(lambda: running.feed.latest().number > 3)
        else:
            running.join()
        assert not running.controls.recording_wanted
    assert running.messages.warned == running.recordings.failed


class Collect(Sink):
    """A sink that keeps its calls; `fail_at` is the number of the frame with which it fails."""

    def __init__(self, needs_picture: bool = False, fail_at: int | None = None) -> None:
        self.needs_picture = needs_picture
        self.fail_at = fail_at
        self.frames: list[Frame] = []
        self.found: list[Detections] = []
        self.pictures: list[np.ndarray | None] = []
        self.calls: list[str] = []

    def start(self, class_names: tuple[str, ...]) -> None:
        self.calls.append(f"start {class_names[1]}" if class_names else "start")

    def add(self, frame: Frame, detections: Detections, picture: np.ndarray | None) -> None:
        if len(self.frames) + 1 == self.fail_at:
            raise MasksegError("The sink failed.")
        self.frames.append(frame)
        self.found.append(detections)
        self.pictures.append(picture)

    def finish(self) -> None:
        self.calls.append("finish")

    def discard(self) -> None:
        self.calls.append("discard")


class CountFrames:
    """A transform that keeps the first object, and counts its frames."""

    def __init__(self) -> None:
        self.frames, self.resets = 0, 0

    def reset(self) -> None:
        self.resets += 1

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        self.frames += 1
        return detections[:1]


def blob_camera() -> FakeCamera:
    """A camera that sees a person and a dog."""
    camera = FakeCamera()
    camera.read = lambda: scene() if camera.queue.get() else None  # type: ignore[method-assign]
    return camera


def test_transforms_come_before_the_score_and_sinks_get_frames_in_order() -> None:
    camera, transform, sink = blob_camera(), CountFrames(), Collect()
    camera.send(1)
    options = {"transforms": [transform], "sinks": [sink], "capture": {"name": "yard"}}
    with session(camera.open, blob_predictor(), **options) as running:
        running.wait(lambda: len(sink.frames) == 1)
        camera.send(1)
        running.wait(lambda: len(sink.frames) == 2)
        running.controls.set_min_score(0.95)  # changes the picture, but is no new frame
        running.wait(lambda: running.status.counts == {})
        camera.send(1)
        running.wait(lambda: len(sink.frames) == 3)
    assert (transform.frames, transform.resets) == (3, 1)
    assert [frame.index for frame in sink.frames] == [frame.detected_in for frame in sink.frames] == [0, 1, 2]
    assert {frame.source for frame in sink.frames} == {"yard"}
    assert [found.names for found in sink.found] == [["person"], ["person"], []]
    assert sink.calls == ["start person", "finish"]


@pytest.mark.parametrize("needs_picture", [False, True])
def test_a_frame_is_drawn_only_if_an_output_needs_the_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, needs_picture: bool
) -> None:
    calls = []

    def count(image: np.ndarray, *rest: Any) -> np.ndarray:
        calls.append(1)
        return draw(image, *rest)

    monkeypatch.setattr(rendering, "draw", count)
    camera, sink = FakeCamera(), Collect(needs_picture)
    camera.send(1)
    with session(camera.open, folder=tmp_path, served=False, sinks=[sink]) as running:
        for number in (1, 2, 3):
            running.wait(lambda number=number: len(sink.frames) == number)  # type: ignore[misc]
            camera.send(1)
        running.wait(lambda: len(sink.frames) == 4)
        assert [picture is not None for picture in sink.pictures] == [needs_picture] * 4
        assert len(calls) == (4 if needs_picture else 0)
        running.controls.request_snapshot()
        running.wait(lambda: running.snapshots.saved)
        assert len(calls) == (4 if needs_picture else 1)
        running.controls.set_recording(True)
        running.wait(lambda: running.recordings.path)
        camera.send(1)
        running.wait(lambda: len(sink.frames) == 5)
        assert len(calls) == (5 if needs_picture else 2)


def test_a_sink_that_fails_ends_the_session_after_the_recording_was_finished(tmp_path: Path) -> None:
    camera, broken, other = TimedCamera(50), Collect(fail_at=4), Collect()
    options = {"controls": Controls(recording=True), "record": tmp_path / "a.mp4", "sinks": [other, broken]}
    running = Session(lambda: camera, nothing, tmp_path, **options)
    running.start()
    running.join()
    assert str(running.error) == "The sink failed."
    assert running.recordings.done[0].frames == 4
    assert other.calls == ["start", "finish"]


def test_the_first_error_is_raised_and_every_sink_is_finished() -> None:
    class FailsToFinish(Collect):
        def finish(self) -> None:
            raise MasksegError("A later error.")

    camera, last = TimedCamera(50), Collect()
    running = Session(lambda: camera, nothing, Path(), sinks=[Collect(fail_at=2), FailsToFinish(), last])
    running.start()
    running.join()
    assert str(running.error) == "The sink failed."
    assert last.calls[-1] == "finish"


def test_sinks_are_discarded_where_no_frame_came() -> None:
    def absent() -> None:
        raise CameraError("The camera is away.")

    sink = Collect()
    running = Session(absent, nothing, Path(), sinks=[sink])
    running.start()
    running.join()
    assert sink.calls == ["discard"]


def test_a_closed_sink_ends_the_session() -> None:
    camera, sink = TimedCamera(50), Collect()
    running = Session(lambda: camera, nothing, Path(), sinks=[sink])
    running.start()
    running.wait(lambda: sink.frames)
    sink.closed = True
    running.join()
    assert running.error is None
    assert sink.calls == ["start", "finish"]


def test_a_stop_request_ends_the_session_and_finishes_the_recording(tmp_path: Path) -> None:
    camera = TimedCamera(50)
    running = Session(lambda: camera, nothing, tmp_path, controls=Controls(recording=True), record=tmp_path / "a.mp4")
    running.start()
    running.wait(lambda: running.recordings.seconds > 0.1)
    running.stop.request()
    running.join()
    assert running.error is None
    assert running.recordings.done
    assert running.messages.lines  # the status line


def test_a_snapshot_that_fails_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    camera = TimedCamera(50)
    with session(lambda: camera, folder=tmp_path / "file") as running:
        running.picture()
        running.controls.request_snapshot()
        running.wait(lambda: running.messages.warned)
    assert "cannot be saved" in running.messages.warned[0]
