"""The page on all kinds of screens and browsers, and attacks by other pages, in real Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from maskseg_cli.serve import Server, start_server
from tests.browser import DESKTOP, PHONE, screenshot, set_dark, set_screen, wait_for
from tests.serve.reading import find, shown, text
from tests.serve.watching import LiveView

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement


#: The page's width; what sticks out of the screen; controls that a finger misses.
_LAYOUT = """
const controls = [...document.querySelectorAll("button, .button, .switch, input[type=range]")];
const box = (element) => element.getBoundingClientRect();
const names = (elements) => elements.map((element) => element.outerHTML);
return [
  document.documentElement.scrollWidth,
  names([...document.querySelectorAll("main *:not(li, li *)")]
    .filter((one) => box(one).right > innerWidth + 0.5 || box(one).left < -0.5)),
  names(controls.filter((one) => box(one).width && box(one).height < (one.type === "range" ? 32 : 44))),
];
"""


def test_screens_of_all_sizes(page: Chrome) -> None:
    for size in (PHONE, (844, 390), (360, 640), (768, 1024), DESKTOP, (1920, 1080)):
        set_screen(page, size, touch=size[0] < 1000)
        width, out, small = page.execute_script(_LAYOUT)
        assert width <= size[0], "nothing makes the page wider than the screen"
        assert (out, small) == ([], []), size
        stage = find(page, "#stage").rect
        assert 0 <= stage["y"] < stage["y"] + stage["height"] <= size[1], "the whole picture is visible"
        if size == PHONE:
            assert stage["width"] == size[0]


def test_light_and_dark(page: Chrome) -> None:
    for dark in (False, True):
        set_dark(page, dark)
        assert (corner(screenshot(page)) < 40) is dark, "the ground is dark or light"


def corner(png: bytes) -> float:
    return float(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)[-10:, :10].mean())


def test_every_control_has_a_name(page: Chrome) -> None:
    controls = page.find_elements("css selector", "button, a, input, canvas")
    names = {control.accessible_name for control in controls if control.is_displayed()}
    assert names == {
        "Record", "Pause", "Snapshot", "Download", "Lowest score", "Masks", "Outlines", "Boxes", "Captions",
        "Live picture with the outlines of all objects found", "Full screen",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["old browser", "no scripts"])
def test_old_browsers_see_the_picture_too(browser: Chrome, server: Server, how: str) -> None:
    script: dict[str, Any] = {}
    if how == "old browser":
        source = {"source": "delete window.createImageBitmap"}
        script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", source)
    else:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(server.url)
        image = wait_for(lambda: browser.find_elements("css selector", ".stage img"), "the picture")[0]
        wait_for(lambda: server.viewers == 1 and server.encoded > 5, "it is streamed")
        wait_for(lambda: colours(screenshot(browser), image) > 1000, "it is seen")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        if script:
            browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def colours(png: bytes, image: WebElement) -> int:
    """How many pixels of a screenshot have the colour of the right half of the pictures."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return int((np.abs(pixels.astype(int) - (40, 80, 200)).max(axis=2) < 10).sum())


def test_the_token(browser: Chrome, view: LiveView) -> None:
    with start_server(view.feed, view.controls, port=0, token="open sesame") as server:
        bare = server.url.partition("?")[0]
        browser.get(bare)
        assert "needs a token" in find(browser, "#message").text
        find(browser, "#token").send_keys("sesame\n")
        wait_for(lambda: "token is wrong" in text(browser, "body"), "a wrong one")
        find(browser, "#token").send_keys("open sesame\n")
        wait_for(lambda: browser.find_elements("css selector", "#stage"), "the page")
        assert browser.current_url == bare, "the token is not left in the address"
        shown(browser)
        browser.get("about:blank")
        browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
        browser.get(server.url)
        assert browser.current_url == bare
        find(browser, "[name=boxes]").click()
        wait_for(lambda: not view.controls.drawing.boxes, "the controls work")
        browser.get("about:blank")


_EVIL = """
<img id="seen" src="PAGE/snapshot.jpg"><iframe src="PAGE/"></iframe>
<form method="post" action="PAGE/recording" enctype="text/plain"><input name='{"on": true, "x": "' value='"}'></form>
<script>
  window.read = null;
  fetch("PAGE/controls", {method: "POST", mode: "no-cors", body: '{"masks": false}'}).catch(() => {});
  fetch("PAGE/status.json").then(() => window.read = "read").catch(() => window.read = "refused");
</script>
"""


def test_other_pages_see_and_change_nothing(page: Chrome, view: LiveView, server: Server, tmp_path: Path) -> None:
    evil = tmp_path / "evil.html"
    evil.write_text(_EVIL.replace("PAGE/", server.url))
    page.get(evil.as_uri())
    wait_for(lambda: page.execute_script("return window.read") == "refused", "the answer")
    assert page.execute_script("return document.querySelector('#seen').naturalWidth") == 0
    page.execute_script("document.querySelector('form').submit()")
    wait_for(lambda: "error" in text(page, "body"), "the form's answer")
    assert view.controls.drawing.masks
    assert not view.controls.recording_wanted
