"""Detections with holes and parts for tests of exports."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path, PurePath

import cv2
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskseg_cli import Detections, Frame, MaskCrop
from maskseg_cli.job import Job, Source

NAMES = ("background", "cat", "dog", "=evil")


@st.composite
def masks(draw: st.DrawFn, largest: int = 60) -> NDArray[np.bool_]:
    """Masks with holes and parts, smooth or as ragged as noise; at least one pixel is True."""
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.floats(0.1, 0.9))
    if draw(st.booleans()):
        mask = numbers.random((height, width)) < share
    else:
        small = numbers.random((7, 7)).astype(np.float32)
        mask = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) < share
    mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = True
    return mask


def ring_and_disc(height: int = 120, width: int = 160) -> NDArray[np.bool_]:
    """A ring with a hole, a disc in the hole, and a square apart from both."""
    canvas = np.zeros((height, width), np.uint8)
    cv2.circle(canvas, (60, 60), 45, 1, -1)
    cv2.circle(canvas, (60, 60), 30, 0, -1)
    cv2.circle(canvas, (62, 58), 14, 1, -1)
    canvas[10:40, 120:150] = 1
    return canvas.astype(bool)


def found(tracked: bool = False, shift: int = 0) -> Detections:
    """Three objects in 120 x 160 pixels, the second over the first, moved to the right by `shift`."""
    blob = np.zeros((120, 160), bool)
    blob[70:115, 40:155] = True
    formula = np.zeros((120, 160), bool)
    formula[2:8, 2:30] = True
    crops = [MaskCrop.from_full(np.roll(mask, shift, axis=1)) for mask in (ring_and_disc(), blob, formula)]
    boxes = [(crop.left, crop.top, crop.left + crop.bitmap.shape[1], crop.top + crop.bitmap.shape[0]) for crop in crops]
    return Detections(
        np.array(boxes, np.float32),
        np.array([1, 2, 3], np.int32),
        np.array([0.9, 0.8, 0.7], np.float32),
        tuple(crops),
        (120, 160),
        NAMES,
        np.array([4, 7, 9], np.int32) if tracked else None,
    )


def photo_frame(path: Path, index: int = 0) -> Frame:
    """A photo of 120 x 160 pixels, which is written."""
    from maskseg_cli.media.images import write_image

    image = np.full((120, 160, 3), 90, np.uint8)
    write_image(path, image)
    return Frame(image, index, source=path.name, job=Job(Source(path, PurePath(path.name)), None, None))


def video_frame(index: int, source: str = "film.mp4") -> Frame:
    """A frame of a video of 25 frames a second."""
    image = np.full((120, 160, 3), 90, np.uint8)
    return Frame(image, index, Fraction(index, 25), Fraction(1, 25), source)
