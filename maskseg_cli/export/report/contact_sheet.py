"""`ContactSheet`: a bounded number of small pictures, evenly chosen from frames whose number is not known before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.pages.thumbnails import Thumbnail, thumbnail


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
