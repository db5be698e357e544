"""Reads the visible state of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser import wait_for

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

#: Number and colours (left half, right half) of what the canvas shows at this moment.
_SHOWN = """
const canvas = document.querySelector("#picture"), copy = document.createElement("canvas");
copy.width = copy.height = 2;
const context = copy.getContext("2d");
context.imageSmoothingEnabled = false;
context.drawImage(canvas, 0, 0, 2, 2);
const pixels = Array.from(context.getImageData(0, 0, 2, 1).data);
return canvas.dataset.number ? [Number(canvas.dataset.number), pixels.slice(0, 3), pixels.slice(4, 7)] : null;
"""


def text(browser: Chrome, selector: str) -> str:
    return str(browser.execute_script("return document.querySelector(arguments[0]).textContent.trim()", selector))


def find(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element("css selector", selector)


def shown(browser: Chrome) -> tuple[int, list[int], list[int]]:
    number, left, right = wait_for(lambda: browser.execute_script(_SHOWN), "a picture")
    return int(number), left, right
