"""Makes the pictures of docs/counting.md: a frame with a line, a zone and counts, and the report.

The film is a view that glides over three photos of scikit-image side by side, so that a person, a cat and a cup move to
the left, through the line. Each class occurs once in it, and so has one track.

    python docs/make_counting_pictures.py

Needs Chromium and chromedriver. Writes docs/images/counting.jpg and docs/images/counting-report.jpg.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from skimage import data

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from maskseg_cli import Detections, DrawingOptions, Frame, draw, load_model  # noqa: E402
from maskseg_cli.counting.counters import Counters  # noqa: E402
from maskseg_cli.counting.overlay import CountOverlay  # noqa: E402
from maskseg_cli.counting.regions import parse_lines, parse_zones  # noqa: E402
from maskseg_cli.counting.scale import Scale  # noqa: E402
from maskseg_cli.export.report.report import Report  # noqa: E402
from maskseg_cli.media.images import write_image  # noqa: E402
from tests.browser import opened_browser, screenshot, set_screen  # noqa: E402

IMAGES = PROJECT / "docs" / "images"
FRAMES, RATE = 101, 10
WIDTH, HEIGHT = 720, 400
#: Frame of the picture: the person is in the zone, the cat has just passed the line.
SHOWN = 26
CLASSES = ("person", "cat", "cup")


def tracked(detections: Detections) -> Detections:
    """Gives the clearest object of each class a track, and leaves the others out."""
    chosen = detections.filter(CLASSES, min_confidence=0.6)
    _, first = np.unique(chosen.class_id, return_index=True)
    one = chosen[np.sort(first)]
    return dataclasses.replace(one, tracker_id=one.class_id)


def main() -> None:
    photos = [load()[:, :, ::-1] for load in (data.astronaut, data.chelsea, data.coffee)]
    widths = [round(photo.shape[1] * HEIGHT / photo.shape[0]) for photo in photos]
    strip = np.hstack([cv2.resize(photo, (width, HEIGHT)) for photo, width in zip(photos, widths, strict=True)])
    model = load_model()
    counters = Counters(parse_lines("gate=0.66,0,0.66,1"), parse_zones("bay=0.03,0.35,0.4,0.35,0.4,0.97,0.03,0.97"))
    options = DrawingOptions()
    overlay = CountOverlay(counters, drawing=options)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        with Report(page, counters, Scale.parse("25px/cm")) as report:
            for index in range(FRAMES):
                left = round((strip.shape[1] - WIDTH) * index / (FRAMES - 1))
                image = np.ascontiguousarray(strip[:, left : left + WIDTH])
                frame = Frame(image, index, Fraction(index, RATE), Fraction(1, RATE), "yard.mp4")
                detections = counters(frame, tracked(model(image)))
                drawn = overlay(frame, draw(image, detections, options), detections)
                report.add(frame, detections, drawn)
                if index == SHOWN:
                    write_image(IMAGES / "counting.jpg", drawn, quality=85)
        with opened_browser(Path(folder) / "chromium") as browser:
            set_screen(browser, (960, 1180))
            browser.get(page.as_uri())
            picture = cv2.imdecode(np.frombuffer(screenshot(browser), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    write_image(IMAGES / "counting-report.jpg", np.asarray(picture, np.uint8), quality=80)


if __name__ == "__main__":
    main()
