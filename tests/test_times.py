"""Times and frame rates as programs give them; texts are tested with the command line's types."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from maskseg_cli.errors import UsageError
from maskseg_cli.times import rate_of, seconds_of


def test_numbers_and_texts_are_times() -> None:
    assert [seconds_of(value) for value in (0, 1.5, Fraction(1, 2), "1:30")] == [0, 1.5, 0.5, 90]


@pytest.mark.parametrize("value", ["5m", "1:99", None, True, float("nan"), [1]], ids=str)
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(UsageError, match=r"is no time: write seconds \(90\.5\)"):
        seconds_of(value)


@pytest.mark.parametrize("value", ["9" * 400, 1e30, float("inf"), 10**9], ids=["text", "float", "infinite", "int"])
def test_times_that_no_library_holds(value: Any) -> None:
    with pytest.raises(UsageError, match="is too late: at most 1000 hours"):
        seconds_of(value)


def test_numbers_are_rates() -> None:
    assert rate_of(25) == 25
    assert rate_of(12.5) == Fraction(25, 2)
    assert rate_of(29.97) == rate_of("29.97") == Fraction(30000, 1001)
    for wrong in (0, -1, 1e9, float("nan"), None, "fast"):
        with pytest.raises(UsageError):
            rate_of(wrong)
