"""`Axes`: the frame of a chart, and the steps that people read easily."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

from maskseg_cli.printable import printable

#: Colours that people with any colour vision tell apart (Okabe and Ito), and dashes for those who see none.
COLORS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2", "1 2")


#: Widths of charts that do not fill the page: two stand side by side, or one is not made wider than this. Their text is
#: as large as that of the page's full width, also on phones.
HALF, NARROW = 430, 560


@dataclass(frozen=True)
class Axes:
    """Places values on a drawing area with a margin for the labels; in units of the SVG's viewBox.

    Attributes:
        x_range, y_range: least and greatest value.
        width, height: of the whole chart.
        left, right, top, bottom: margins.
    """

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    width: int = 860
    height: int = 250
    left: int = 48
    right: int = 20
    top: int = 22
    bottom: int = 42

    def x(self, value: float) -> float:
        """The place of a value on the horizontal axis."""
        low, high = self.x_range
        return self.left + (self.width - self.left - self.right) * (value - low) / ((high - low) or 1e-9)

    def y(self, value: float) -> float:
        """The place of a value on the vertical axis; larger values are further up."""
        low, high = self.y_range
        return (
            self.height - self.bottom - (self.height - self.top - self.bottom) * (value - low) / ((high - low) or 1e-9)
        )

    def start(self, label: str) -> str:
        """The opening `<svg>` tag; `label` says what the chart shows, to people who cannot see it."""
        kind = "chart half" if self.width <= HALF else "chart narrow" if self.width <= NARROW else "chart"
        return (
            f'<svg class="{kind}" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{html.escape(printable(label))}">'
        )

    def level(self, value: float, text: str) -> str:
        """A horizontal line of the grid with its label at the left."""
        place, end = self.y(value), self.width - self.right
        return (
            f'<line class="grid" x1="{self.left}" x2="{end}" y1="{place:.1f}" y2="{place:.1f}"/>'
            f'<text x="{self.left - 7}" y="{place + 4:.1f}" text-anchor="end">{html.escape(printable(text))}</text>'
        )

    def tick(self, value: float, text: str) -> str:
        """A tick below the horizontal axis with its label."""
        place, base = self.x(value), self.height - self.bottom
        return (
            f'<line class="tick" x1="{place:.1f}" x2="{place:.1f}" y1="{base}" y2="{base + 5}"/>'
            f'<text x="{place:.1f}" y="{base + 20}" text-anchor="middle">{html.escape(printable(text))}</text>'
        )

    def x_title(self, text: str) -> str:
        """What the horizontal axis measures, below its labels; it needs a bottom margin of 60."""
        middle = (self.left + self.width - self.right) / 2
        return (
            f'<text x="{middle:.1f}" y="{self.height - 6}" text-anchor="middle">{html.escape(printable(text))}</text>'
        )

    def y_title(self, text: str) -> str:
        """What the vertical axis measures, above it."""
        return f'<text x="{self.left - 40}" y="13">{html.escape(printable(text))}</text>'


def color_of(number: int) -> str:
    """The colour of the n-th line of a chart."""
    return COLORS[number % len(COLORS)]


def dashes_of(number: int) -> str:
    """The attribute for the dashes of the n-th line of a chart; "" for a solid line."""
    dash = _DASHES[number % len(_DASHES)]
    return f' stroke-dasharray="{dash}"' if dash else ""


def legend_line(number: int) -> str:
    """A short line as the n-th one of a chart, an `<svg>` element."""
    return (
        '<svg class="key" viewBox="0 0 28 10" aria-hidden="true">'
        f'<line x1="1" x2="27" y1="5" y2="5" stroke="{color_of(number)}"{dashes_of(number)}/></svg>'
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


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Values of an axis that people read easily, within low..high.

    Example:
        >>> nice_ticks(0, 1, 5), nice_ticks(-3, 12, 4)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 5.0, 10.0])
    """
    step = nice_step(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]
