"""Counts over time, sizes, words and what is drawn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli import Detections, Frame, MaskCrop
from maskseg_cli.counting import overlay
from maskseg_cli.counting.counters import Counters, FrameCounts
from maskseg_cli.counting.object_counter import ObjectCounter
from maskseg_cli.counting.overlay import CountOverlay, count_rows
from maskseg_cli.counting.regions import Region, parse_lines, parse_zones
from maskseg_cli.counting.scale import Scale
from maskseg_cli.counting.sizes import object_sizes
from maskseg_cli.counting.words import total_words
from tests.counting.scenes import found, frames


@given(st.lists(st.lists(st.tuples(st.sampled_from(["car", "person"]), st.integers(-1, 6)), max_size=5), max_size=12))
def test_unique_are_distinct_tracks(rows) -> None:
    counter = ObjectCounter()
    last: dict[int, str] = {}
    for frame, row in zip(frames(len(rows)), rows, strict=True):
        counter(frame, found([(name, track, 1, 1, 5, 5) for name, track in row]))
        assert counter.now.total() == len(row)
        last |= {track: name for name, track in row if track >= 0}
    assert counter.unique.total() == len(last)
    for name in ("car", "person"):
        assert counter.unique[name] == list(last.values()).count(name)
        assert counter.most[name] == max((sum(one == name for one, _ in row) for row in rows), default=0)
    assert counter.has_tracks == bool(last)


def test_counts_of_a_frame_stay_with_the_frame() -> None:
    counters = Counters(parse_lines("gate=0,0.5,1,0.5"), parse_zones("top=0,0,1,0,1,0.4,0,0.4"))
    held = []
    for frame in frames(10):
        counters(frame, found([("car", 1, 20, 8 * frame.index, 10, 10)]))
        held.append(frame)
    assert [counters.of(frame).lines["gate"][0].total() for frame in held] == [0] * 6 + [1] * 4
    assert [counters.of(frame).zones["top"].total() for frame in held] == [1] * 5 + [0] * 5
    [crossing] = counters.of(held[6]).crossings
    assert (crossing.line, crossing.direction, crossing.class_name, crossing.track) == ("gate", "in", "car", 1)
    assert counters.of(Frame(np.zeros((2, 2, 3), np.uint8))) == FrameCounts()
    del frame, held
    assert len(counters._counts) == 0  # nothing is kept of frames that are gone
    counters.reset()
    for frame in frames(3, source="b.mp4"):
        counters(frame, found([("person", 0, 20, 80, 10, 10)]))
    assert [(one.source, one.frames) for one in counters.sources] == [("a.mp4", 10), ("b.mp4", 3)]
    assert counters.sources[0].lines[0].entered == {"car": 1}
    assert not counters.sources[1].lines[0].entered


def test_objects_that_are_not_shown_do_not_count() -> None:
    counters = Counters(min_score=0.5)
    frame = next(iter(frames(1)))
    given = found([("car", 1, 1, 1, 9, 9), ("car", 2, 30, 1, 9, 9)], scores=[0.9, 0.3])
    assert counters(frame, given) is given
    assert counters.of(frame).objects == {"car": 1}
    for least, by_class, number in ((lambda: 0.2, {}, 2), (0.5, {1: 0.25}, 2), (0.2, {1: 0.95}, 0), (0.5, {2: 0.1}, 1)):
        counters = Counters(min_score=least, class_scores=by_class)
        counters(frame, given)
        assert counters.of(frame).objects.total() == number


def test_totals_in_words() -> None:
    zones = parse_zones(["top=0,0,1,0,1,0.4,0,0.4", "no=0,0.95,1,0.95,1,1"])
    counters = Counters(parse_lines("gate=0,0.5,1,0.5"), zones)
    for frame in frames(11):
        y = 8 * frame.index
        items = [("car", 1, 20, y, 10, 10), ("car", 2, 60, y, 10, 10), ("person", 3, 90, 80 - y, 10, 10)]
        counters(frame, found(items))
    [counts] = counters.sources
    assert total_words(counts, True, False) == [
        "2 cars, 1 person in all.",
        "2 cars, 1 person in 'top', for 0.4 s on average.",
        "Nothing in 'no'.",
        "2 cars in; 1 person out over 'gate'.",
    ]
    untracked = Counters()
    untracked(next(iter(frames(1))), found([("car", None, 1, 1, 9, 9)]))
    [sentence] = total_words(untracked.sources[0], True, False)
    assert sentence.startswith("Most at once: 1 car (different ones over time are counted by tracks")


@given(st.integers(2, 60), st.integers(2, 60))
def test_sizes_of_upright_rectangles(width: int, height: int) -> None:
    [[area, length, short]] = object_sizes(found([("car", 1, 3, 4, width, height)])).tolist()
    assert (area, length, short) == pytest.approx((width * height, max(width, height), min(width, height)), rel=1e-5)


@pytest.mark.parametrize("angle", [0, 17, 45, 80])
def test_sizes_of_turned_rectangles(angle: float) -> None:
    canvas = np.zeros((400, 400), np.uint8)
    corners = cv2.boxPoints(((200, 200), (200, 60), angle))
    cv2.fillPoly(canvas, [np.round(corners).astype(np.int32)], 1)
    mask = MaskCrop.from_full(canvas)
    one = Detections(np.zeros((1, 4), np.float32), np.ones(1, np.int32), np.ones(1, np.float32), (mask,), (400, 400))
    [[area, length, width]] = object_sizes(one).tolist()
    assert area == canvas.sum()
    assert length == pytest.approx(200, abs=3)
    assert width == pytest.approx(60, abs=3)
    assert object_sizes(found([("car", 1, 3, 4, 0, 0)])).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("size", [(1, 1), (8, 12), (40, 30), (432, 768), (2000, 300)])
@pytest.mark.parametrize("corner", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_everything_is_drawn_inside_pictures_of_any_size(size: tuple[int, int], corner) -> None:
    counters = Counters(parse_lines(["0,0.5,1,0.5", "0.9,0,0.9,1"]), parse_zones("in=0.1,0.1,0.9,0.1,0.5,0.9"))
    drawing = CountOverlay(counters, True, corner, Scale(0.1, "cm"))
    image = np.full((*size, 3), 90, np.uint8)
    frame = Frame(image)
    detections = found([("car", 1, 0, 0, min(20, size[1]), min(10, size[0]))], size)
    counters(frame, detections)
    drawn = drawing(frame, image, detections)
    assert drawn.shape == image.shape
    assert (image == 90).all()
    assert (drawn != image).any()
    if min(size) > 300:  # the text is in its corner, and in none of the others
        panel = math.hypot(*size) / 60
        parts = {
            (v, h): drawn[slice(0, int(panel)) if v == "top" else slice(-int(panel), None),
                          slice(0, int(2 * panel)) if h == "left" else slice(-int(2 * panel), None)]
            for v in ("top", "bottom") for h in ("left", "right")
        }  # fmt: skip
        light = {f"{v}-{h}": int((part.min(axis=2) > 180).sum()) for (v, h), part in parts.items()}
        assert light[corner] > 5


def test_sizes_of_objects_that_are_close_do_not_cover_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    covered: list[tuple[int, int, int, int]] = []
    draw_panel = overlay._draw_panel

    def noting(*arguments):
        covered.append(draw_panel(*arguments))
        return covered[-1]

    monkeypatch.setattr(overlay, "_draw_panel", noting)
    counters = Counters([], parse_zones("in=0.1,0.1,0.9,0.1,0.5,0.9"))
    drawn = CountOverlay(counters, True, "top-left", Scale(0.1, "cm"))
    image = np.full((300, 400, 3), 90, np.uint8)
    close = [("car", number, 100 + 3 * number, 120 + 2 * number, 30, 20) for number in range(20)]
    far = ("car", 30, 20, 260, 30, 20)
    detections = found([*close, far], (300, 400))
    counters(Frame(image), detections)
    drawn(Frame(image), image, detections)
    assert 5 <= len(covered) <= 15  # the counts, the zone, a few of those that are close, and the one far away
    assert any(x1 <= 25 <= x2 and y1 <= 275 <= y2 for x1, y1, x2, y2 in covered)
    for number, (x1, y1, x2, y2) in enumerate(covered):
        for a1, b1, a2, b2 in covered[:number]:
            assert x2 <= a1 or a2 <= x1 or y2 <= b1 or b2 <= y1


def test_many_classes_are_added_up() -> None:
    rows = count_rows(FrameCounts(objects=Counter({f"c{i:02d}": 30 - i for i in range(20)})))
    assert len(rows) == 9
    assert rows[0] == "c00 30"
    assert rows[-1] == f"12 other classes {sum(30 - i for i in range(8, 20))}"
    assert count_rows(FrameCounts()) == ["nothing found"]


def test_words_of_lines_and_zones_do_not_hide_each_other() -> None:
    """Each text begins at the same place: no more is written over another one than where they are alone."""
    lines = parse_lines([f"{name}=0,{0.3 + 0.001 * n},1,{0.3 + 0.001 * n}" for n, name in enumerate("abcd")])

    def light(of: Sequence[Region]) -> int:
        counters = Counters(of)
        frame = Frame(np.full((400, 600, 3), 90, np.uint8))
        counters(frame, found([], (400, 600)))
        picture = CountOverlay(counters, False)(frame, frame.image, found([], (400, 600)))
        return int((picture[:, :150].min(axis=2) > 180).sum())

    alone = sum(light([line]) for line in lines)
    assert light(lines) > 0.95 * alone


@pytest.mark.parametrize("corner", ["top-left", "bottom-left"])
def test_the_counts_do_not_hide_the_words_of_a_zone(corner) -> None:
    y = 0 if corner == "top-left" else 0.93
    images = []
    for count in (False, True):
        counters = Counters((), parse_zones(f"here=0,{y},0.5,{y},0.5,1,0,1"))
        frame = Frame(np.full((400, 600, 3), 90, np.uint8))
        counters(frame, found([], (400, 600)))
        images.append(CountOverlay(counters, count, corner)(frame, frame.image, found([], (400, 600))))
    light = [int((image.min(axis=2) > 180).sum()) for image in images]
    assert light[1] > 1.5 * light[0]  # both texts are there: "here: 0 inside" and "nothing found", which is larger
