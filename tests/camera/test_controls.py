"""Controls, set from many threads at once."""

from __future__ import annotations

import threading

import pytest

from maskseg_cli.camera.controls import TOGGLES, Controls
from maskseg_cli.drawing import DrawingOptions
from maskseg_cli.errors import UsageError


def test_the_version_grows_with_each_change_of_the_drawing() -> None:
    controls = Controls(DrawingOptions(alpha=0.3), min_score=0.4)
    before = controls.version
    controls.set_drawing(boxes=False, alpha=0.7)
    assert (controls.drawing.boxes, controls.drawing.alpha) == (False, 0.7)
    controls.set_min_score(1)
    assert controls.min_score == 1.0
    assert controls.version == before + 2


def test_a_limited_score_can_only_be_lowered() -> None:
    controls = Controls(min_score=0.5)
    controls.limit_score()
    controls.set_min_score(0.9)
    assert controls.min_score == 0.5
    controls.set_min_score(0.2)
    assert controls.min_score == 0.2


@pytest.mark.parametrize("part", TOGGLES)
def test_each_part_can_be_switched(part: str) -> None:
    controls = Controls()
    assert controls.toggle(part) is False
    assert getattr(controls.drawing, part) is False
    assert controls.toggle(part) is True


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), True, "0.5", None])
def test_a_value_that_is_no_score_is_refused_and_changes_nothing(score: object) -> None:
    controls = Controls(min_score=0.5)
    with pytest.raises(UsageError, match="number from 0 to 1"):
        controls.set_min_score(score)  # type: ignore[arg-type]
    assert controls.min_score == 0.5


def test_unknown_parts_and_options_are_refused() -> None:
    controls = Controls()
    with pytest.raises(UsageError, match="'scores'"):
        controls.toggle("scores")
    with pytest.raises(UsageError, match="'colour'"):
        controls.set_drawing(boxes=False, colour="red")
    assert controls.drawing == DrawingOptions()


def test_no_switch_of_many_threads_is_lost() -> None:
    controls = Controls()

    def switch() -> None:
        for _ in range(501):
            controls.toggle("masks")

    threads = [threading.Thread(target=switch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert controls.version == 4 * 501
    assert controls.drawing.masks is True  # an even number of switches


def test_several_requests_give_one_snapshot() -> None:
    controls = Controls()
    assert not controls.take_snapshot_request()
    controls.request_snapshot()
    controls.request_snapshot()
    assert controls.take_snapshot_request()
    assert not controls.take_snapshot_request()


def test_stop_cannot_be_undone() -> None:
    controls = Controls(recording=True)
    assert controls.recording_wanted
    assert not controls.stopped
    controls.stop()
    controls.set_paused(True)
    assert controls.stopped
