"""Types of option values that Click does not have: times, frame rates and shares."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import click

from maskseg_cli.messages import percent_hint


class Seconds(click.ParamType):
    """A time in a video: `90`, `90.5`, `1:30`, `1:02:03.5`; a number of seconds afterwards."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        if not re.fullmatch(r"\d+(\.\d*)?|(\d+:[0-5]?\d|\d+):[0-5]?\d(\.\d*)?", value):
            ways = "seconds (90.5), m:ss (1:30) or h:mm:ss (1:02:03), with mm and ss up to 59"
            self.fail(f"{value!r} is no time: write {ways}.", param, ctx)
        seconds = 0.0
        for part in value.split(":"):
            seconds = 60 * seconds + float(part)
        return seconds


class FrameRate(click.ParamType):
    """Frames per second: `25`, `29.97`, `30000/1001`; a Fraction afterwards.

    The usual decimal spellings of NTSC's rates mean the exact ones: 23.976, 29.97, 59.94 and 119.88.
    """

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        try:
            rate = Fraction(value)
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is no frame rate: write 25, 29.97 or 30000/1001.", param, ctx)
        for nominal in (24, 30, 48, 60, 120):
            exact = Fraction(nominal * 1000, 1001)
            if "." in str(value) and abs(rate - exact) < Fraction(1, 200):
                return exact
        if not Fraction(1, 60) <= rate <= 1000:
            self.fail(f"{value} frames a second cannot be written: from one a minute to 1000 a second.", param, ctx)
        return rate


class Share(click.FloatRange):
    """A number from 0 to 1, such as a score; a percentage is refused with the number that it means."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        hint = percent_hint(value)
        if hint:
            self.fail(f"{value} is not a number from {self.min:g} to {self.max:g}{hint}.", param, ctx)
        return super().convert(value, param, ctx)
