"""Crossings of lines and visits to zones."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from maskseg_cli.counting.line_counter import LineCounter
from maskseg_cli.counting.places import jitter_width, object_places
from maskseg_cli.counting.zone_counter import ZoneCounter, signed_distance
from maskseg_cli.errors import UsageError
from tests.counting.scenes import found, frames

#: A picture whose places are sure of their side from 5 pixels on.
PICTURE = (600, 800)
BAND = jitter_width(PICTURE)

points = st.tuples(st.integers(20, 780), st.integers(20, 580))


def walk(counter: LineCounter, path: list[tuple[float, float]], track: int = 1) -> list[str]:
    """The crossings of a track on its way."""
    moves = [counter.move(track, "car", place, PICTURE) for place in path]
    return [one for one in moves if one is not None]


def side(a, b, p) -> float:
    """Distance of p from the endless line from a to b, positive on the right hand as seen on the picture."""
    return ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])) / math.dist(a, b)


@given(points, points, points, points)
def test_a_step_counts_exactly_if_it_cuts_the_line(a, b, start, end) -> None:
    assume(math.dist(a, b) > 10)
    before, after = side(a, b, start), side(a, b, end)
    assume(min(abs(before), abs(after)) > BAND + 0.01)
    # The other way to say it: the line's ends lie on both sides of the path.
    ends = (side(start, end, a), side(start, end, b)) if start != end else (1.0, 1.0)
    assume(min(map(abs, ends)) > 1e-6)
    cuts = before * after < 0 and ends[0] * ends[1] < 0
    counter = LineCounter(f"{a[0]},{a[1]},{b[0]},{b[1]}")
    assert walk(counter, [start, end]) == (["in" if after > 0 else "out"] if cuts else [])
    # Back again is the other direction, and the line drawn the other way round swaps both.
    turned = LineCounter(f"{b[0]},{b[1]},{a[0]},{a[1]}")
    assert walk(turned, [start, end]) == (["out" if after > 0 else "in"] if cuts else [])
    assert counter.entered.total() + counter.left.total() == int(cuts)


@given(st.lists(st.tuples(st.floats(100, 700), st.floats(-BAND, BAND)), max_size=40), st.booleans())
def test_trembling_on_the_line_counts_once_at_most(wobble, passes: bool) -> None:
    counter = LineCounter("gate=0,300,800,300")
    path = [(400.0, 200.0), *((x, 300 + shift) for x, shift in wobble), (400.0, 400.0 if passes else 200.0)]
    assert walk(counter, path) == (["in"] if passes else [])


@given(st.lists(st.sampled_from([200.0, 400.0]), min_size=1, max_size=12))
def test_each_passage_counts(heights: list[float]) -> None:
    counter = LineCounter("gate=0,300,800,300")
    crossings = walk(counter, [(400.0, height) for height in heights])
    changes = [(a, b) for a, b in itertools.pairwise(heights) if a != b]
    assert crossings == ["in" if b > a else "out" for a, b in changes]


def test_who_goes_around_the_end_does_not_count() -> None:
    counter = LineCounter("gate=200,300,600,300")
    assert walk(counter, [(100, 200), (100, 400)]) == []
    assert walk(counter, [(100, 400), (300, 400), (300, 200)], track=1) == ["out"]
    # Through the end of the line and then along it: where the line was passed counts.
    assert walk(counter, [(190, 290), (190, 301), (400, 303), (400, 400)], track=2) == []
    assert walk(counter, [(210, 290), (210, 301), (100, 303), (100, 400)], track=3) == ["in"]
    # A place exactly on the line is not yet on the other side.
    assert walk(counter, [(400, 290), (400, 300), (400, 300), (400, 290), (400, 300), (400, 310)], track=4) == ["in"]


def test_lines_by_class_and_track() -> None:
    counter = LineCounter("gate=0,0.5,1,0.5")
    for frame in frames(20):
        y = 5 * frame.index - 10
        items = [
            ("car", 3, 20, max(0, y), 10, 10),
            ("person", 5, 100, max(0, 80 - y), 6, 10),
            ("car", -1, 50, y % 80, 9, 9),
        ]
        assert counter(frame, found(items)) is not None
        if counter.crossings:
            [*_, last] = counter.crossings
            assert last.time == pytest.approx(frame.index / 10)
    assert (dict(counter.entered), dict(counter.left)) == ({"car": 1}, {"person": 1})
    counter.reset()
    assert not counter.entered
    with pytest.raises(UsageError, match="counts tracks, and these objects have none"):
        counter(next(iter(frames(1))), found([("car", None, 1, 1, 5, 5)]))


polygons = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=8, unique=True)


@given(polygons, st.tuples(st.floats(-5, 65), st.floats(-5, 65)))
def test_inside_is_what_a_ray_says(polygon, place) -> None:
    x, y = np.float32(place[0]).item(), np.float32(place[1]).item()  # OpenCV's precision
    edges = list(zip(polygon, polygon[1:] + polygon[:1], strict=True))
    near = min(_distance_to_edge(a, b, (x, y)) for a, b in edges)
    assume(near > 1e-3)
    crossings = 0
    for (x1, y1), (x2, y2) in edges:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            crossings += 1
    distance = signed_distance(tuple(polygon), (x, y))
    assert (distance > 0) == (crossings % 2 == 1)
    assert abs(distance) == pytest.approx(near, abs=1e-3)


def _distance_to_edge(a, b, p) -> float:
    length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2
    way = min(1.0, max(0.0, ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length))
    return math.dist(p, (a[0] + way * (b[0] - a[0]), a[1] + way * (b[1] - a[1])))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), min_size=1, max_size=30))
def test_dwell_is_the_time_between_frames_inside(steps) -> None:
    zone = ZoneCounter("left=0,0,400,0,400,600,0,600")
    time, expected, visits, before = 0.0, 0.0, 0, False
    for inside, tenths in steps:
        if inside and before:
            expected += tenths / 10
        visits += inside and not before
        before = inside
        time += tenths / 10
        zone.move(4, "person", (100 if inside else 700, 300), time, PICTURE)
    if not visits:
        assert zone.visitors == {}
        return
    visitor = zone.visitors[4]
    assert visitor.dwell == pytest.approx(expected)
    assert (visitor.visits, visitor.inside) == (visits, before)


def test_trembling_at_the_border_is_one_visit_and_tracks_that_hide_have_stayed() -> None:
    zone = ZoneCounter("left=0,0,400,0,400,600,0,600")
    for tenth in range(50):
        zone.move(1, "person", (400 + (3 if tenth % 2 else -3), 300), tenth / 10, PICTURE)
    assert (zone.visitors[1].visits, zone.visitors[1].dwell) == (1, pytest.approx(4.9))
    zone.move(2, "person", (100, 100), 0.0, PICTURE)
    zone.move(2, "person", (120, 100), 6.0, PICTURE)
    assert zone.visitors[2].dwell == 6.0
    assert [one.track for one in zone.longest(1)] == [2]
    assert zone.mean_dwell == pytest.approx((4.9 + 6) / 2)


def test_zones_without_tracks_count_what_is_inside_now() -> None:
    zone = ZoneCounter("left=0,0,0.5,0,0.5,1,0,1")
    items = [("car", None, 10, 10, 20, 20), ("car", None, 60, 10, 20, 20), ("person", None, 150, 10, 20, 20)]
    zone(next(iter(frames(1))), found(items))
    assert (zone.now, zone.visitors, zone.mean_dwell) == ({"car": 2}, {}, None)


def test_the_place_of_an_object() -> None:
    item = found([("car", 1, 10, 20, 30, 8)])
    assert object_places(item).tolist() == [[25.0, 24.0]]
    assert object_places(item, "bottom").tolist() == [[25.0, 28.0]]
    empty = found([("car", 1, 10, 20, 0, 0)])
    assert object_places(empty).tolist() == [[10.0, 20.0]]
    assert object_places(found([])).shape == (0, 2)
