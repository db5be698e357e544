"""Detections of rectangles with tracks, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from maskseg_cli import Detections, Frame, MaskCrop

CLASSES = ("background", "car", "person")
SIZE = (100, 200)

#: Name of the class, track or None, left, top, width, height.
Item = tuple[str, "int | None", int, int, int, int]


def found(items: Sequence[Item], size: tuple[int, int] = SIZE, scores: Sequence[float] | None = None) -> Detections:
    """Objects that fill their boxes; they have tracks if each item has one."""
    tracks = [item[1] for item in items]
    return Detections(
        np.array([(x, y, x + w, y + h) for _, _, x, y, w, h in items], np.float32).reshape(-1, 4),
        np.array([CLASSES.index(item[0]) for item in items], np.int32),
        np.array(scores if scores is not None else [0.9] * len(items), np.float32),
        tuple(MaskCrop(y, x, np.ones((h, w), bool)) for _, _, x, y, w, h in items),
        size,
        CLASSES,
        None if any(track is None for track in tracks) else np.array(tracks, np.int32),
    )


def frames(number: int, rate: int = 10, source: str = "a.mp4", size: tuple[int, int] = SIZE) -> Iterable[Frame]:
    """Gray frames of a video."""
    for index in range(number):
        image = np.full((*size, 3), 90, np.uint8)
        yield Frame(image, index, Fraction(index, rate), Fraction(1, rate), source)
