"""Charts as inline SVG pictures: curves, bars and histograms."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from maskseg_cli.pages.axes import HALF, NARROW, Axes, color_of, dashes_of, legend_line, nice_ticks
from maskseg_cli.pages.elements import escaped
from maskseg_cli.printable import printable

#: Height of a bar with its gap, width of its label and of its number, in units of the viewBox.
_BAR, _LABEL, _NUMBER = 22, 190, 90


@dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Attributes:
        name: for the legend.
        points: (x, y), in the order in which they are connected.
        marks: draw a dot at each point.
    """

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False


def curve_chart(
    curves: Sequence[Curve],
    label: str,
    x_title: str,
    y_title: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    height: int = 320,
    width: int = 860,
) -> str:
    """Draws curves with a legend below them.

    Args:
        curves: each gets its colour and dashes; more than six repeat them.
        label: what the chart shows, for people who cannot see it.
        x_title, y_title: what the axes measure.
        x_range, y_range: least and greatest value of the axes; curves are not cut off there.
        height, width: in units of the viewBox; the page's width is 860.

    Returns:
        an `<svg>` element, and a `<ul>` where there is more than one curve.
    """
    axes = Axes(x_range, y_range, width, height, left=56, top=28, bottom=60)
    parts = [axes.start(label), axes.y_title(y_title), axes.x_title(x_title)]
    parts += [axes.level(value, f"{value:g}") for value in nice_ticks(*y_range, 5)]
    parts += [axes.tick(value, f"{value:g}") for value in nice_ticks(*x_range, max(2, width // 85))]
    for number, curve in enumerate(curves):
        places = [(axes.x(x), axes.y(y)) for x, y in curve.points]
        title = f"<title>{html.escape(printable(curve.name))}</title>"
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" stroke="{color_of(number)}"{dashes_of(number)}>{title}</polyline>')
        if curve.marks:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color_of(number)}"/>' for x, y in places]
    parts.append("</svg>")
    if len(curves) > 1:
        keys = "".join(f"<li>{legend_line(number)}{escaped(one.name)}</li>" for number, one in enumerate(curves))
        parts.append(f'<ul class="legend">{keys}</ul>')
    return "".join(parts)


def bar_chart(bars: Sequence[tuple[str, float, str]], label: str, most: float | None = None, width: int = 860) -> str:
    """Draws horizontal bars, the name at the left and the value at the right of each.

    Args:
        bars: name, length (not negative), and the value in words.
        label: what the chart shows, for people who cannot see it.
        most: the length of a bar over the whole width; None: that of the longest one.
        width: in units of the viewBox; `axes.NARROW` is easier to read on phones.

    Returns:
        an `<svg>` element; "" without bars.
    """
    if not bars:
        return ""
    longest = most if most is not None else max(value for _, value, _ in bars)
    axes = Axes((0, longest or 1), (0, 1), width, _BAR * len(bars) + 6, _LABEL, _NUMBER, 3, 3)
    parts = [axes.start(label)]
    for number, (name, value, words) in enumerate(bars):
        top = 3 + _BAR * number
        short = _cut(name, 20 if width <= NARROW else 28)
        end = axes.x(min(value, longest))
        parts.append(f'<text x="{_LABEL - 8}" y="{top + 15}" text-anchor="end">{escaped(short)}</text>')
        parts.append(
            f'<rect class="bar" x="{_LABEL}" y="{top + 3}" width="{max(0.0, end - _LABEL):.1f}" height="{_BAR - 6}">'
            f"<title>{escaped(name)}: {escaped(words)}</title></rect>"
        )
        parts.append(f'<text x="{end + 6:.1f}" y="{top + 15}">{escaped(words)}</text>')
    return "".join([*parts, "</svg>"])


def histogram(
    counts: Sequence[float],
    edges: Sequence[float],
    label: str,
    x_title: str,
    y_title: str = "",
    height: int = 200,
    width: int = HALF,
) -> str:
    """Draws counts in bins as columns.

    Args:
        counts: N values, not negative.
        edges: N + 1 borders of the bins, rising.
        label: what the chart shows, for people who cannot see it.
        x_title, y_title: what the axes measure.
        height, width: in units of the viewBox; two of the default width stand side by side.

    Returns:
        an `<svg>` element.
    """
    top = max(counts, default=0.0) or 1.0
    axes = Axes((edges[0], edges[-1]), (0, top), width, height, left=56, top=28, bottom=60)
    parts = [axes.start(label), axes.x_title(x_title), axes.y_title(y_title)]
    parts += [axes.level(value, f"{value:g}") for value in nice_ticks(0, top, 4)]
    for number, value in enumerate(counts):
        left, right = axes.x(edges[number]), axes.x(edges[number + 1])
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{axes.y(value):.1f}" width="{max(0.4, right - left - 0.6):.1f}" '
            f'height="{axes.y(0) - axes.y(value):.1f}">'
            f"<title>{edges[number]:g} to {edges[number + 1]:g}: {value:g}</title></rect>"
        )
    parts += [axes.tick(value, f"{value:g}") for value in nice_ticks(edges[0], edges[-1], max(2, width // 90))]
    return "".join([*parts, "</svg>"])


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"
