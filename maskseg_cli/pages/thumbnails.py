"""`Thumbnail`: a picture inside a page, as a file within an address."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longer side in pixels, and quality of the JPEG files.
SIDE, QUALITY = 480, 78


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Attributes:
        caption: what it shows.
        data: URI with the whole picture.
        width, height: in pixels.
    """

    caption: str
    data: str
    width: int
    height: int


def thumbnail(picture: NDArray[np.uint8], caption: str, side: int = SIDE, lossless: bool = False) -> Thumbnail:
    """Makes a picture small, and a file of it.

    Args:
        picture: uint8 (H, W, 3) BGR.
        caption: what it shows.
        side: no side is longer, in pixels; 0: as large as it is.
        lossless: a PNG, for flat colours and small grids; otherwise a JPEG.
    """
    small = shrunk(picture, side) if side else picture
    height, width = small.shape[:2]
    if lossless:
        return Thumbnail(caption, data_uri(small, ".png", []), width, height)
    return Thumbnail(caption, data_uri(small, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, QUALITY]), width, height)


def shrunk(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture with no side longer than `side`."""
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def data_uri(picture: NDArray[np.uint8], suffix: str, options: list[int]) -> str:
    """The picture as a file inside an address: `data:image/jpeg;base64,...`."""
    _, encoded = cv2.imencode(suffix, picture, options)
    return encoded_uri(encoded.tobytes(), suffix)


def encoded_uri(data: bytes, suffix: str) -> str:
    """The bytes of a picture's file inside an address.

    Example:
        >>> encoded_uri(b"abc", ".png")
        'data:image/png;base64,YWJj'
    """
    kind = {".jpg": "jpeg"}.get(suffix, suffix[1:])
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
