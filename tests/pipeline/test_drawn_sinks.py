"""Frames are drawn ahead, completed in order, and what is whole stays whole after an error."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli import Detections, Frame, Sink, process_video
from maskseg_cli.errors import MasksegError
from maskseg_cli.pipeline.drawn_sinks import DrawnAhead
from tests.cli.fake_model import use_blob_engine
from tests.cli.video_running import facts, film

NONE = Detections.empty((4, 6))


def frames(count: int) -> list[Frame]:
    return [Frame(np.zeros((4, 6, 3), np.uint8), index) for index in range(count)]


def test_the_next_frame_is_drawn_while_one_is_completed_and_all_come_in_order() -> None:
    drawn: list[int] = []
    completed: list[int] = []
    second = threading.Event()

    def prepare(frame: Frame, detections: Detections) -> list[Any]:
        drawn.append(frame.index)
        if frame.index == 1:
            second.set()
        return [lambda: second.wait(20), lambda: completed.append(frame.index)]

    ahead = DrawnAhead(prepare, lambda frame, detections: None)
    for frame in frames(9):
        ahead.put(frame, NONE)
        assert len(drawn) <= len(completed) + 5
    ahead.wait()
    ahead.close()
    assert second.is_set()
    assert drawn == completed == list(range(9))


def test_a_frame_is_completed_without_a_next_one() -> None:
    completed = threading.Event()
    ahead = DrawnAhead(lambda *_: [completed.set], lambda *_: None)
    ahead.put(frames(1)[0], NONE)
    assert completed.wait(20)
    ahead.close()


def test_nothing_is_completed_after_an_error() -> None:
    completed: list[int] = []

    def prepare(frame: Frame, detections: Detections) -> list[Any]:
        if frame.index == 2:
            raise MasksegError("no.")
        return [lambda: completed.append(frame.index)]

    ahead = DrawnAhead(prepare, lambda *_: None)

    def put_all() -> None:
        for frame in frames(20):
            ahead.put(frame, NONE)
            time.sleep(0.01)

    with pytest.raises(MasksegError, match="no"):
        put_all()
    ahead.wait()
    ahead.close()
    assert completed == [0, 1]


class Failing(Sink):
    def __init__(self, at: int) -> None:
        self.at = at

    def add(self, frame: Frame, detections: Detections, picture: Any) -> None:
        if frame.index == self.at:
            raise MasksegError("The sink is broken.")


@pytest.mark.parametrize("at", [3, 9])
def test_an_error_at_any_frame_keeps_those_before(at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_blob_engine(monkeypatch.setattr)
    film(tmp_path / "in.mp4", frames=10)
    with pytest.raises(MasksegError, match=r"The sink is broken\. .*out\.partial\.mp4 holds"):
        process_video(tmp_path / "in.mp4", tmp_path / "out.mp4", sinks=[Failing(at)])
    assert not (tmp_path / "out.mp4").exists()
    assert len(facts(tmp_path / "out.partial.mp4").frames) == at + 1  # the video's own sink came first
