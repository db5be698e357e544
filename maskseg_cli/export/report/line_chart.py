"""`line_chart`: counts over time as an inline SVG picture."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from maskseg_cli.export.report.time_series import Bin
from maskseg_cli.printable import printable

#: Colours that people with any colour vision tell apart (Okabe and Ito), and dashes for those who see none.
COLORS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2", "1 2")

_WIDTH, _HEIGHT = 860, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 20, 22, 42


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
    span = max(end - begin, 1e-9)

    def x(time: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (time - begin) / span

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / top

    label = f"Objects in a {'photo' if unit == 'photo' else 'frame'} over time: {', '.join(map(printable, names))}"
    parts = [f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(label)}">']
    for number in range(round(top / step) + 1):
        level = y(number * step)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{level:.1f}" y2="{level:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 7}" y="{level + 4:.1f}" text-anchor="end">{number * step:g}</text>')
    gap = nice_step(span, 7, whole=unit == "photo") if unit == "photo" else time_step(span, 7)
    for number in range(math.ceil(begin / gap), math.floor(end / gap + 1e-9) + 1):
        place, text = x(number * gap), f"{number * gap:g}" if unit == "photo" else clock(number * gap)
        parts.append(f'<line class="tick" x1="{place:.1f}" x2="{place:.1f}" y1="{y(0):.1f}" y2="{y(0) + 5:.1f}"/>')
        parts.append(f'<text x="{place:.1f}" y="{_HEIGHT - 12}" text-anchor="middle">{text}</text>')
    for mark in marks:
        parts.append(f'<line class="mark" x1="{x(mark):.1f}" x2="{x(mark):.1f}" y1="{y(0) - 9:.1f}" y2="{y(0):.1f}"/>')
    for number, name in enumerate(names):
        points = [f"{x(one.time):.1f},{y(one.mean(name)):.1f}" for one in bins]
        points.append(f"{x(end):.1f},{y(bins[-1].mean(name)):.1f}")
        color, dash = COLORS[number % len(COLORS)], _DASHES[number % len(_DASHES)]
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        title = f"<title>{html.escape(printable(name))}</title>"
        parts.append(f'<polyline points="{" ".join(points)}" stroke="{color}"{dashes}>{title}</polyline>')
    return "".join([*parts, "</svg>"])


def legend_line(number: int) -> str:
    """A short line as the n-th class has it in the chart, an `<svg>` element."""
    color, dash = COLORS[number % len(COLORS)], _DASHES[number % len(_DASHES)]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        '<svg class="key" viewBox="0 0 28 10" aria-hidden="true">'
        f'<line x1="1" x2="27" y1="5" y2="5" stroke="{color}"{dashes}/></svg>'
    )


def nice_step(span: float, most: int, whole: bool = False) -> float:
    """A step of 1, 2 or 5 times a power of ten, at most `most` of which fill the span; at least 1 where `whole`.

    Example:
        >>> nice_step(37, 4), nice_step(0.8, 4), nice_step(0.8, 4, whole=True)
        (10, 0.2, 1)
    """
    least = max(span / most, 1e-9)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))
    if whole:
        step = max(1, step)
    return round(step) if step >= 1 else float(f"{step:.3g}")


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
