"""Charts: what is drawn where, and text from outside."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.pages.axes import Axes, nice_ticks
from maskseg_cli.pages.charts import Curve, bar_chart, curve_chart, histogram
from maskseg_cli.pages.page import page, section

HOSTILE = "<script>\x1b[2J\"'"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_few_and_within_the_axis(low: float, span: float, most: int) -> None:
    ticks = nice_ticks(low, low + span, most)
    assert ticks == sorted(ticks)
    assert (1 if most > 2 else 0) <= len(ticks) <= most + 1 or span < 1e-6 * abs(low)
    assert all(low - 1e-6 * span <= tick + 1e-9 * abs(tick) for tick in ticks)


def test_axes_place_the_ends_at_the_margins() -> None:
    axes = Axes((-1, 3), (0, 10))
    assert (axes.x(-1), axes.x(3)) == (48, 840)
    assert (axes.y(0), axes.y(10)) == (208, 22)


def test_bars_have_the_lengths_of_their_values() -> None:
    chart = bar_chart([("cat", 2.0, "2"), (HOSTILE, 1.0, "1"), ("none", 0.0, "0")], "Objects")
    widths = [float(width) for width in re.findall(r'<rect class="bar"[^>]* width="([\d.]+)"', chart)]
    assert widths == [580.0, 290.0, 0.0]
    assert "<script>" not in chart
    assert "\x1b" not in chart
    assert bar_chart([], "Nothing") == ""


def test_columns_of_a_histogram_touch_the_axis() -> None:
    chart = histogram([1, 4, 0], [0, 1, 2, 3], "Sizes", "pixels", "objects")
    tops = re.findall(r'y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', chart)
    assert [round(float(top) + float(height), 1) for top, height in tops] == [140.0] * 3
    assert [float(height) for _, height in tops] == [28.0, 112.0, 0.0]


def test_curves_have_a_legend_and_points_where_they_belong() -> None:
    curves = [Curve("a", [(0, 0), (1, 1)]), Curve(HOSTILE, [(0, 1), (1, 0)], marks=True)]
    chart = curve_chart(curves, "Precision", "recall", "precision", (0, 1), (0, 1))
    assert 'points="56.0,260.0 840.0,28.0"' in chart
    assert chart.count("<circle") == 2
    assert chart.count("<li>") == 2
    assert "<script>" not in chart


def test_a_page_escapes_its_titles_and_loads_nothing() -> None:
    text = "".join(page(HOSTILE, HOSTILE, [section(HOSTILE, "<p>x</p>", anchor="first")]))
    assert "<script>" not in text
    assert "default-src 'none'" in text
    assert '<section id="first">' in text
    assert text.endswith("</body></html>\n")
