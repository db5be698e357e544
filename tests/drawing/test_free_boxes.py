"""Dashed boxes: on the line only, with gaps, whatever the corners are."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.free_boxes import draw_dashed_box, draw_solid_box

WHITE = (255, 255, 255)


def canvas(size: int = 80) -> np.ndarray:
    return np.zeros((size, size, 3), np.uint8)


def test_a_dashed_box_covers_half_of_the_solid_one() -> None:
    dashed, solid = canvas(), canvas()
    draw_dashed_box(dashed, np.float32([10, 20, 61, 71]), WHITE, dash=5)
    draw_solid_box(solid, np.float32([10, 20, 61, 71]), WHITE)
    assert solid[20, 10:61].all()
    assert solid[70, 10:61].all()
    assert (solid[71:] < 128).all()
    share = (dashed[:, :, 0] > 127).sum() / (solid[:, :, 0] > 127).sum()
    assert 0.45 < share < 0.65
    assert (dashed[solid < 8] < 128).all()


@given(st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=6))
def test_any_corners_are_taken(corners: list[tuple[float, float]]) -> None:
    picture = canvas(16)
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        draw_dashed_box(picture, np.float32([x1, y1, x2, y2]), WHITE)
        draw_solid_box(picture, np.float32([x1, y1, x2, y2]), WHITE)
