"""`Tracker` on objects that are known: identities, classes, gaps, blinks, results in between, rates, cuts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest

from maskseg_cli import Detections, Frame, MaskCrop, Tracker
from maskseg_cli.errors import UsageError
from maskseg_cli.transform import Lookahead

NAMES = ("background", "car", "cell phone", "dog")
SIZE = (60, 200)

Object = tuple[float, float, int, float]  # left, top, class, score


def found(*objects: Object, side: int = 16) -> Detections:
    """Square objects."""
    rows = sorted(objects, key=lambda one: -one[3])
    boxes = np.array([[x, y, x + side, y + side] for x, y, _, _ in rows], np.float32).reshape(-1, 4)
    masks = tuple(MaskCrop(round(y), round(x), np.ones((side, side), bool)) for x, y, _, _ in rows)
    classes = np.array([row[2] for row in rows], np.int32)
    return Detections(boxes, classes, np.array([row[3] for row in rows], np.float32), masks, SIZE, NAMES)


def frames_of(
    scene: Callable[[int], Sequence[Object]], count: int, rate: int = 25, every: int = 1, level: int = 90
) -> list[tuple[Frame, Detections]]:
    """Frames of a gray scene and what the network finds, on every n-th of them."""
    frames = []
    for i in range(count):
        image = np.full((*SIZE, 3), level, np.uint8)
        seen = i - i % every
        frames.append((Frame(image, i, Fraction(i, rate), Fraction(1, rate), "a", seen), found(*scene(seen))))
    return frames


def looked_ahead(frames: Sequence[tuple[Frame, Detections]], tracker: Tracker | None = None) -> list[Detections]:
    tracker = tracker or Tracker()
    shown = [one for frame, detections in frames for one in tracker.push(frame, detections)] + tracker.flush()
    assert [frame.index for frame, _ in shown] == [frame.index for frame, _ in frames]
    return [detections for _, detections in shown]


def at_once(frames: Sequence[tuple[Frame, Detections]], tracker: Tracker | None = None) -> list[Detections]:
    tracker = tracker or Tracker()
    return [tracker(frame, detections) for frame, detections in frames]


def ids(shown: Sequence[Detections]) -> list[list[int]]:
    assert all(one.tracker_id is not None for one in shown)
    return [sorted(one.tracker_id.tolist()) for one in shown]  # type: ignore[union-attr]


def walking(i: int) -> list[Object]:
    return [(10 + 2 * i, 10, 1, 0.9)]


def test_it_is_a_transform_that_looks_ahead() -> None:
    assert isinstance(Tracker(), Lookahead)


def test_an_object_keeps_its_number_from_its_first_frame_on() -> None:
    assert ids(looked_ahead(frames_of(walking, 40))) == [[1]] * 40
    causal = ids(at_once(frames_of(walking, 40)))
    assert causal[0] == []
    assert causal[4:] == [[1]] * 36


def test_a_car_that_is_called_a_phone_for_a_frame_stays_a_car() -> None:
    def scene(i: int) -> list[Object]:
        return [(10 + 2 * i, 10, 2 if i in (0, 9, 20) else 1, 0.95 if i in (0, 9, 20) else 0.7)]

    shown = looked_ahead(frames_of(scene, 30))
    assert [one.names for one in shown] == [["car"]] * 30
    assert ids(shown) == [[1]] * 30


def test_two_classes_in_one_place_are_one_object() -> None:
    shown = looked_ahead(frames_of(lambda i: [(10 + i, 10, 1, 0.9), (11 + i, 10, 2, 0.6)], 20))
    assert [one.names for one in shown] == [["car"]] * 20


def test_moments_without_an_object_are_filled_where_it_was() -> None:
    shown = looked_ahead(frames_of(lambda i: [] if 10 <= i < 16 else walking(i), 40))
    assert ids(shown) == [[1]] * 40
    for i in range(10, 16):
        assert shown[i].xyxy[0].tolist() == pytest.approx([10 + 2 * i, 10, 26 + 2 * i, 26], abs=1)
        assert shown[i].masks[0].left == pytest.approx(10 + 2 * i, abs=1)


def test_long_gaps_are_not_filled_and_keep_the_number_as_long_as_it_is_held() -> None:
    def hidden(i: int) -> list[Object]:
        return [] if 20 <= i < 50 else walking(i)

    assert ids(looked_ahead(frames_of(hidden, 80))) == [[1]] * 20 + [[]] * 30 + [[1]] * 30
    assert ids(looked_ahead(frames_of(hidden, 80), Tracker(hold=0.5)))[60] == [2]


def test_low_scores_continue_an_object_but_begin_none() -> None:
    def scene(i: int) -> list[Object]:
        return [(10 + 2 * i, 10, 1, 0.3 if 10 <= i < 14 else 0.8), (150, 40, 3, 0.4)]

    shown = looked_ahead(frames_of(scene, 30))
    assert [one.names for one in shown] == [["car"]] * 30
    assert min(float(one.confidence.min()) for one in shown) >= 0.5


@pytest.mark.parametrize("show", [looked_ahead, at_once])
def test_what_is_found_for_a_moment_only_is_left_out(show: Callable[..., list[Detections]]) -> None:
    shown = show(frames_of(lambda i: [*walking(i), *([(150, 40, 3, 0.8)] if i in (12, 13) else [])], 40))
    assert all("dog" not in one.names for one in shown)


def test_short_videos_show_what_is_in_them() -> None:
    assert ids(looked_ahead(frames_of(walking, 1))) == [[1]]
    assert ids(looked_ahead(frames_of(walking, 2))) == [[1]] * 2


@pytest.mark.parametrize("rate", [1, 5, 60])
def test_objects_are_shown_at_any_rate(rate: int) -> None:
    shown = looked_ahead(frames_of(lambda i: [(10, 10, 1, 0.9)], 30, rate))
    assert ids(shown) == [[1]] * 30


@pytest.mark.parametrize("every", [3, 10])
def test_masks_move_in_frames_that_the_network_did_not_see(every: int) -> None:
    for show in (looked_ahead, at_once):
        shown = show(frames_of(walking, 61, every=every))
        for i in range(40, 60):
            [box] = shown[i].xyxy.tolist()
            assert box == pytest.approx([10 + 2 * i, 10, 26 + 2 * i, 26], abs=2)
            assert shown[i].masks[0].left == pytest.approx(10 + 2 * i, abs=2)


def test_objects_that_cross_keep_their_numbers() -> None:
    def scene(i: int) -> list[Object]:
        left, right = 10 + 3 * i, 160 - 3 * i
        behind = [] if abs(left - right) < 12 else [(float(left), 12.0, 1, 0.9)]
        return [*behind, (right, 10, 3, 0.9)]

    shown = looked_ahead(frames_of(scene, 50))
    first, last = shown[0], shown[-1]
    assert first.tracker_id is not None
    assert last.tracker_id is not None
    assert dict(zip(first.names, first.tracker_id.tolist(), strict=True)) == dict(
        zip(last.names, last.tracker_id.tolist(), strict=True)
    )


def test_no_object_goes_on_after_a_cut() -> None:
    frames = frames_of(walking, 20) + [
        (dataclasses.replace(frame, index=20 + i, time=Fraction(20 + i, 25), detected_in=20 + i), detections)
        for i, (frame, detections) in enumerate(frames_of(lambda i: [(48 + 2 * i, 10, 3, 0.9)], 20, level=220))
    ]
    for show in (looked_ahead, at_once):
        shown = show(frames)
        assert [one.names for one in shown[5:20]] == [["car"]] * 15
        assert [one.names for one in shown[25:]] == [["dog"]] * 15
        assert ids(shown)[39] == [2]


def test_a_reset_begins_anew() -> None:
    tracker = Tracker()
    looked_ahead(frames_of(walking, 20), tracker)
    tracker.reset()
    assert ids(looked_ahead(frames_of(lambda i: [(150, 40, 3, 0.9)], 20), tracker)) == [[1]] * 20


def test_frames_are_held_for_a_second_and_for_few_bytes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker, frames = Tracker(), frames_of(walking, 60)
    held = 0
    for frame, detections in frames:
        tracker.push(frame, detections)
        held = max(held, len(tracker._held))
    assert 20 <= held <= 27
    monkeypatch.setattr("maskseg_cli.tracking.tracker._BYTES", 5 * frames[0][0].image.nbytes)
    tracker.reset()
    for frame, detections in frames:
        tracker.push(frame, detections)
        assert len(tracker._held) <= 5


def test_wrong_times_to_hold() -> None:
    assert Tracker(hold="0:03").hold == 3
    for wrong in (-1, "soon", None):
        with pytest.raises(UsageError):
            Tracker(hold=wrong)  # type: ignore[arg-type]
