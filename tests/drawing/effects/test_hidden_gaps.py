"""Frames in which a tracked object was not found: it stays hidden in them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.hidden_gaps import GapNotes, HiddenGaps, between, ranges
from maskseg_cli.frame import Frame
from maskseg_cli.reporter import Reporter
from tests.drawing.scenes import detections_of, rectangle


class Said(Reporter):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warn(self, sentence: str) -> None:
        self.lines.append(sentence)


def frame(index: int) -> Frame:
    return Frame(np.zeros((40, 200, 3), np.uint8), index, Fraction(index, 10), Fraction(1, 10), "in.mp4")


def found(index: int, track: int = 7) -> Detections:
    return detections_of([rectangle(40, 200, 10 * index, 10, 10 * index + 8, 30)], tracker_id=[track])


def run(gaps: HiddenGaps, missing: set[int], count: int = 12) -> list[int]:
    out = []
    for index in range(count):
        out += gaps.push(frame(index), Detections.empty((40, 200)) if index in missing else found(index))
    out += gaps.flush()
    return [one.index for one, _ in out]


def test_a_gap_is_filled_from_both_sides_and_named() -> None:
    gaps = HiddenGaps()
    assert run(gaps, {4, 5, 6}) == list(range(12))
    for index in range(12):
        masks = list(gaps.masks_of(frame(index)))
        assert len(masks) == (index in (4, 5, 6))
        for mask in masks:
            assert abs(mask.left - 10 * index) <= 1
            assert mask.bitmap.shape == (20, 8)
    said = Said()
    GapNotes(gaps, said).finish()
    assert len(said.lines) == 1
    assert "in.mp4: a tracked object (person) was not found in 3 frames (4 to 6)" in said.lines[0]


def test_long_gaps_and_other_objects_are_not_filled() -> None:
    gaps = HiddenGaps(hold=0.3)
    run(gaps, {4, 5, 6})
    assert gaps.missed == {}
    gaps = HiddenGaps()
    for index in (0, 1, 5, 6):
        gaps.push(frame(index), found(index, track=index))
    assert gaps.missed == {}
    gaps.reset()
    gaps.push(frame(0), detections_of([rectangle(40, 200, 0, 0, 9, 9)]))  # without a tracker
    assert [one.index for one, _ in gaps.flush()] == [0]


@given(
    boxes=st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2), min_size=2, max_size=2),
    share=st.floats(0, 1),
)
def test_what_lies_between_lies_between(boxes: list[tuple[int, int, int, int]], share: float) -> None:
    one, other = (MaskCrop(top, left, np.ones((height, width), bool)) for top, left, height, width in boxes)
    middle = between(one, other, share)
    for near, far, value in (
        (one.top, other.top, middle.top),
        (one.left, other.left, middle.left),
    ):
        assert min(near, far) <= value <= max(near, far)
    assert middle.bitmap.all()


def test_ranges() -> None:
    assert ranges([1]) == "1"
    assert ranges([1, 2, 3, 7, 9, 10]) == "1 to 3, 7, 9 to 10"
    assert ranges(list(range(0, 60, 2))).endswith("and 20 more places")
