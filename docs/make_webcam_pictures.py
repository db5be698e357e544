"""Makes the pictures of docs/webcam.md: the real window and the real page, with the sample video as camera.

    python docs/make_webcam_pictures.py

Needs Xvfb, xdotool, Chromium and chromedriver. Writes docs/images/webcam-*.jpg.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import cv2
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from maskseg_cli.media.images import write_image  # noqa: E402
from tests.browser import PHONE, opened_browser, screenshot, set_screen, wait_for  # noqa: E402
from tests.screen import opened_screen  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = PROJECT / "docs" / "images"

TEXT = "return document.body.innerText"

#: Seconds until the network has run several times.
SETTLE_TIME = 6.0


@contextmanager
def webcam(video: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[IO[str]]:
    """The running program; yields its messages."""
    command = [sys.executable, "-m", "maskseg_cli", "webcam", "--camera", str(video), "--loop", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=video.parent)
    assert process.stderr is not None
    try:
        yield process.stderr
    finally:
        process.terminate()
        process.wait()


def window(video: Path, folder: Path) -> np.ndarray:
    """A picture of the window with its help."""
    with opened_screen(folder) as screen, webcam(video, "--window", environment=screen.environment):
        number = screen.wait_for_window("maskseg")
        screen.key("h")
        time.sleep(SETTLE_TIME)
        place = dict(re.findall(r"(\w+)=(\d+)", screen.tool("getwindowgeometry", "--shell", number)))
        x, y, width, height = (int(place[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        return screen.picture()[y : y + height, x : x + width]


def page(video: Path, folder: Path) -> np.ndarray:
    """A picture of the page on two screens."""
    with webcam(video, "--serve", "0", "--snapshots", str(folder)) as said, opened_browser(folder / "p") as browser:
        address = next(found[0] for line in said if (found := re.search(r"http://\S+", line)))
        shown = []
        for size, touch in (((1100, 760), False), (PHONE, True)):
            set_screen(browser, size, touch=touch)
            browser.get(address)
            wait_for(lambda: "Live" in browser.execute_script(TEXT), "the picture moves", seconds=60)
            time.sleep(SETTLE_TIME)
            png = np.frombuffer(screenshot(browser), np.uint8)
            shown.append(cv2.imdecode(png, cv2.IMREAD_COLOR))
    height = shown[0].shape[0]
    phone = cv2.resize(shown[1], (round(shown[1].shape[1] * height / shown[1].shape[0]), height))
    return np.hstack([shown[0], np.full((height, 12, 3), 255, np.uint8), phone])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = folder / "sample.mp4"
        sys.argv = ["make_sample_video.py", str(video)]
        runpy.run_path(str(PROJECT / "examples" / "make_sample_video.py"), run_name="__main__")
        for file, picture in (("webcam-window.jpg", window(video, folder)), ("webcam-page.jpg", page(video, folder))):
            write_image(IMAGES / file, picture, quality=85)
            print(IMAGES / file)


if __name__ == "__main__":
    main()
