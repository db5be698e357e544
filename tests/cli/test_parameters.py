"""Option values that Click does not know: times and frame rates."""

from fractions import Fraction

import click
import pytest

from maskseg_cli.cli.parameters import FrameRate, Seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90.5", 90.5), ("1:30", 90), ("0:01:30.25", 90.25), ("2:00:00", 7200), ("0", 0)]
)
def test_times(text: str, seconds: float) -> None:
    assert Seconds().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "-1", "a", "1:2:3:4", "1:99", "1:99:00", "1.5:30", "nan", "inf", "1e3"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time"):
        Seconds().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        ("30000/1001", Fraction(30000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("12.5", Fraction(25, 2)),
        ("30", Fraction(30)),
        ("30.0", Fraction(30)),
    ],
)
def test_rates_are_exact(text: str, rate: Fraction) -> None:
    assert FrameRate().convert(text, None, None) == rate


@pytest.mark.parametrize("text", ["0", "-25", "1/0", "fast", "100000", "nan"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(click.BadParameter):
        FrameRate().convert(text, None, None)
