"""Times and frame rates as users write them, on the command line and in Python."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from numbers import Real
from typing import Any

from maskseg_cli.errors import UsageError

#: The latest time of a video, in seconds: a thousand hours.
_LATEST = 3_600_000

_TIME = re.compile(r"\d+(\.\d*)?|(\d+:[0-5]?\d|\d+):[0-5]?\d(\.\d*)?")


def seconds_of(value: Any) -> float:
    """A time in a video, in seconds.

    Args:
        value: a number of seconds, or a text: `90`, `90.5`, `1:30`, `1:02:03.5`.

    Raises:
        UsageError: it is no time, or one above a thousand hours.

    Example:
        >>> seconds_of("1:02:03.5"), seconds_of(90)
        (3723.5, 90.0)
    """
    if isinstance(value, str) and _TIME.fullmatch(value):
        seconds = 0.0
        for part in value.split(":"):
            seconds = 60 * seconds + float(part)
    elif isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value):
        seconds = float(value)
    else:
        ways = "seconds (90.5), m:ss (1:30) or h:mm:ss (1:02:03), with mm and ss up to 59"
        raise UsageError(f"{value!r} is no time: write {ways}.")
    if seconds > _LATEST:
        raise UsageError(f"{value} is too late: at most {_LATEST // 3600} hours.")
    return seconds


def rate_of(value: Any) -> Fraction:
    """Frames per second, exactly; the usual decimal spellings of NTSC's rates (23.976, 29.97 ...) mean the exact ones.

    Args:
        value: a number, or a text: `25`, `29.97`, `30000/1001`.

    Raises:
        UsageError: it is no rate, or one that cannot be written.

    Example:
        >>> rate_of("29.97"), rate_of(12.5)
        (Fraction(30000, 1001), Fraction(25, 2))
    """
    try:
        rate = value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{value!r} is no frame rate: write 25, 29.97 or 30000/1001.") from None
    for nominal in (24, 30, 48, 60, 120):
        exact = Fraction(nominal * 1000, 1001)
        if "." in str(value) and abs(rate - exact) < Fraction(1, 200):
            return exact
    if not Fraction(1, 60) <= rate <= 1000:
        raise UsageError(
            f"{value} frames a second cannot be written: a rate is above 0, from one a minute to 1000 a second."
        )
    return rate
