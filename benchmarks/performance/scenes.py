"""Pictures and videos to measure with, from scikit-image's own photos: nothing is downloaded."""

from __future__ import annotations

import math
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.video_memory import EXAMPLE, repeat
from maskseg_cli.benchmark.photo import BenchmarkPhoto, as_photo

#: Height and width of the picture with many things in it.
MOSAIC = (800, 1200)

#: Standard deviation of the noise of a photo, 0..255, and the side in pixels of its pattern, which is repeated.
GRAIN, GRAIN_SIDE = 3.0, 512


def photo_of(megapixels: float) -> BenchmarkPhoto:
    """The coffee photo of scikit-image, enlarged or reduced to so many pixels, as JPEG; width : height is 3 : 2.

    A little noise is added, as a camera's sensor would: a smooth picture is decoded and encoded faster than a photo.
    """
    from skimage import data

    width = round(math.sqrt(1.5e6 * megapixels))
    image = cv2.resize(data.coffee()[:, :, ::-1], (width, round(width / 1.5)), interpolation=cv2.INTER_CUBIC)
    height = image.shape[0]
    grain = np.random.default_rng(1).normal(0, GRAIN, (GRAIN_SIDE, GRAIN_SIDE, 3)).round().astype(np.int16)
    for top in range(0, height, GRAIN_SIDE):  # in stripes: a whole picture of noise takes a gigabyte
        stripe = image[top : top + GRAIN_SIDE]
        noise = np.tile(grain, (1, -(-width // GRAIN_SIDE), 1))[: len(stripe), :width]
        stripe[:] = np.clip(stripe + noise, 0, 255).astype(np.uint8)
    return as_photo("coffee.jpg", np.ascontiguousarray(image))


def mosaic() -> NDArray[np.uint8]:
    """Twelve views of three photos in four columns, uint8 (800, 1200, 3), BGR."""
    from skimage import data

    height, width = MOSAIC[0] // 3, MOSAIC[1] // 4
    photos = [load()[:, :, ::-1] for load in (data.coffee, data.chelsea, data.astronaut)]
    tiles = [cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA) for photo in photos]
    tiles += [tile[:, ::-1] for tile in tiles]
    rows = [np.concatenate([tiles[(row * 2 + column) % 6] for column in range(4)], axis=1) for row in range(3)]
    image = np.zeros((*MOSAIC, 3), np.uint8)
    image[: 3 * height, : 4 * width] = np.concatenate(rows)
    return image


def clip(path: Path) -> None:
    """Writes the six seconds of examples/make_sample_video.py, 600 x 400 pixels, 150 frames."""
    before, sys.argv = sys.argv, [EXAMPLE.name, str(path)]
    try:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    finally:
        sys.argv = before


def video_of(frames: int, source: Path, folder: Path) -> Path:
    """A video of so many frames in a folder: a clip again and again."""
    path = folder / f"{frames}{source.suffix}"
    repeat(source, path, frames)
    return path
