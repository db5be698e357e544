"""The real command in a process of its own: its page in Chromium with a real picture, and its end by a signal."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
import skimage.data

from tests.browser import PHONE, complaints, set_screen, wait_for
from tests.cli import fake_model
from tests.cli.fake_model import scene
from tests.cli.running import ENVIRONMENT

if TYPE_CHECKING:
    from selenium.webdriver import Chrome


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", fake_model.__name__, "serve", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stderr is not None
    try:
        line = process.stderr.readline().decode()
        assert line.startswith("Serving at http://127.0.0.1:"), line + process.stderr.read().decode()
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read().decode()
        assert process.wait(10) == 143
        assert rest == "Stopped.\n"


def test_the_command_answers(url: str) -> None:
    with urllib.request.urlopen(f"{url}v1/model", timeout=10) as response:
        assert json.load(io.BytesIO(response.read()))["lowest_score"] == 0.1


def test_a_photo_is_outlined_on_the_page(url: str, browser: Chrome, tmp_path: Path) -> None:
    picture = cv2.resize(skimage.data.astronaut()[..., ::-1] // 2, (384, 256))
    picture[:64, :96] = scene()  # what the stand-in finds: a person and a dog
    cv2.imwrite(str(tmp_path / "one.png"), picture)
    set_screen(browser, PHONE, touch=True)
    browser.get(url)
    wait_for(lambda: browser.execute_script("return document.getElementById('score').min") == "10", "the limits")
    browser.find_element("id", "files").send_keys(str(tmp_path / "one.png"))

    def message() -> str:
        return browser.find_element("id", "message").text

    wait_for(lambda: message() == "2 objects", f"the objects; the page says {message()!r}")
    pixel = "return [...document.getElementById('picture').getContext('2d').getImageData(12, 20, 1, 1).data]"
    coloured = browser.execute_script(pixel)
    assert coloured != [255, 255, 255, 255]  # the person is white in the picture itself
    requests = "return performance.getEntriesByType('resource').length"
    before = browser.execute_script(requests)
    for name in ("masks", "contours", "boxes", "captions"):
        browser.execute_script(f"document.querySelector('[name={name}]').click()")
    assert browser.execute_script(pixel) == [255, 255, 255, 255]
    move = "const s = document.getElementById('score'); s.value = 80; s.dispatchEvent(new Event('input'))"
    browser.execute_script(move)
    assert message() == "1 object"
    browser.execute_script("document.querySelector('#classes label + label input').click()")  # person, after dog
    assert message() == "0 objects"
    assert browser.execute_script(requests) == before  # nothing of that was asked of the server
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= PHONE[0]
    said = [one for one in complaints(browser) if "readback" not in one["message"]]  # of this test's own reading
    assert said == []
