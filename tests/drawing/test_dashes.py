"""Dashed lines: what is drawn, and how long the dashes are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.dashes import dashes_of, draw_dashed_lines


@given(
    st.lists(st.tuples(st.floats(-50, 50, width=32), st.floats(-50, 50, width=32)), min_size=1, max_size=20),
    st.floats(1, 30),
)
def test_dashes_cover_half_of_the_polygon(corners: list[tuple[float, float]], dash: float) -> None:
    polygon = np.array(corners, np.float32)
    closed = np.concatenate([polygon, polygon[:1]])
    around = np.hypot(*np.diff(closed, axis=0).T).sum()
    lines = dashes_of(polygon, dash)
    lengths = [float(np.hypot(*np.diff(line, axis=0).T).sum()) for line in lines]
    assert np.allclose(lengths, around / 2 / len(lines), atol=1e-2)
    assert len(lines) == 1 or 2 / 3 * dash - 0.01 <= lengths[0] <= 2 * dash + 0.01


def test_dashes_are_seen_on_black_and_on_white() -> None:
    square = np.array([(10, 10), (50, 10), (50, 50), (10, 50)], np.float32)
    for ground in (0, 255):
        canvas = np.full((60, 60, 3), ground, np.uint8)
        draw_dashed_lines(canvas, [[square], []], [(255, 255, 255), (0, 0, 255)], 2)
        row = canvas[10, 10:51].max(axis=1)
        assert (row > 200).sum() > 10
        assert (row < 60).sum() > 10
        assert (canvas[20:40, 20:40] == ground).all()
