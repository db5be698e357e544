"""Time bases of outputs, and constant rates from variable ones."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.video.rate import ConstantRate, time_base_for, usable_rate

_RATES = st.fractions(Fraction(1, 10), 240, max_denominator=1001)
_DURATIONS = st.lists(st.fractions(Fraction(1, 1000), 3, max_denominator=1000), min_size=1, max_size=40)


@pytest.mark.parametrize("rate", [Fraction(n) for n in (1, 10, 24, 25, 30, 50, 60, 120)])
def test_common_rates_are_exact_on_a_fine_clock(rate: Fraction) -> None:
    for exact in (rate, rate * 1000 / 1001, rate / 2):
        assert (1 / exact / time_base_for(exact)).denominator == 1
        assert time_base_for(exact) <= Fraction(1, 90000)


@given(_RATES, st.sampled_from([65535, 900_000]))
def test_a_clock_is_never_finer_than_the_codec_allows_and_never_coarse(rate: Fraction, finest: int) -> None:
    ticks = 1 / time_base_for(rate, finest)
    assert ticks.denominator == 1
    assert min(finest, 90000) / 2 < ticks <= finest


@given(st.fractions(Fraction(1, 100), 1000))
def test_a_usable_rate_fits_into_16_bits_and_is_near(rate: Fraction) -> None:
    usable = usable_rate(rate)
    assert max(usable.numerator, usable.denominator) <= 65535
    assert abs(usable - rate) <= rate / 10000


@given(_RATES, _DURATIONS)
def test_a_constant_rate_keeps_the_length_and_shows_each_frame_at_its_time(
    rate: Fraction, durations: list[Fraction]
) -> None:
    constant_rate, time, shown = ConstantRate(rate), Fraction(0), []
    for index, duration in enumerate(durations):
        before, times = constant_rate.count(time, duration)
        assert before == 0  # there were no holes
        shown += [(index, time)] * times
        time += duration
    assert len(shown) == constant_rate.written == round(time * rate)
    for slot, (_, start) in enumerate(shown):
        assert start <= slot / rate + 1 / rate / 2


@given(_RATES, _DURATIONS)
def test_holes_between_frames_are_filled_with_the_frame_before(rate: Fraction, gaps: list[Fraction]) -> None:
    constant_rate, time = ConstantRate(rate), Fraction(0)
    for gap in gaps:  # each frame says that it is over at once
        before, times = constant_rate.count(time, Fraction(1, 10**6))
        assert before >= 0 <= times
        time += gap
    assert abs(constant_rate.written - (time - gaps[-1]) * rate) <= 1
