"""Line charts as SVG, in the colours of a light or a dark page, as the viewer prefers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
#: Free space around the lines: left, top, right (for the legend), bottom.
LEFT, TOP, RIGHT, BOTTOM = 72, 48, 176, 56

#: Line colours for light and for dark pages, in pairs (Okabe and Ito's palette for the colour-blind, adjusted).
COLOURS = (
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#f0803c"),
    ("#00805c", "#30c59b"),
    ("#a3428a", "#e08cc4"),
    ("#8a6d00", "#e0b93c"),
    ("#4d4d4d", "#b8b8b8"),
    ("#000000", "#ffffff"),
)


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        title: what it shows, with its unit.
        logarithmic: each step is a multiple of the one before; all values are positive.
        ticks: values to mark; (): chosen here.
    """

    title: str
    logarithmic: bool = False
    ticks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Series:
    """One line.

    Attributes:
        name: for the legend.
        points: (x, y), in the order of x.
    """

    name: str
    points: tuple[tuple[float, float], ...]


def line_chart(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """The chart as the text of an SVG file.

    A linear y axis begins at 0. The last line of the legend is that of the last series.
    """
    xs = [point[0] for one in series for point in one.points]
    ys = [point[1] for one in series for point in one.points]
    x_scale = Scale(x, min(xs), max(xs), LEFT, WIDTH - RIGHT)
    y_scale = Scale(y, min(ys) if y.logarithmic else 0.0, max(ys), HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style(len(series))}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>',
        *_axes(x, x_scale, y, y_scale),
        *(part for number, one in enumerate(series) for part in _line(number, one, x_scale, y_scale)),
        *_legend(series),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class Scale:
    """Values of an axis as positions in the picture.

    Args:
        axis: whether it is logarithmic.
        low, high: the smallest and the largest value; the axis ends at round values around them.
        start, end: positions of the two ends, in units of the picture.

    Attributes:
        ticks: values to mark.
    """

    def __init__(self, axis: Axis, low: float, high: float, start: float, end: float) -> None:
        self._log = axis.logarithmic
        self.ticks = list(axis.ticks) or (log_ticks(low, high) if self._log else linear_ticks(low, high))
        self._low, self._high = min(low, self.ticks[0]), max(high, self.ticks[-1])
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        """The position of a value."""
        low, high = self._of(self._low), self._of(self._high)
        return self._start + (self._end - self._start) * (self._of(value) - low) / ((high - low) or 1.0)

    def _of(self, value: float) -> float:
        return math.log10(value) if self._log else value


def linear_ticks(low: float, high: float) -> list[float]:
    """Four to eight round values from at or below `low` to at or above `high`.

    Example:
        >>> linear_ticks(0, 86)
        [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    """
    span = (high - low) or abs(high) or 1.0
    power = 10 ** math.floor(math.log10(span / 5))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if span / step <= 6)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{number * step:.10g}") for number in range(first, max(last, first + 1) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten from at or below `low` to at or above `high`.

    Example:
        >>> log_ticks(0.4, 87)
        [0.1, 1.0, 10.0, 100.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [float(f"1e{power}") for power in range(first, max(last, first + 1) + 1)]


def _style(lines: int) -> str:
    def colours(dark: int) -> str:
        page, ink, faint = (("#ffffff", "#1f2328", "#d5d9de"), ("#0d1117", "#e6edf3", "#3a424c"))[dark]
        rules = f".page{{fill:{page}}}text{{fill:{ink}}}.grid{{stroke:{faint}}}.axis{{stroke:{ink}}}"
        for number in range(lines):
            colour = COLOURS[number % len(COLOURS)][dark]
            rules += f".l{number}{{stroke:{colour}}}.d{number}{{fill:{colour}}}"
        return rules

    common = "text{font:13px system-ui,sans-serif}.title{font-size:15px;font-weight:600}path{fill:none;stroke-width:2}"
    return f"{common}{colours(0)}@media(prefers-color-scheme:dark){{{colours(1)}}}"


def _axes(x: Axis, x_scale: Scale, y: Axis, y_scale: Scale) -> Iterable[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for value in y_scale.ticks:
        at = y_scale(value)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>'
    for value in x_scale.ticks:
        at = x_scale(value)
        yield f'<line class="axis" x1="{at:.1f}" x2="{at:.1f}" y1="{bottom}" y2="{bottom + 5}"/>'
        yield f'<text x="{at:.1f}" y="{bottom + 20}" text-anchor="middle">{value:g}</text>'
    yield f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    middle = (LEFT + right) / 2
    yield f'<text x="{middle:.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(x.title)}</text>'
    middle = (TOP + bottom) / 2
    yield f'<text transform="translate(18 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(y.title)}</text>'


def _line(number: int, series: Series, x_scale: Scale, y_scale: Scale) -> Iterable[str]:
    points = [(x_scale(x), y_scale(y)) for x, y in series.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path class="l{number}" d="M{path}"/>'
    for x, y in points:
        yield f'<circle class="d{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def _legend(series: Sequence[Series]) -> Iterable[str]:
    left = WIDTH - RIGHT + 20
    for number, one in enumerate(series):
        y = TOP + 12 + 24 * number
        yield f'<path class="l{number}" d="M{left} {y}h22"/>'
        yield f'<circle class="d{number}" cx="{left + 11}" cy="{y}" r="3.5"/>'
        yield f'<text x="{left + 30}" y="{y + 4}">{escape(one.name)}</text>'
