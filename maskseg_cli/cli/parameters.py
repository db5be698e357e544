"""Types of option values: times, frame rates, numbers, shares, files; refused in words that a user understands."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import click

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import percent_hint
from maskseg_cli.times import rate_of, seconds_of

#: The largest number that all libraries hold, and how many digits no such number has.
_LARGEST = 2**31 - 1
_MOST_DIGITS = 20


class Seconds(click.ParamType):
    """A time in a video: `90`, `90.5`, `1:30`, `1:02:03.5`; a number of seconds afterwards."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return seconds_of(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class FrameRate(click.ParamType):
    """Frames per second: `25`, `29.97`, `30000/1001`; a Fraction afterwards."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        try:
            return rate_of(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Whole(click.IntRange):
    """A whole number within limits; without an upper one it is at most 2 ** 31 - 1, which libraries can hold."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", str(value)):
            self.fail(f"{value!r} is not a whole number.", param, ctx)
        # Python refuses to read numbers of thousands of digits.
        number = int(str(value)) if len(str(value)) < _MOST_DIGITS else _LARGEST + 1
        if self.min is not None and number < self.min:
            self.fail(f"{number} is not in the range: at least {self.min}.", param, ctx)
        most = _LARGEST if self.max is None else int(self.max)
        if number > most:
            self.fail(f"{str(value).strip()} is not in the range: at most {most}.", param, ctx)
        return number


class Number(click.FloatRange):
    """A finite number within limits, with a decimal point."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            point = str(value).strip().replace(",", ".")
            hint = f": write {point}" if re.fullmatch(r"[+-]?[0-9]+\.[0-9]+", point) else ""
            self.fail(f"{value!r} is not a number{hint}.", param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a number that can be used.", param, ctx)
        low, high = "above" if self.min_open else "at least", "below" if self.max_open else "at most"
        if self.min is not None and (number <= self.min if self.min_open else number < self.min):
            self.fail(f"{number:g} is not in the range: {low} {self.min:g}.", param, ctx)
        if self.max is not None and (number >= self.max if self.max_open else number > self.max):
            self.fail(f"{number:g} is not in the range: {high} {self.max:g}.", param, ctx)
        return number


class Share(Number):
    """A number from 0 to 1, such as a score; a percentage is refused with the number that it means."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        hint = percent_hint(value)
        if hint:
            self.fail(f"{value} is not a number from {self.min:g} to {self.max:g}{hint}.", param, ctx)
        return super().convert(value, param, ctx)


class Annotations(click.Path):
    """Annotated pictures: the word shapes, or a file or folder that exists; a text afterwards."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == "shapes" else super().convert(value, param, ctx)
