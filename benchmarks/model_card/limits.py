"""Draws what the bundled model gets wrong, on photos that may be passed on: scikit-image's own.

    python -m benchmarks.model_card.limits [--weights FILE] [--photos]      (from the checkout's folder)

Writes docs/images/limits.jpg and docs/images/limits-size.jpg, and into weights/README.md what was found in them at the
default settings. --photos prints what is found in all of scikit-image's photos, to choose from.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks.model_card import sections
from benchmarks.model_card.tables import table
from docs.make_pictures import drawn_for, side_by_side
from maskseg_cli import Detections, Predictor, load_model
from maskseg_cli.media.images import read_image, write_image
from maskseg_cli.messages import describe

CARD = sections.PROJECT / "weights" / "README.md"
IMAGES = sections.PROJECT / "docs" / "images"
DATA = Path(data.__file__).parent

#: scikit-image's photos of things that are none of the 80 classes, or that hide among others; what they show.
PHOTOS = {
    "coins.png": "antique coins, which are none of the 80 classes",
    "moon.png": "the surface of the moon",
    "ihc.png": "stained tissue under a microscope",
    "retina.jpg": "the retina of an eye",
    "astronaut.png": "a person, a flag, a space shuttle and a helmet",
    "rocket.jpg": "a rocket and its tower",
}
HEIGHT = 170

#: Height and width of the pictures of many cats, and the heights of their cats, all in pixels.
MANY = (480, 640)
CAT_HEIGHTS = (128, 96, 64, 32)

Picture = NDArray[np.uint8]


def in_words(found: Detections) -> str:
    """ "2 clocks, 1 bowl", with the highest score of all, or "nothing found"."""
    best = f", the surest with {found.confidence.max():.2f}" if len(found) else ""
    return describe(found.names) + best


def mistakes(model: Predictor) -> tuple[Picture, str]:
    """The photos in two rows, and a line of Markdown for each."""
    drawn, lines = [], []
    for file, shown in PHOTOS.items():
        photo = read_image(DATA / file)
        found = model(photo)
        drawn.append(drawn_for(HEIGHT, photo, found, masks=False))
        lines.append(f"- {shown}: {in_words(found)}")
    half = len(drawn) // 2
    return stacked([side_by_side(row, HEIGHT) for row in (drawn[:half], drawn[half:])]), "\n".join(lines)


def many_cats(cat_height: int) -> tuple[Picture, int]:
    """A gray picture full of scikit-image's cat, each of this height in pixels, and how many there are."""
    height, width = MANY
    cat = read_image(DATA / "chelsea.png")
    cat_width = round(cat_height * cat.shape[1] / cat.shape[0])
    small = cv2.resize(cat, (cat_width, cat_height), interpolation=cv2.INTER_AREA)
    gap = max(4, cat_height // 4)
    canvas = np.full((height, width, 3), 127, np.uint8)
    tops = range(gap, height - cat_height, cat_height + gap)
    lefts = range(gap, width - cat_width, cat_width + gap)
    for top in tops:
        for left in lefts:
            canvas[top : top + cat_height, left : left + cat_width] = small
    return canvas, len(tops) * len(lefts)


def shrinking(model: Predictor) -> tuple[Picture, str]:
    """Pictures of many cats side by side, and a table of how many were found."""
    drawn, rows = [], []
    for cat_height in CAT_HEIGHTS:
        picture, count = many_cats(cat_height)
        found = model(picture)
        cats = found.names.count("cat")
        drawn.append(drawn_for(HEIGHT, picture, found, masks=False, captions=False))
        rows.append((f"{cat_height} pixels", str(count), str(cats), str(len(found) - cats)))
    return side_by_side(drawn, HEIGHT), table(("height of a cat", "cats", "found", "taken for something else"), rows)


def stacked(rows: list[Picture], gap: int = 6) -> Picture:
    """Rows of pictures, one under the other, on white."""
    width = max(row.shape[1] for row in rows)
    wide = [
        cv2.copyMakeBorder(row, 0, gap, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for row in rows
    ]
    return np.asarray(np.vstack(wide)[:-gap], np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", default="lite", help="the model (default: the bundled one)")
    parser.add_argument("--photos", action="store_true", help="only print what is found in each photo")
    options = parser.parse_args()
    model = load_model(options.weights)
    if options.photos:
        for path in sorted([*DATA.glob("*.png"), *DATA.glob("*.jpg")]):
            print(f"{path.name}: {in_words(model(read_image(path)))}")
        return
    pictures = {"limits": mistakes(model), "limits-size": shrinking(model)}
    for name, (picture, text) in pictures.items():
        write_image(IMAGES / f"{name}.jpg", picture, quality=85)
        print(f"{IMAGES / name}.jpg\n{text}\n")
    sections.fill(CARD, {name: text for name, (_, text) in pictures.items()})


if __name__ == "__main__":
    main()
