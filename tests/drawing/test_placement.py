from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.placement import Placement

Rect = tuple[int, int, int, int]


def overlap(a: Rect, b: Rect) -> int:
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


def test_on_top_of_the_box_first() -> None:
    assert Placement(100, 100).place((20, 30, 60, 80), 30, 10) == (20, 20)


def test_inside_the_box_where_there_is_no_room_above() -> None:
    assert Placement(100, 100).place((20, 0, 60, 80), 30, 10) == (20, 0)


def test_moved_in_at_the_right_edge() -> None:
    assert Placement(100, 100).place((90, 50, 100, 60), 30, 10) == (70, 40)


def test_ten_labels_of_one_box_do_not_cover_each_other() -> None:
    placement = Placement(300, 300)
    places = [placement.place((100, 100, 200, 200), 40, 12) for _ in range(10)]
    rects = [(x, y, x + 40, y + 12) for x, y in places]
    assert sum(overlap(a, b) for i, a in enumerate(rects) for b in rects[:i]) == 0


def test_objects_are_not_hidden_where_there_is_room() -> None:
    boxes = [(20, 30, 60, 80), (20, 12, 50, 28)]
    place = Placement(100, 100, boxes).find(boxes[0], 30, 10)
    assert place.hidden == 0
    assert overlap((place.left, place.top, place.left + 30, place.top + 10), boxes[1]) == 0


def test_what_is_hidden_is_told() -> None:
    placement = Placement(10, 20, [(0, 0, 20, 10)])
    assert placement.find((0, 0, 20, 10), 20, 5) == (0, 0, 0.5)
    placement.take(placement.find((0, 0, 20, 10), 20, 5), 20, 5)
    assert placement.find((0, 0, 20, 10), 20, 5) == (0, 5, 0.5), "another caption counts more than an object"


def test_near_places_touch_the_box() -> None:
    placement = Placement(300, 300, [(0, 0, 300, 140), (0, 160, 300, 300)])
    left, top, hidden = placement.find((100, 145, 110, 155), 30, 20, near=True)
    assert left <= 110
    assert left + 30 >= 100
    assert top <= 155
    assert top + 20 >= 145
    assert hidden == 0


def test_without_room_the_least_is_covered() -> None:
    placement = Placement(10, 40)
    first = placement.place((0, 0, 40, 10), 30, 10)
    second = placement.place((0, 0, 40, 10), 30, 10)
    assert {first, second} == {(0, 0), (10, 0)}


@given(
    st.lists(
        st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.integers(1, 40), st.integers(1, 40)),
        max_size=12,
    ),
    st.integers(20, 80),
    st.integers(10, 80),
)
def test_labels_stay_inside_the_picture(boxes: list[tuple[int, int, int, int]], width: int, height: int) -> None:
    placement = Placement(height, width)
    for x, y, w, h in boxes:
        left, top = placement.place((x, y, x + w, y + h), 20, 10)
        assert 0 <= left <= width - 20
        assert 0 <= top <= height - 10
