"""Time bases of output files, and conversion of any frame times to a constant frame rate."""

from __future__ import annotations

import math
from fractions import Fraction

#: Least ticks a second: 11 microseconds each, as in MPEG.
_FINE = 90_000


def time_base_for(rate: Fraction, finest: int = 10 * _FINE) -> Fraction:
    """A time base in seconds that suits both a constant `rate` and the times of a variable one.

    For 30000/1001 it is 1/90000, so that each frame lasts exactly 3003 ticks; any other time is rounded by at most 6
    microseconds.

    Args:
        rate: frames per second.
        finest: most ticks a second.

    Example:
        >>> time_base_for(Fraction(24000, 1001))
        Fraction(1, 96000)
    """
    wanted = min(_FINE, finest)
    ticks = rate.numerator * math.ceil(wanted / rate.numerator)
    if ticks > finest:
        ticks = rate.numerator * (finest // rate.numerator) or wanted
    return Fraction(1, ticks)


def usable_rate(rate: Fraction) -> Fraction:
    """The nearest rate that MPEG-4 and AVI can store: numerator and denominator of at most 16 bits."""
    rate = min(max(rate, Fraction(1, 1000)), Fraction(1000))
    if rate.numerator <= 65535 and rate.denominator <= 65535:
        return rate
    return 1 / (1 / rate).limit_denominator(65535) if rate > 1 else rate.limit_denominator(65535)


class ConstantRate:
    """Counts how often each frame of a variable rate is written at a constant rate, keeping the duration.

    Frame k of the output is shown from k / rate on; each source frame begins at the nearest of these times.

    Args:
        rate: frames per second of the output.

    Example:
        >>> constant = ConstantRate(Fraction(10))
        >>> [constant.count(Fraction(t, 10), Fraction(d, 10)) for t, d in [(0, 1), (1, 3), (4, 1)]]
        [(0, 1), (0, 3), (0, 1)]
    """

    def __init__(self, rate: Fraction) -> None:
        self.rate = rate
        self.written = 0

    def count(self, time: Fraction, duration: Fraction) -> tuple[int, int]:
        """Counts one source frame.

        Returns:
            how often the previous frame is repeated first (it lasted longer than was known), and how often this
            frame is written.
        """
        start = round(time * self.rate)
        before = max(0, start - self.written) if self.written else 0
        self.written += before
        times = max(0, round((time + duration) * self.rate) - self.written)
        self.written += times
        return before, times
