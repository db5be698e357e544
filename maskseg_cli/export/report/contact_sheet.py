"""`ContactSheet`: a bounded number of small pictures, evenly chosen from frames whose number is not known before."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longer side in pixels, and quality of the JPEG files.
_SIDE, _QUALITY = 480, 78


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


class ContactSheet:
    """Keeps every n-th picture; when there are too many, every second of them goes, and n doubles.

    Args:
        most: so many pictures are chosen at most; twice as many are kept.

    Example:
        >>> sheet = ContactSheet(most=4)
        >>> for number in range(100):
        ...     sheet.add(np.zeros((8, 12, 3), np.uint8), str(number))
        >>> [one.caption for one in sheet.chosen()]
        ['0', '32', '64', '96']
    """

    def __init__(self, most: int = 12) -> None:
        self._most, self._step, self._seen = most, 1, 0
        self._kept: list[Thumbnail] = []

    def add(self, picture: NDArray[np.uint8], caption: str) -> None:
        """Takes the next picture, uint8 (H, W, 3) BGR."""
        if self._seen % self._step == 0:
            if len(self._kept) == 2 * self._most:
                self._kept = self._kept[::2]
                self._step *= 2
            if self._seen % self._step == 0:
                self._kept.append(thumbnail(picture, caption))
        self._seen += 1

    def chosen(self) -> list[Thumbnail]:
        """The pictures of the sheet, in order."""
        if len(self._kept) <= self._most:
            return list(self._kept)
        places = np.linspace(0, len(self._kept) - 1, self._most).round().astype(int)
        return [self._kept[place] for place in places]


def thumbnail(picture: NDArray[np.uint8], caption: str) -> Thumbnail:
    """Makes a picture small, and a JPEG of it."""
    small = shrunk(picture, _SIDE)
    height, width = small.shape[:2]
    return Thumbnail(caption, data_uri(small, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]), width, height)


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
    kind = {".jpg": "jpeg"}.get(suffix, suffix[1:])
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
