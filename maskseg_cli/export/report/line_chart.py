"""`line_chart`: counts over time as an inline SVG picture."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from maskseg_cli.export.report.time_series import Bin
from maskseg_cli.pages.axes import Axes, color_of, dashes_of, nice_step
from maskseg_cli.printable import printable


def line_chart(
    bins: Sequence[Bin], names: Sequence[str], end: float, marks: Sequence[float] = (), unit: str = "s"
) -> str:
    """Draws the mean number of objects in a frame over time, a line a class.

    Args:
        bins: in the order of time; two at least.
        names: classes, at most as many as there are `COLORS`.
        end: time of the last frame in seconds.
        marks: times of crossings, shown as ticks below.
        unit: "s" for times; "photo" where the times are numbers of photos.

    Returns:
        an `<svg>` element.
    """
    highest = max((one.mean(name) for one in bins for name in names), default=0.0)
    step = nice_step(highest, 4, whole=True)
    top = max(step, math.ceil(highest / step) * step)
    begin = bins[0].time
    axes = Axes((begin, end), (0, top))
    parts = [axes.start(f"Objects in a {'photo' if unit == 'photo' else 'frame'} over time: {', '.join(names)}")]
    parts += [axes.level(number * step, f"{number * step:g}") for number in range(round(top / step) + 1)]
    span = end - begin
    gap = nice_step(span, 7, whole=unit == "photo") if unit == "photo" else time_step(span, 7)
    for number in range(math.ceil(begin / gap), math.floor(end / gap + 1e-9) + 1):
        parts.append(axes.tick(number * gap, f"{number * gap:g}" if unit == "photo" else clock(number * gap)))
    base = axes.y(0)
    for mark in marks:
        place = axes.x(mark)
        parts.append(f'<line class="mark" x1="{place:.1f}" x2="{place:.1f}" y1="{base - 9:.1f}" y2="{base:.1f}"/>')
    for number, name in enumerate(names):
        points = [f"{axes.x(one.time):.1f},{axes.y(one.mean(name)):.1f}" for one in bins]
        points.append(f"{axes.x(end):.1f},{axes.y(bins[-1].mean(name)):.1f}")
        title = f"<title>{html.escape(printable(name))}</title>"
        style = f'stroke="{color_of(number)}"{dashes_of(number)}'
        parts.append(f'<polyline points="{" ".join(points)}" {style}>{title}</polyline>')
    return "".join([*parts, "</svg>"])


def time_step(span: float, most: int) -> float:
    """A step of seconds that people count in (1, 2, 5, 10, 15, 30, 60 ...), at most `most` of which fill the span."""
    for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200):
        if span / step <= most:
            return step
    return nice_step(span / 86400, most) * 86400


def clock(seconds: float) -> str:
    """A time as people read it: `0:07`, `1:02:03`; with tenths where there are some.

    Example:
        >>> clock(7), clock(7.5), clock(3723)
        ('0:07', '0:07.5', '1:02:03')
    """
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{rest // 10:02d}" + (f".{rest % 10}" if rest % 10 else "")
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"
