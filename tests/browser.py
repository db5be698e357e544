"""Real Chromium without a window, driven by Selenium, for tests of web pages and of videos that browsers play.

Use the fixture `browser` of tests/conftest.py: one Chromium serves the whole run, each test gets a clean tab. It skips,
with the reason, where Chromium, its driver or Selenium is absent.
"""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root in a container has none
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers give 64 MB
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-proxy-server",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-file-access-from-files",  # a page on disk may read the pixels of a video beside it
    "--lang=en",
)
DESKTOP = (1280, 800)
PHONE = (390, 844)

T = TypeVar("T")


@contextmanager
def opened_browser(profile: Path) -> Iterator[Chrome]:
    """Chromium with its profile in the folder `profile`; skips the test where it cannot be had."""
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        pytest.skip("needs Chromium, which is not installed (Debian: apt-get install chromium)")
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("needs chromedriver, which is not installed (Debian: apt-get install chromium-driver)")
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs Selenium (pip install selenium)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Named, the driver is not looked for in the network; nor is the way to it a proxy's business.
    service = webdriver.ChromeService(executable_path=driver, env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"})
    with _without_proxies():
        chrome = webdriver.Chrome(options=options, service=service)
        try:
            chrome.set_page_load_timeout(30)
            yield chrome
        finally:
            chrome.quit()


@contextmanager
def _without_proxies() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


def clean(browser: Chrome) -> None:
    """Leaves the page and forgets its cookies, its log and the screen that it was shown on."""
    browser.get("about:blank")  # ends streams
    browser.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    set_screen(browser, DESKTOP)
    browser.get_log("browser")


def set_screen(browser: Chrome, size: tuple[int, int], scale: float = 1, touch: bool = False) -> None:
    """Shows pages on a screen of (width, height) CSS pixels; `touch` makes it a phone's."""
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": touch},
    )
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})


def set_dark(browser: Chrome, dark: bool = True) -> None:
    """Tells pages that the user likes dark (or light) colours."""
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [feature]})


def screenshot(browser: Chrome, path: Path | None = None, whole_page: bool = False) -> bytes:
    """The screen as PNG, or all of a page that is longer than it; also written to `path`."""
    asked = {"format": "png", "captureBeyondViewport": whole_page}
    data = base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", asked)["data"])
    if path is not None:
        path.write_bytes(data)
    return data


def wait_for(condition: Callable[[], T], what: str, seconds: float = 15) -> T:
    """Asks until the answer is true, and returns it; fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain: {what}")
        time.sleep(0.03)


def complaints(browser: Chrome) -> list[dict[str, Any]]:
    """What the page's console has said since the last time asked: warnings, errors, refused resources."""
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]
