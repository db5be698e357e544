"""`process_camera`, with files and a network camera."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.camera.controls import Controls
from maskseg_cli.detections import Detections
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.frame import Frame
from maskseg_cli.pipeline import camera_session
from maskseg_cli.pipeline.camera_session import LOWEST_SCORE, CameraSummary
from maskseg_cli.pipeline.cameras import process_camera
from maskseg_cli.stop_token import StopToken
from maskseg_cli.tracking.tracker import Tracker
from tests.camera.mjpeg_server import network_camera
from tests.cli.fake_model import blob_predictor, use_blob_engine
from tests.cli.running import tree_of
from tests.cli.video_running import facts, film, outlined
from tests.cli.webcam_running import yard
from tests.pipeline.session import Messages
from tests.pipeline.test_live import Collect


@pytest.fixture
def street(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video of two seconds in the current folder, and the stand-in in place of the network."""
    monkeypatch.chdir(tmp_path)
    use_blob_engine(monkeypatch.setattr)
    return film(tmp_path / "street.mp4", frames=40, rate=20)


def test_a_session_is_recorded_and_summed_up(street: Path, capfd: pytest.CaptureFixture[str]) -> None:
    messages = Messages()
    summary = process_camera("street.mp4", window=False, record="out.mp4", reporter=messages, alpha=0.7, track=False)
    assert summary.seconds > 1.9
    assert 0 < summary.frames <= 40
    assert (summary.reconnects, summary.snapshots, summary.failed) == (0, (), ())
    (written,) = summary.recordings
    assert written.path == Path("out.mp4")
    assert all(outlined(frame) for frame in facts("out.mp4").frames)
    assert [line.split(" ")[0] for line in messages.said] == ["Recording", "Recorded", "Watched"]
    assert messages.said[-1] == str(summary)
    assert messages.warned == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("effect", ["blur", "splash"])
def test_viewers_cannot_uncover_what_an_effect_hides(
    street: Path, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    made: list[Controls] = []

    def controls(*arguments: Any, **options: Any) -> Controls:
        made.append(Controls(*arguments, **options))
        return made[0]

    monkeypatch.setattr(camera_session, "Controls", controls)

    def raised(frame: Frame, detections: Detections) -> Detections:
        made[0].set_min_score(1.0)
        return detections

    process_camera("street.mp4", window=False, record="out.mp4", effect=effect, transforms=[raised])
    assert (made[0].min_score < 1) == (effect == "blur")


def test_the_callers_own_tracker_sees_each_picture_once(street: Path) -> None:
    seen: list[int] = []

    def note(frame: Frame, detections: Detections) -> Detections:
        seen.append(frame.index)
        return detections

    summary = process_camera(
        "street.mp4", window=False, duration=1, transforms=[note, Tracker()], line="0.5,0,0.5,1", counts="c.csv"
    )
    assert len(seen) == len(set(seen)) == summary.frames
    assert Path("c.csv").read_text().splitlines()[-1].split(",")[5] == "1"  # different ones


def test_the_summary_in_words() -> None:
    summary = CameraSummary(12.0, 96, 264, 1, snapshots=(Path("a.jpg"), Path("b.jpg")))
    assert str(summary) == (
        "Watched for 12.0 s: 96 frames, 8.0 a second, 264 left out because newer ones had come, 1 reconnection, "
        "2 snapshots."
    )


def test_it_works_in_a_thread_and_twice_and_installs_no_signal_handlers(street: Path) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    seen: list[Any] = []

    class Look(Collect):
        def start(self, class_names: tuple[str, ...]) -> None:
            seen.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])

    def run() -> None:
        seen.append(process_camera("street.mp4", window=False, duration=0.3, sinks=[Look()]).frames)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    run()
    assert seen[0] == seen[2] == handlers
    assert seen[1] > 0
    assert seen[3] > 0


def test_ctrl_c_without_a_handler_finishes_the_recording_and_is_raised(street: Path) -> None:
    sink = Collect()

    class Interrupted(Messages):
        def status(self, line: str) -> None:
            if len(sink.frames) > 3:
                raise KeyboardInterrupt

    messages = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        process_camera("street.mp4", window=False, record="out.mp4", loop=True, reporter=messages, sinks=[sink])
    assert facts("out.mp4").frames
    assert sink.calls[-1] == "finish"
    assert messages.said[-1].startswith("Watched for")
    assert tree_of(street.parent) == ["out.mp4", "street.mp4"]


