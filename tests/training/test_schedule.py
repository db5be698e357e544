"""Learning-rate schedules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.errors import UsageError
from maskseg_cli.training.schedule import SCHEDULES, learning_rate


@given(
    steps=st.integers(1, 500),
    schedule=st.sampled_from(SCHEDULES),
    warmup=st.integers(0, 50),
    peak=st.floats(1e-6, 1.0),
)
def test_every_step_has_a_rate_above_0_and_none_above_the_peak(
    steps: int, schedule: str, warmup: int, peak: float
) -> None:
    rates = [learning_rate(step, steps, peak, schedule, warmup) for step in range(steps)]
    assert all(0 < rate <= peak for rate in rates)
    rising, falling = rates[: warmup + 1], rates[warmup:]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    if steps > warmup:
        assert max(rates) == peak == rates[warmup]


def test_warmup_rises_in_a_straight_line() -> None:
    rates = [learning_rate(step, 100, 1.0, "constant", warmup=4) for step in range(6)]
    assert rates == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_steps_fall_to_a_tenth_and_a_hundredth() -> None:
    rates = [learning_rate(step, 100, 1.0, "step") for step in (0, 59, 60, 84, 85, 99)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_cosine_is_half_way_down_in_the_middle_and_ends_near_0() -> None:
    assert learning_rate(50, 100, 2.0, "cosine") == pytest.approx(1.0)
    assert learning_rate(60, 110, 2.0, "cosine", warmup=10) == pytest.approx(1.0)
    assert learning_rate(99, 100, 1.0, "cosine") < 0.001


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(UsageError, match="constant, step, cosine"):
        learning_rate(0, 1, 1.0, "linear")
