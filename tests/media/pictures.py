"""Encoded pictures of all kinds, made by Pillow so that OpenCV is not its own judge."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

ORIENTATION = 0x0112

#: RGB, (4, 6, 3), all quarters different, taller blocks than one JPEG cell when enlarged.
QUARTERS = np.zeros((4, 6, 3), np.uint8)
QUARTERS[:2, :3], QUARTERS[:2, 3:] = (250, 20, 20), (20, 20, 250)
QUARTERS[2:, :3], QUARTERS[2:, 3:] = (20, 250, 20), (250, 250, 20)
QUARTERS = np.kron(QUARTERS, np.ones((16, 16, 1), np.uint8))


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def with_orientation(pixels: np.ndarray, kind: str, orientation: int) -> bytes:
    """An encoded picture whose EXIF (or TIFF tag) holds this orientation."""
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[ORIENTATION] = orientation
    options: dict[str, Any] = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    return save(image, kind, exif=exif, **options)


def bgr(image: Image.Image) -> np.ndarray:
    """What Pillow makes of a picture, in OpenCV's channel order."""
    return np.asarray(image.convert("RGB"))[..., ::-1]