def test_a_stop_request_from_another_thread(street: Path) -> None:
    stop, sink = StopToken(), Collect()

    def count(frame: Frame, detections: Detections) -> Detections:
        if len(sink.frames) == 2:
            stop.request()
        return detections

    summary = process_camera("street.mp4", window=False, loop=True, stop=stop, sinks=[sink], transforms=[count])
    assert summary.frames == 3
    assert sink.calls == ["start person", "finish"]


def test_options_of_network_and_drawing(street: Path) -> None:
    dogs = Collect()
    process_camera("street.mp4", window=False, duration=0.3, sinks=[dogs], classes="dog", max_detections=1)
    assert {name for found in dogs.found for name in found.names} <= {"dog"}
    with pytest.raises(UsageError, match=r"alpah.*did you mean alpha"):
        process_camera("street.mp4", window=False, duration=0.3, alpah=0.3)
    with pytest.raises(UsageError, match="'god'"):
        process_camera("street.mp4", window=False, duration=0.3, classes="god")


@pytest.mark.parametrize("serve", [None, "0"])
def test_a_loaded_network_finds_low_scores_only_where_viewers_ask_and_only_during_the_session(
    street: Path, serve: str | None
) -> None:
    predictor, during = blob_predictor(), []

    def note(frame: Frame, detections: Detections) -> Detections:
        during.append(predictor.config.detection_min_confidence)
        return detections

    usual = predictor.config.detection_min_confidence
    process_camera(
        "street.mp4", window=False, serve=serve, duration=0.3, model=predictor, transforms=[note], track=False
    )
    assert set(during) == {LOWEST_SCORE if serve else usual}
    assert predictor.config.detection_min_confidence == usual


def test_the_port_that_was_chosen_is_reported_in_any_case(street: Path) -> None:
    messages = Messages()
    process_camera("street.mp4", serve=0, duration=0.2, reporter=messages)
    assert messages.warned[0].startswith("The picture is at http://127.0.0.1:")


def test_sinks_see_the_name_of_the_camera_without_its_password(street: Path) -> None:
    sink = Collect()
    with network_camera(scene=yard, rate=25) as camera:
        process_camera(camera.url.replace("//", "//me:secret@"), window=False, duration=0.5, sinks=[sink])
        assert {frame.source for frame in sink.frames} == {camera.url}
    indices = [frame.index for frame in sink.frames]
    assert indices == sorted(set(indices))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"width": 0}, "--width is at least 1 pixel"),
        ({"fps": 0.0}, "--fps is above 0"),
        ({"timeout": 0.0}, "--timeout is at least 0.1"),
        ({"duration": 0}, "--duration 0 would show nothing"),
        ({"duration": -1.0}, "above 0"),
        ({"window": False}, "--no-window alone"),
        ({"width": 640}, "--width, --height and --fps"),
        ({"reconnect": True}, "is a file"),
        ({"token": "x"}, "--serve"),
        ({"overwrite": True}, "--record"),
        ({"record": "out.xyz"}, "one video file"),
        ({"record": "street.mp4", "overwrite": True}, "never overwritten"),
        ({"serve": "everywhere"}, "no port"),
        ({"serve": "0", "token": " "}, "token is empty"),
        ({"min_score": 2.0}, "from 0 to 1"),
    ],
)
def test_options_that_are_not_possible(
    street: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], words: str
) -> None:
    def open_camera(*_: object) -> None:
        pytest.fail("the camera was opened")

    monkeypatch.setattr(camera_session, "open_camera", open_camera)
    with pytest.raises(UsageError, match=words):
        process_camera("street.mp4", **options)
    assert tree_of(street.parent) == ["street.mp4"]


def test_an_existing_recording_is_kept(street: Path) -> None:
    Path("out.mp4").write_text("valuable")
    with pytest.raises(MasksegError, match="exists already"):
        process_camera("street.mp4", window=False, record="out.mp4")
    assert Path("out.mp4").read_text() == "valuable"
