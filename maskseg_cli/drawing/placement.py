"""Placement of captions: beside their boxes, inside the picture, where they hide neither captions nor objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.box_drawing import Rectangle

#: Number of lines by which a caption may move away from its box.
_MOVES = 4

#: A share of an object that a caption may hide as if it hid nothing.
_HARMLESS = 0.03

#: How much worse it is to cover some share of another caption than the same share of an object.
_CAPTION_WEIGHT = 2.0


class Place(NamedTuple):
    """A position for a label.

    Attributes:
        left, top: of the label, in pixels.
        hidden: the shares of all objects and captions that would be hidden, added; 0 if the place is free. Half of one
            object counts 0.5, half of another caption 1.
    """

    left: int
    top: int
    hidden: float


class Placement:
    """Places labels one after another; earlier ones keep their place.

    Args:
        height, width: of the picture.
        boxes: of all objects; labels avoid to hide them.

    Example:
        >>> placement = Placement(100, 200)
        >>> placement.place((50, 40, 90, 80), 30, 10), placement.place((50, 40, 90, 80), 30, 10)
        ((50, 30), (50, 40))
    """

    def __init__(self, height: int, width: int, boxes: Sequence[Rectangle] = ()) -> None:
        self._limits = np.array([width, height])
        corners = np.array(boxes, float).reshape(-1, 4)
        areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1, keepdims=True)
        harmless = np.full_like(areas, _HARMLESS)
        #: x1, y1, x2, y2, the weight of a hidden pixel, and the share that may be hidden: (N, 6).
        self._obstacles = np.hstack([corners, 1 / np.maximum(areas, 1), harmless])

    def find(self, box: Rectangle, label_width: int, label_height: int, near: bool = False) -> Place:
        """Finds a place for a label, and does not take it.

        Args:
            box: of the object, in pixels, right and bottom exclusive.
            label_width, label_height: in pixels, at most the picture's.
            near: only places that touch the box.

        Returns:
            the first position that hides nothing; if there is none, the one that hides least.
        """
        size = (label_width, label_height)
        low = np.minimum(np.maximum(_choices(box, *size, near), 0), self._limits - size)
        # Width and height in which each of K places and each of N obstacles overlap: (K, N, 2).
        sides = np.minimum((low + size)[:, None], self._obstacles[:, 2:4])
        sides -= np.maximum(low[:, None], self._obstacles[:, :2])
        np.maximum(sides, 0, out=sides)
        shares = sides[..., 0] * sides[..., 1] * self._obstacles[:, 4]
        shares[shares <= self._obstacles[:, 5]] = 0
        hidden = shares.sum(axis=1)
        best = int(hidden.argmin())  # the first of equal ones
        return Place(int(low[best, 0]), int(low[best, 1]), float(hidden[best]))

    def take(self, place: Place, label_width: int, label_height: int) -> None:
        """Keeps a place from later labels."""
        left, top = place.left, place.top
        weight = _CAPTION_WEIGHT / (label_width * label_height)
        new = (left, top, left + label_width, top + label_height, weight, 0)
        self._obstacles = np.concatenate([self._obstacles, [new]])

    def place(self, box: Rectangle, label_width: int, label_height: int) -> tuple[int, int]:
        """Finds a place and takes it; see `find`.

        Returns:
            left and top of the label.
        """
        place = self.find(box, label_width, label_height)
        self.take(place, label_width, label_height)
        return place.left, place.top


def _choices(box: Rectangle, width: int, height: int, near: bool) -> NDArray[np.int64]:
    """Left and top of the possible positions, best first: (K, 2); the caller moves them into the picture."""
    x1, y1, x2, y2 = box
    places = [
        (x1, y1 - height),  # above the box, as usual
        (x1, y1),  # inside its top left corner
        (x1, y2),  # below
        (x2 - width, y1 - height),
        (x2 - width, y1),
        (x2 - width, y2),
        (x1, y2 - height),  # inside its bottom corners
        (x2 - width, y2 - height),
        (x2, y1),  # beside it
        (x1 - width, y1),
        ((x1 + x2 - width) // 2, (y1 + y2 - height) // 2),
    ]
    for move in range(height, 0 if near else (_MOVES + 1) * height, height):
        places += [
            (x1, y1 + move),
            (x1, y1 - height - move),
            (x1, y2 + move),
            (x2, y1 + move),
            (x1 - width, y1 + move),
        ]
    return np.array(places, np.int64)
