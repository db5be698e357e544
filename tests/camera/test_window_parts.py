"""Keys, panels and `FPSMeter` of the live window, without a screen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maskseg_cli.camera.controls import TOGGLES, Controls
from maskseg_cli.camera.feed import LiveStatus
from maskseg_cli.camera.fps_meter import FPSMeter
from maskseg_cli.camera.keys import HELP, Keyboard
from maskseg_cli.camera.overlay import Overlay, status_line
from maskseg_cli.errors import MasksegError
from maskseg_cli.media import live_window
from maskseg_cli.media.live_window import LiveWindow


@pytest.mark.parametrize("key", ["q", "Q", "\x1b"])
def test_keys_that_end(key: str) -> None:
    controls = Controls()
    Keyboard(controls).press(ord(key))
    assert controls.stopped


def test_all_other_keys() -> None:
    controls = Controls()
    keyboard = Keyboard(controls)
    keyboard.press(ord(" "))
    assert controls.paused
    keyboard.press(ord(" ") | 0x100000)  # with Num Lock, on some systems
    assert not controls.paused
    keyboard.press(ord("r"))
    assert controls.recording_wanted
    keyboard.press(ord("R"))
    assert not controls.recording_wanted
    keyboard.press(ord("s"))
    assert controls.take_snapshot_request()
    keyboard.press(ord("h"))
    assert keyboard.help
    said = [keyboard.press(ord(key)) for key in "mcbtx"]
    assert said == ["masks off", "contours off", "boxes off", "captions off", ""]
    assert [getattr(controls.drawing, part) for part in TOGGLES] == [False] * 4
    assert not controls.stopped


def test_each_key_of_the_help_does_something() -> None:
    for keys, _ in HELP:
        for key in keys.split(", "):
            controls = Controls()
            keyboard = Keyboard(controls)
            before = state_of(controls, keyboard)
            keyboard.press({"space": ord(" "), "Esc": 27}.get(key) or ord(key))
            assert before != state_of(controls, keyboard), key


def state_of(controls: Controls, keyboard: Keyboard) -> tuple[object, ...]:
    """All that a key can change; a requested snapshot is taken."""
    return (
        controls.drawing,
        controls.paused,
        controls.recording_wanted,
        controls.stopped,
        controls.take_snapshot_request(),
        keyboard.help,
    )


STATUS = LiveStatus(fps=8.25, counts={"person": 3}, recording="a.mp4", recorded=83, camera="reconnecting in 4 s")


@given(st.integers(1, 300), st.integers(1, 300), st.booleans())
def test_panels_fit_into_any_picture(height: int, width: int, help: bool) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    written = Overlay().draw(picture, STATUS, "Snapshot saved.", paused=True, help=help)
    assert written.shape == picture.shape
    assert (picture == 90).all()
    assert (written[: height // 2 + 1] != 90).any()


def test_each_part_of_the_status_is_visible() -> None:
    picture = np.full((360, 640, 3), 90, np.uint8)
    overlay = Overlay()
    plain = overlay.draw(picture, LiveStatus(camera="connected"))
    assert (plain[100:] == 90).all()
    for change in (
        overlay.draw(picture, LiveStatus(fps=3, camera="connected")),
        overlay.draw(picture, LiveStatus(counts={"dog": 1}, camera="connected")),
        overlay.draw(picture, LiveStatus(camera="connected"), "a message"),
        overlay.draw(picture, LiveStatus(camera="connected"), paused=True),
        overlay.draw(picture, LiveStatus(camera="connected"), help=True),
        overlay.draw(picture, STATUS),
    ):
        assert (change != plain).any()


def test_the_status_line() -> None:
    assert status_line(LiveStatus(camera="connected")) == "0.0 fps, 0 ms late"
    many = LiveStatus(counts={str(number): 1 for number in range(9)}, camera="connected")
    assert status_line(many).endswith(", and 3 objects of 3 other classes")
    assert status_line(STATUS) == "8.2 fps, 0 ms late, 3 persons, recording 1:23, camera reconnecting in 4 s"


@given(st.lists(st.floats(0.01, 0.5), min_size=2, max_size=60))
@example([0.3627149711108467] * 3)  # whose sum as floats is less than three of them
def test_the_meter_counts_what_came_in_the_last_seconds(steps: list[float]) -> None:
    meter, now = FPSMeter(seconds=2), 100.0
    moments = []
    for step in steps:
        now += step
        moments.append(now)
        meter.add(latency=step, now=now)
    inside = [moment for moment in moments if now - moment <= 2]
    assert meter.fps(now) == pytest.approx((len(inside) - 1) / (inside[-1] - inside[0]))
    assert min(steps) <= meter.latency <= max(steps) + 1e-9


def test_the_meter_falls_when_nothing_comes() -> None:
    meter = FPSMeter()
    assert meter.fps() == 0
    assert meter.latency == 0
    for moment in (0.0, 0.1, 0.2):
        meter.add(0.05, now=moment)
    assert meter.fps(now=0.25) == pytest.approx(10)
    assert meter.fps(now=4.2) < 0.5


def test_no_display_names_the_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_window, "display_problem", lambda: "There is no display")
    with pytest.raises(MasksegError, match="There is no display: go outside"), LiveWindow("go outside"):
        pass


def test_a_window_that_is_not_on_the_screen_yet_was_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = iter([True, True, True, False, True])  # asked twice a picture until it is there, then once
    for name in ("namedWindow", "resizeWindow", "imshow"):
        monkeypatch.setattr(live_window.cv2, name, lambda *_: None)
    monkeypatch.setattr(live_window.cv2, "waitKey", lambda _: -1)
    monkeypatch.setattr(live_window, "is_closed", lambda _: next(gone))
    window = LiveWindow("go outside")
    picture = np.zeros((4, 4, 3), np.uint8)
    assert window.update(picture)  # a slow screen
    assert window.update(picture)
    assert not window.update(picture)  # now the user has closed it
