"""Writes a short video to try `maskseg video` on: the camera glides over an astronaut, a cat and a cup of coffee.

    python examples/make_sample_video.py sample.mp4

It is made from scikit-image's own sample pictures, part of its package: nothing is downloaded.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter

SIZE = (600, 400)  # width, height
RATE = Fraction(25)
SECONDS_A_PHOTO = 2

#: Photo, and the camera's view at its first and last moment: centre x, centre y and width, in parts of the photo.
SHOTS = (
    (data.astronaut, (0.50, 0.30, 1.00), (0.42, 0.25, 0.62)),
    (data.chelsea, (0.45, 0.45, 0.94), (0.50, 0.50, 1.00)),
    (data.coffee, (0.35, 0.50, 0.65), (0.55, 0.50, 1.00)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a short video to try maskseg on.")
    parser.add_argument("file", type=Path, help="what to write: .mp4, .avi, .mkv, .webm or .gif")
    path = parser.parse_args().file
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, VideoInfo(str(path), *SIZE, RATE)) as writer:
        for number, image in enumerate(frames()):
            writer.write(image, number / RATE, 1 / RATE)
        writer.finish()
    print(path)


def frames() -> Iterator[np.ndarray]:
    """The video's frames, BGR."""
    count = int(RATE * SECONDS_A_PHOTO)
    for load, first, last in SHOTS:
        photo = load()[:, :, ::-1]  # scikit-image gives RGB, OpenCV and maskseg use BGR
        for way in np.linspace(0, 1, count):
            smooth = way * way * (3 - 2 * way)  # starts and stops gently
            yield view(photo, *(a + (b - a) * smooth for a, b in zip(first, last, strict=True)))


def view(photo: np.ndarray, x: float, y: float, width: float) -> np.ndarray:
    """What the camera sees: the part of a photo around (x, y), scaled to the video's size, never beyond the edge."""
    height, full = photo.shape[:2]
    columns = min(width * full, height * SIZE[0] / SIZE[1])
    rows = columns * SIZE[1] / SIZE[0]
    left = min(max(x * full - columns / 2, 0), full - columns)
    top = min(max(y * height - rows / 2, 0), height - rows)
    zoom = SIZE[0] / columns
    matrix = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    return np.asarray(cv2.warpAffine(photo, matrix, SIZE, flags=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC))


if __name__ == "__main__":
    main()
