"""The page in real Chromium: clicks change the controls, and the page shows the status."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from maskseg_cli.serve import Server, start_server
from tests.browser import complaints, screenshot, wait_for
from tests.serve.reading import find, shown, text
from tests.serve.watching import LiveView, brightness, watching

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


def test_the_picture_moves(page: Chrome, view: LiveView) -> None:
    numbers = []
    for _ in range(3):
        number, left, right = shown(page)
        assert max(abs(value - brightness(number)) for value in left) < 4, "the picture of this number"
        assert max(abs(a - b) for a, b in zip(right, (200, 80, 40), strict=True)) < 8, "red is red"
        assert view.feed.latest().number - number < 15, "not an old one"
        numbers.append(number)
        before = screenshot(page)
        wait_for(lambda seen=number: shown(page)[0] > seen, "the next picture")  # type: ignore[misc]
        assert screenshot(page) != before
    assert numbers == sorted(set(numbers))
    assert complaints(page) == []


def test_the_figures(page: Chrome) -> None:
    items = [item.text.split() for item in page.find_elements("css selector", "#counts li")]
    assert items == [["person", "2"], ["dog", "1"]]
    assert text(page, "#latency") == "57 ms"
    assert text(page, "#dropped") == "7"
    first = int(text(page, "#frames"))
    wait_for(lambda: int(text(page, "#frames")) > first, "the number of pictures grows")


@pytest.mark.parametrize("part", ["masks", "contours", "boxes", "captions"])
def test_each_switch(page: Chrome, view: LiveView, part: str) -> None:
    switch = find(page, f"[name={part}]")
    assert switch.is_selected()
    switch.click()
    wait_for(lambda: not getattr(view.controls.drawing, part), f"{part} off")
    others = {"masks", "contours", "boxes", "captions"} - {part}
    assert all(getattr(view.controls.drawing, other) for other in others)
    page.find_element("tag name", "body").send_keys({"contours": "c", "captions": "t"}.get(part, part[0]))
    wait_for(lambda: getattr(view.controls.drawing, part), f"{part} on again by its key")
    wait_for(switch.is_selected, "the switch shows it")


def test_the_score(page: Chrome, view: LiveView) -> None:
    from selenium.webdriver import ActionChains

    slider = find(page, "#score")
    assert (slider.get_property("value"), text(page, "#score-text")) == ("50", "50 %")
    width = slider.size["width"]
    ActionChains(page).click_and_hold(slider).move_by_offset(width // 8, 0).move_by_offset(
        width // 8, 0
    ).release().perform()
    percent = int(str(slider.get_property("value")))
    assert 65 < percent < 85
    assert text(page, "#score-text") == f"{percent} %"
    wait_for(lambda: view.controls.min_score == percent / 100, "the last value")
    slider.send_keys("\ue012")  # arrow left
    wait_for(lambda: view.controls.min_score == (percent - 1) / 100, "one less by the keyboard")


def test_pause(page: Chrome, view: LiveView) -> None:
    find(page, "#pause").click()
    wait_for(lambda: view.controls.paused, "the pause")
    wait_for(lambda: text(page, "#state") == "Paused", "the page says so")
    last = view.feed.latest().number
    wait_for(lambda: shown(page)[0] >= last, "the last picture before the pause is shown, not the one before it")
    assert text(page, "#pause") == "Resume"
    find(page, "body").send_keys(" ")
    wait_for(lambda: not view.controls.paused, "going on by the space bar")
    wait_for(lambda: text(page, "#state") == "Live", "the page says so")


def test_recording_and_snapshot(page: Chrome, view: LiveView) -> None:
    assert not find(page, "#recorded").is_displayed()
    find(page, "#record").click()
    wait_for(lambda: view.controls.recording_wanted, "the recording")
    wait_for(lambda: text(page, "#recorded").startswith("REC 00:0"), "its time")
    assert find(page, "#recorded").get_attribute("title") == "clip.mp4"
    assert find(page, "#record").accessible_name == "Stop recording"
    find(page, "#snapshot").click()
    wait_for(lambda: view.snapshots == 1, "the snapshot")
    wait_for(lambda: text(page, "#message") == "Snapshots: 1", "what became of it")
    find(page, "#record").click()
    wait_for(lambda: not view.controls.recording_wanted, "the end of the recording")
    wait_for(lambda: not find(page, "#recorded").is_displayed(), "nothing is recorded any more")
    assert complaints(page) == []


def test_the_picture_is_downloaded_to_this_device(page: Chrome, tmp_path: Path) -> None:
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    find(page, "#download").click()
    wait_for(lambda: list(tmp_path.glob("*.jpg")), "the file")
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("maskseg-2")
    assert cv2.imread(str(file)).shape == (240, 320, 3)


def test_changes_by_other_viewers_are_shown(page: Chrome, view: LiveView) -> None:
    view.controls.set_drawing(masks=False)
    view.controls.set_min_score(0.2)
    view.controls.set_recording(True)
    wait_for(lambda: not find(page, "[name=masks]").is_selected(), "the switch")
    wait_for(lambda: text(page, "#score-text") == "20 %", "the score")
    wait_for(lambda: text(page, "#record") == "Stop", "the recording")


def test_a_lost_connection_is_shown_and_connected_again(page: Chrome, view: LiveView, server: Server) -> None:
    server.close()
    wait_for(lambda: text(page, "#state") == "No connection", "the page says so")
    assert "Connection lost" in find(page, "#waiting").text
    find(page, "[name=masks]").click()
    wait_for(lambda: text(page, "#message").startswith("Not done"), "what is clicked now has no effect")
    with start_server(view.feed, view.controls, port=server.port):
        wait_for(lambda: text(page, "#state") == "Live", "the page goes on by itself")
        number = shown(page)[0]
        wait_for(lambda: shown(page)[0] > number, "so does the picture")
        assert find(page, "[name=masks]").is_selected()
        page.get("about:blank")


def test_a_hidden_page_loads_no_pictures(page: Chrome, server: Server) -> None:
    wait_for(lambda: server.viewers == 1, "one viewer")
    hidden = "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
    page.execute_script(hidden % "true" + "document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: server.viewers == 0, "no viewer")
    page.execute_script(hidden % "false" + "document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: server.viewers == 1, "one viewer again")


def test_nine_viewers_that_read_nothing_do_not_delay_the_page(page: Chrome, server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(9):
            stack.enter_context(watching(server, buffer=4096))
        wait_for(lambda: text(page, "#viewers") == "10 watching", "ten viewers")
        number = shown(page)[0]
        wait_for(lambda: shown(page)[0] > number + 20, "it goes on")
    wait_for(lambda: text(page, "#viewers") == "", "one viewer")
