"""`BoxFilter` on boxes that move at a constant speed, at any times and sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.tracking.box_filter import BoxFilter

STEPS = st.lists(st.floats(0.01, 0.5), min_size=12, max_size=30)
SPEEDS = st.floats(-3, 3)


def followed(steps: list[float], speed: tuple[float, float], size: float = 40.0, offset: float = 0.0) -> BoxFilter:
    """A filter after a box that moves by `speed` sizes a second was measured after each of the steps."""
    time, box = 0.0, np.array([offset, offset, offset + size, offset + size])
    follow = BoxFilter(box, 0.0)
    for step in steps:
        time += step
        follow.update(box + size * time * np.array([*speed, *speed]), time)
    return follow


@settings(max_examples=60, deadline=None)
@given(STEPS, SPEEDS, SPEEDS, st.floats(0, 0.5))
def test_a_constant_speed_is_predicted_at_any_time(
    steps: list[float], across: float, down: float, ahead: float
) -> None:
    follow, time = followed(steps, (across, down)), sum(steps) + ahead
    expected = np.array([0, 0, 40, 40]) + 40 * time * np.array([across, down, across, down])
    # what is left of the first guess, that it stands still, grows with the time ahead
    assert np.abs(follow.predict(time) - expected).max() < 40 * (0.02 + 0.25 * ahead) * (1 + abs(across) + abs(down))


@settings(max_examples=60, deadline=None)
@given(STEPS, SPEEDS, st.floats(1.5, 20), st.floats(-500, 500))
def test_size_and_place_of_the_picture_do_not_matter(
    steps: list[float], across: float, scale: float, offset: float
) -> None:
    time = sum(steps) + 0.1
    small = followed(steps, (across, 0.5)).predict(time)
    large = followed(steps, (across, 0.5), 40 * scale, offset).predict(time)
    assert large == pytest.approx(small * scale + offset, abs=1e-6 * (1 + scale) * 1e3)


@settings(max_examples=60, deadline=None)
@given(STEPS, st.floats(0.01, 3), st.floats(1, 20))
def test_uncertainty_grows_with_time_and_shrinks_with_a_measurement(
    steps: list[float], ahead: float, noise: float
) -> None:
    follow, time = followed(steps, (1, 0)), sum(steps)
    assert 0 < follow.uncertainty(time) < follow.uncertainty(time + ahead) < follow.uncertainty(time + 2 * ahead)
    before = follow.uncertainty(time + ahead)
    follow.update(follow.predict(time + ahead), time + ahead, noise)
    assert 0 < follow.uncertainty(time + ahead) <= before


def test_a_noisy_measurement_counts_less() -> None:
    results = []
    for noise in (1.0, 12.0):
        follow = followed([0.1] * 10, (1, 0))
        expected = follow.predict(1.1)
        follow.update(expected + [20, 0, 20, 0], 1.1, noise)
        results.append(abs(follow.predict(1.1) - expected).max())
    assert results[1] < 0.1 * results[0]


def test_a_prediction_far_ahead_keeps_a_possible_size() -> None:
    follow = BoxFilter(np.array([0.0, 0, 40, 40]), 0.0)
    follow.update(np.array([10.0, 10, 30, 30]), 0.1)
    x1, y1, x2, y2 = follow.predict(60.0)
    assert x2 - x1 > 10
    assert y2 - y1 > 10
