"""Makes the picture of docs/serve.md: the real page with scikit-image's photos, on two screens.

    python docs/make_serve_pictures.py

Needs Chromium and chromedriver. Writes docs/images/serve-page.jpg.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from maskseg_cli.media.images import write_image  # noqa: E402
from tests.browser import PHONE, opened_browser, screenshot, set_screen, wait_for  # noqa: E402

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

#: Photo -> a class that the page must have found in it.
PHOTOS = {"astronaut": "person", "coffee": "cup", "cat": "cat"}

LABEL = "return document.getElementById('picture').getAttribute('aria-label')"
DONE = "return document.querySelectorAll('#photos [data-state=done]').length"


def shown(browser: Chrome, address: str, size: tuple[int, int], touch: bool, folder: Path) -> np.ndarray:
    """A picture of the page on a screen, with the first photo."""
    set_screen(browser, size, touch=touch)
    browser.get(address)
    browser.find_element("id", "files").send_keys("\n".join(str(folder / f"{name}.jpg") for name in PHOTOS))
    wait_for(lambda: browser.execute_script(DONE) == len(PHOTOS), "all photos are done", seconds=60)
    for number, (name, found) in reversed(list(enumerate(PHOTOS.items()))):
        browser.find_elements("css selector", "#photos button")[number].click()
        wait_for(lambda wanted=f"{name}.jpg": browser.execute_script(LABEL).startswith(wanted), name)
        assert found in browser.execute_script(LABEL), browser.execute_script(LABEL)
    browser.execute_script("document.activeElement.blur()")
    wait_for(lambda: "object" in browser.find_element("id", "message").text, "it is drawn")
    return cv2.imdecode(np.frombuffer(screenshot(browser), np.uint8), cv2.IMREAD_COLOR)


def page(folder: Path) -> np.ndarray:
    """The page on the screens of a computer and of a phone, side by side."""
    command = [sys.executable, "-m", "maskseg_cli", "serve", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        address = next(found[0] for line in process.stderr if (found := re.search(r"http://\S+", line)))
        with opened_browser(folder / "profile") as browser:
            large = shown(browser, address, (1200, 800), False, folder)
            small = shown(browser, address, PHONE, True, folder)
    finally:
        process.terminate()
        process.wait()
    height = large.shape[0]
    phone = cv2.resize(small, (round(small.shape[1] * height / small.shape[0]), height), interpolation=cv2.INTER_AREA)
    return np.hstack([large, np.full((height, 12, 3), 255, np.uint8), phone])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for photo, load in runpy.run_path(str(PROJECT / "examples" / "make_sample_photos.py"))["PHOTOS"].items():
            write_image(folder / f"{photo}.jpg", load()[:, :, ::-1])
        file = PROJECT / "docs" / "images" / "serve-page.jpg"
        write_image(file, page(folder), quality=85)
        print(file)


if __name__ == "__main__":
    main()
