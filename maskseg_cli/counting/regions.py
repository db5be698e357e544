"""Lines and zones as users write them: `gate=0.1,0.5,0.9,0.5`, in fractions of the picture or in pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.printable import printable

Point = tuple[float, float]

#: Characters of a name, and corners of a zone; more is a mistake.
_LONGEST_NAME, _MOST_CORNERS = 60, 1000


@dataclass(frozen=True)
class Region:
    """A line (two points) or a zone (three or more corners) with its name.

    Attributes:
        name: for captions and tables.
        points: x, y of each point.
        fractions: whether the points are fractions of the picture's width and height, else pixels. Coordinates are
            those of edges: (0, 0) is the picture's upper left corner, (width, height) the lower right one.
        option: "--line" or "--zone", for messages.
    """

    name: str
    points: tuple[Point, ...]
    fractions: bool
    option: str

    def in_pixels(self, image_size: tuple[int, int]) -> tuple[Point, ...]:
        """The points in pixels of a picture of (height, width).

        Raises:
            UsageError: no part of it lies in the picture.
        """
        height, width = image_size
        if self.fractions:
            return tuple((x * width, y * height) for x, y in self.points)
        xs, ys = zip(*self.points, strict=True)
        if min(xs) > width or min(ys) > height:
            raise UsageError(
                f"{self.option} {self.name!r} lies outside the picture, which has {width} x {height} pixels."
            )
        return self.points


def parse_line(text: str, default_name: str = "line") -> Region:
    """A line from `x1,y1,x2,y2` or `NAME=x1,y1,x2,y2`.

    Raises:
        UsageError: it is no line; the sentence says what is wrong.

    Example:
        >>> parse_line("gate=0.1,0.5,0.9,0.5").points
        ((0.1, 0.5), (0.9, 0.5))
        >>> parse_line("10,20,300,20").fractions
        False
    """
    name, points, fractions = _parse(text, "--line", default_name, "gate=0.1,0.5,0.9,0.5")
    if len(points) != 2:
        raise UsageError(f"--line {_quoted(text)} has {_numbers(points)}: a line has four, x1,y1,x2,y2.")
    if points[0] == points[1]:
        raise UsageError(f"--line {_quoted(text)} begins where it ends: its two points must differ.")
    return Region(name, points, fractions, "--line")


def parse_zone(text: str, default_name: str = "zone") -> Region:
    """A zone from `x,y,x,y,x,y...` or `NAME=x,y,...`: a polygon, whose last corner joins the first.

    Raises:
        UsageError: it is no zone; the sentence says what is wrong.

    Example:
        >>> parse_zone("till=0,0,0.5,0,0.5,1,0,1").name
        'till'
    """
    name, points, fractions = _parse(text, "--zone", default_name, "till=0,0.5,0.5,0.5,0.5,1,0,1")
    if len(points) < 3:
        raise UsageError(
            f"--zone {_quoted(text)} has {_numbers(points)}: a zone has at least three corners, x,y,x,y,x,y."
        )
    if len(points) > _MOST_CORNERS:
        raise UsageError(f"--zone {_quoted(text)} has {len(points)} corners; {_MOST_CORNERS} are the most.")
    x0, y0 = points[0]
    x1, y1 = max(points, key=lambda point: math.hypot(point[0] - x0, point[1] - y0))
    length = math.hypot(x1 - x0, y1 - y0)
    widest = max(abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) for x, y in points)
    if widest <= 1e-9 * length * length or length == 0:
        raise UsageError(f"--zone {_quoted(text)} has no area: its corners lie on one line.")
    return Region(name, points, fractions, "--zone")


def parse_lines(texts: str | Iterable[str]) -> tuple[Region, ...]:
    """Several lines; those without a name are called `line 1`, `line 2` ... by their place.

    Raises:
        UsageError: one is no line, or two have one name.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    return _distinct([parse_line(text, _default("line", number, texts)) for number, text in enumerate(texts)])


def parse_zones(texts: str | Iterable[str]) -> tuple[Region, ...]:
    """Several zones; those without a name are called `zone 1`, `zone 2` ... by their place.

    Raises:
        UsageError: one is no zone, or two have one name.
    """
    texts = [texts] if isinstance(texts, str) else list(texts)
    return _distinct([parse_zone(text, _default("zone", number, texts)) for number, text in enumerate(texts)])


def _default(kind: str, number: int, texts: Sequence[str]) -> str:
    return kind if len(texts) == 1 else f"{kind} {number + 1}"


def _distinct(regions: list[Region]) -> tuple[Region, ...]:
    seen: set[str] = set()
    for region in regions:
        if region.name in seen:
            raise UsageError(f"Two {region.option} have the name {region.name!r}: give each its own.")
        seen.add(region.name)
    return tuple(regions)


def _parse(text: str, option: str, default_name: str, example: str) -> tuple[str, tuple[Point, ...], bool]:
    if not isinstance(text, str):
        raise UsageError(f"{option} is a text such as {example!r}, not {shortened(repr(text))}.")
    name, equals, rest = text.rpartition("=")
    name = printable(name.strip())
    if equals and not name:
        raise UsageError(f"{option} {_quoted(text)} has no name before its =: write {example}.")
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"{option}: the name {shortened(name, 30)!r} is longer than {_LONGEST_NAME} characters.")
    parts = rest.replace(";", ",").split(",")
    values = []
    for part in parts:
        try:
            value = float(part)
        except ValueError:
            wrong = printable(shortened(part.strip(), 20))
            raise UsageError(f"{option} {_quoted(text)}: {wrong!r} is no number; write {option} {example}.") from None
        if not math.isfinite(value) or value < 0 or value > 1e6:
            raise UsageError(
                f"{option} {_quoted(text)}: {part.strip()} is no place in a picture, whose upper left corner is 0,0."
            )
        values.append(value)
    if len(values) % 2:
        raise UsageError(f"{option} {_quoted(text)} has {len(values)} numbers: each point has two, x and y.")
    fractions = all(value <= 1 for value in values)
    if not fractions and any(0 < value < 1 for value in values):
        raise UsageError(
            f"{option} {_quoted(text)} mixes fractions and pixels: all numbers are at most 1 (fractions of the "
            "picture), or they are pixels."
        )
    return name or default_name, tuple(zip(values[::2], values[1::2], strict=True)), fractions


def _quoted(text: str) -> str:
    return repr(printable(shortened(text, 60)))


def _numbers(points: Sequence[Point]) -> str:
    return f"{2 * len(points)} numbers"
