"""Makes the pictures of docs/webcam.md: the real window with the sample video as camera, and the real page.

The camera of the page always shows the last frame of the sample video, so that the objects that the page lists, which
it asks for once in a while, are those of its picture; this is checked.

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
from collections import Counter
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, TYPE_CHECKING

import cv2
import numpy as np

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from maskseg_cli import load_model  # noqa: E402
from maskseg_cli.media.images import write_image  # noqa: E402
from maskseg_cli.video.video_info import VideoInfo  # noqa: E402
from maskseg_cli.video.writer import VideoWriter  # noqa: E402
from tests.browser import PHONE, opened_browser, screenshot, set_screen, wait_for  # noqa: E402
from tests.screen import opened_screen  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = PROJECT / "docs" / "images"

TEXT = "return document.body.innerText"

#: Names and numbers in the page's list of objects, such as ["cup 1"].
LISTED = "return [...document.querySelectorAll('#counts li')].map(one => one.innerText.replace(/\\s+/g, ' ').trim())"

#: Standard deviation of the pixels of a picture that shows something.
CONTRAST = 20

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


def write(path: Path, frames: list[np.ndarray]) -> None:
    """Writes a video of 25 frames a second."""
    height, width = frames[0].shape[:2]
    with VideoWriter(path, VideoInfo(str(path), width, height, Fraction(25))) as writer:
        for number, frame in enumerate(frames):
            writer.write(frame, Fraction(number, 25), Fraction(1, 25))
        writer.finish()


def window(video: Path, folder: Path) -> np.ndarray:
    """A picture of the window with its help."""
    with opened_screen(folder) as screen, webcam(video, "--window", environment=screen.environment):
        number = screen.wait_for_window("maskseg")
        screen.key("h")
        time.sleep(SETTLE_TIME)
        place = dict(re.findall(r"(\w+)=(\d+)", screen.tool("getwindowgeometry", "--shell", number)))
        x, y, width, height = (int(place[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        return screen.picture()[y : y + height, x : x + width]


def page(video: Path, folder: Path, listed: list[str]) -> np.ndarray:
    """A picture of the page on two screens; `listed` is what its list of objects must hold."""
    with webcam(video, "--serve", "0", "--snapshots", str(folder)) as said, opened_browser(folder / "p") as browser:
        address = next(found[0] for line in said if (found := re.search(r"http://\S+", line)))
        shown = []
        for size, touch in (((1100, 760), False), (PHONE, True)):
            set_screen(browser, size, touch=touch)
            browser.get(address)
            wait_for(lambda: "Live" in browser.execute_script(TEXT), "the picture moves", seconds=60)
            wait_for(lambda: sorted(browser.execute_script(LISTED)) == listed, f"the page lists {listed}", seconds=60)
            time.sleep(SETTLE_TIME)
            png = np.frombuffer(screenshot(browser), np.uint8)
            shown.append(cv2.imdecode(png, cv2.IMREAD_COLOR))
            assert sorted(browser.execute_script(LISTED)) == listed
    height = shown[0].shape[0]
    phone = cv2.resize(shown[1], (round(shown[1].shape[1] * height / shown[1].shape[0]), height))
    return np.hstack([shown[0], np.full((height, 12, 3), 255, np.uint8), phone])


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video, still = folder / "sample.mp4", folder / "still.mp4"
        *_, last = frames = list(runpy.run_path(str(PROJECT / "examples" / "make_sample_video.py"))["frames"]())
        write(video, frames)
        write(still, [last] * 50)
        counts = Counter(load_model()(last).names)
        listed = [f"{name} {number}" for name, number in sorted(counts.items())]
        made = {"webcam-window.jpg": window(video, folder), "webcam-page.jpg": page(still, folder, listed)}
        for file, picture in made.items():
            assert picture.std() > CONTRAST, f"{file} shows nothing"
            write_image(IMAGES / file, picture, quality=85)
            print(IMAGES / file)


if __name__ == "__main__":
    main()
