from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.box_drawing import draw_boxes, pixel_boxes
from tests.drawing.scenes import rectangle


def drawn(box: tuple[float, float, float, float], line_width: int, height: int = 30, width: int = 40):  # type: ignore[no-untyped-def]
    canvas = np.zeros((height, width, 3), np.uint8)
    boxes = pixel_boxes(np.array([box], np.float32), height, width)
    draw_boxes(canvas, boxes, [(1, 2, 3)], line_width)
    painted = canvas.any(axis=2)
    assert (canvas[painted] == (1, 2, 3)).all()
    return painted


def test_a_line_of_one_pixel_is_the_boxs_own_outermost_pixels() -> None:
    expected = rectangle(30, 40, 5, 6, 15, 20) & ~rectangle(30, 40, 6, 7, 14, 19)
    assert np.array_equal(drawn((5, 6, 15, 20), 1), expected)


def test_wider_lines_lie_half_outside() -> None:
    expected = rectangle(30, 40, 4, 5, 16, 21) & ~rectangle(30, 40, 6, 7, 14, 19)
    assert np.array_equal(drawn((5, 6, 15, 20), 2), expected)
    expected = rectangle(30, 40, 4, 5, 16, 21) & ~rectangle(30, 40, 7, 8, 13, 18)
    assert np.array_equal(drawn((5, 6, 15, 20), 3), expected)


def test_fractions_are_rounded() -> None:
    assert np.array_equal(drawn((4.6, 6.4, 15.3, 19.7), 1), drawn((5, 6, 15, 20), 1))


def test_the_whole_width_is_seen_at_the_pictures_edges() -> None:
    for line_width in (1, 2, 3, 4):
        expected = np.ones((30, 40), dtype=bool)
        expected[line_width:-line_width, line_width:-line_width] = False
        assert (drawn((0, 0, 40, 30), line_width) >= expected).all()
        # A box that ends past the picture ends at its edge.
        assert np.array_equal(drawn((-9, -5, 99, 77), line_width), drawn((0, 0, 40, 30), line_width))


@pytest.mark.parametrize("line_width", [1, 2, 5, 50])
@pytest.mark.parametrize("box", [(7, 7, 7, 7), (7, 7, 8, 8), (40, 30, 40, 30), (-5, -5, -2, -2), (9, 9, 3, 3)])
def test_the_smallest_boxes_are_seen(box: tuple[float, ...], line_width: int) -> None:
    painted = drawn(box, line_width)  # type: ignore[arg-type]
    assert painted.any()
    rows, columns = np.nonzero(painted)
    assert np.ptp(rows) <= line_width + 1
    assert np.ptp(columns) <= line_width + 1


def test_boxes_that_are_not_finite_are_left_out() -> None:
    boxes = np.array([[0, 0, np.nan, 3], [1, 1, 2, 2], [0, -np.inf, 2, 2]], np.float32)
    assert pixel_boxes(boxes, 5, 5) == [None, (1, 1, 2, 2), None]


@given(st.lists(st.floats(-1e9, 1e9, width=32), min_size=4, max_size=4), st.integers(1, 99), st.integers(1, 99))
def test_pixel_boxes_cover_at_least_a_pixel_of_the_picture(values: list[float], height: int, width: int) -> None:
    [box] = pixel_boxes(np.array([values], np.float32), height, width)
    assert box is not None
    left, top, right, bottom = box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
