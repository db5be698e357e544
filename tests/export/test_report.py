"""The report: its parts, and the page in Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.counting.counters import Counters
from maskseg_cli.counting.regions import parse_lines, parse_zones
from maskseg_cli.counting.scale import Scale
from maskseg_cli.errors import UsageError
from maskseg_cli.export.report.contact_sheet import ContactSheet
from maskseg_cli.export.report.line_chart import line_chart, time_step
from maskseg_cli.export.report.report import Report
from maskseg_cli.export.report.time_series import Bin, TimeSeries
from maskseg_cli.pages.axes import nice_step
from tests.browser import PHONE, complaints, set_screen
from tests.counting.scenes import found, frames

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HOSTILE = '<script>document.title="taken"</script><img src=http://127.0.0.1:9/x.png>\x1b[2J"\'.mp4'


def make(path: Path, source: str = HOSTILE, videos: int = 1) -> Path:
    """A report of videos in which a car drives down through a line, and a person stands in a zone."""
    counters = Counters(parse_lines("g<b>ate=0,0.5,1,0.5"), parse_zones("z&one=0.5,0,1,0,1,1,0.5,1"))
    with Report(path, counters, Scale(0.5, "m")) as report:
        for number in range(videos):
            counters.reset()
            for frame in frames(60, source=source if not number else f"{number}{source}"):
                top = frame.index + 5
                detections = found([("car", 1, 20, top, 40, 20), ("person", 2, 130, 30, 20, 50)])
                report.add(frame, counters(frame, detections), frame.image)
    return path


def test_the_page_in_a_browser(tmp_path: Path, browser: Chrome) -> None:
    page = make(tmp_path / "report.html")
    for size in ((1280, 800), PHONE):
        set_screen(browser, size, touch=size == PHONE)
        browser.get(page.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    text = browser.execute_script("return document.body.innerText")
    assert "What was found in <script>document.title" in text  # as text, not as a script
    assert browser.title.startswith("Report: <script>")
    assert browser.execute_script("return document.scripts.length") == 0
    assert "1 car in, 0 out over 'g<b>ate'." in text
    assert "Zone z&one" in text
    assert "\\x1b[2J" in text
    cells = "[...row.children].map(cell => cell.innerText)"
    rows = browser.execute_script(f"return [...document.querySelectorAll('tbody tr')].map(row => {cells})")
    assert ["car", "1", "1.00", "1"] in rows
    assert ["person", "1", "1", "5.9 s", "5.9 s"] in rows
    assert ["car", "1", "200", "200 to 200", "20", "20 to 20", "10", "10 to 10"] in rows
    pictures = "return [...document.images].map(one => [one.complete && one.naturalWidth > 0, one.src.slice(0, 11)])"
    loaded = browser.execute_script(pictures)
    assert len(loaded) == 12 + 2
    assert {tuple(one) for one in loaded} == {(True, "data:image/")}
    assert browser.execute_script("return document.querySelectorAll('svg.chart polyline').length") == 2
    assert browser.execute_script("return document.querySelector('svg.chart').getBoundingClientRect().width") > 300
    # Nothing was asked of the network; the console names what the policy of the page would have refused.
    asked = browser.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    assert [address for address in asked if not address.startswith("data:")] == []
    assert complaints(browser) == []


def test_no_text_from_outside_reaches_the_page_unescaped(tmp_path: Path) -> None:
    page = make(tmp_path / "r.html", videos=3).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<img src=http" not in page
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert {address[:5] for address in re.findall(r'(?:src|href)="([^"]*)"', page)} == {"data:"}
    assert page.count("<section>") == 1 + 3 + 2  # all videos, each, clearest objects, sizes


def test_a_report_counts_by_itself_and_is_bounded(tmp_path: Path) -> None:
    sizes = []
    for number in (100, 1500):
        path = tmp_path / f"{number}.html"
        with Report(path) as report:
            for frame in frames(number):
                report.add(frame, found([("car", frame.index // 9, 20, 20, 40, 20)]), None)
            assert len(report._sections[0].series.bins) <= 400
            assert len(report._sections[0].sheet._kept) <= 24
        sizes.append(path.stat().st_size)
        assert "Different objects" in path.read_text(encoding="utf-8")
    assert sizes[1] < 2 * sizes[0]
    with pytest.raises(UsageError, match=r"an \.html file"):
        Report(tmp_path / "r.txt")
    with Report(tmp_path / "none.html") as empty:
        pass
    assert "0 videos" in (tmp_path / "none.html").read_text(encoding="utf-8")
    assert empty.path.is_file()
    gone = Report(tmp_path / "gone.html")
    gone.discard()
    assert not list(tmp_path.glob("gone*"))


@given(st.integers(1, 300), st.integers(1, 12))
def test_contact_sheets_are_bounded_and_even(number: int, most: int) -> None:
    sheet = ContactSheet(most)
    for index in range(number):
        sheet.add(np.zeros((2, 3, 3), np.uint8), str(index))
    chosen = [int(one.caption) for one in sheet.chosen()]
    assert chosen[0] == 0
    assert chosen == sorted(set(chosen))
    assert min(number, most) == len(chosen) or number > most >= len(chosen) > most / 2
    gaps = np.diff(chosen)
    assert len(gaps) == 0 or gaps.max() <= 2 * gaps.min()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.integers(2, 16))
def test_series_lose_no_object(counts: list[int], most: int) -> None:
    series = TimeSeries(most)
    for time, number in enumerate(counts):
        series.add(float(time), {"car": number})
    assert len(series.bins) <= most
    assert sum(one.frames for one in series.bins) == len(counts)
    assert sum(one.objects["car"] for one in series.bins) == sum(counts)
    assert [one.time for one in series.bins] == sorted({one.time for one in series.bins})


@given(st.floats(0.001, 1e7))
def test_steps_of_axes(span: float) -> None:
    assert span / nice_step(span, 5) <= 5.001
    assert span / time_step(span, 7) <= 7.1
    assert nice_step(span, 5, whole=True) >= 1
    bins = [Bin(0.0, 1), Bin(span, 1)]
    bins[1].objects["car"] = 3
    chart = line_chart(bins, ["car"], span)
    assert "nan" not in chart
    assert chart.count("<text") < 30
