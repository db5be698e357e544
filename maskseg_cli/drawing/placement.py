"""Placement of captions: beside their boxes, inside the picture, and without overlaps where there is room."""

from __future__ import annotations

from collections.abc import Iterator

from maskseg_cli.drawing.box_drawing import Rectangle

#: Number of lines by which a caption may move from its first position before it may overlap another one.
_MOVES = 4


class Placement:
    """Places labels one after another; earlier ones keep their place.

    Example:
        >>> placement = Placement(100, 200)
        >>> placement.place((50, 40, 90, 80), 30, 10), placement.place((50, 40, 90, 80), 30, 10)
        ((50, 30), (50, 40))
    """

    def __init__(self, height: int, width: int) -> None:
        self._height, self._width = height, width
        self._taken: list[Rectangle] = []

    def place(self, box: Rectangle, label_width: int, label_height: int) -> tuple[int, int]:
        """Finds a place for the next label.

        Args:
            box: of the object, in pixels, right and bottom exclusive.
            label_width, label_height: in pixels, at most the picture's.

        Returns:
            left and top of the label: the first position where it covers no other label; if there is none,
            where it covers the fewest pixels of others.
        """
        best, least = (0, 0), None
        for x, y in _choices(box, label_width, label_height):
            left = min(max(x, 0), self._width - label_width)
            top = min(max(y, 0), self._height - label_height)
            covered = self._covered(left, top, left + label_width, top + label_height)
            if least is None or covered < least:
                best, least = (left, top), covered
            if covered == 0:
                break
        left, top = best
        self._taken.append((left, top, left + label_width, top + label_height))
        return best

    def _covered(self, left: int, top: int, right: int, bottom: int) -> int:
        covered = 0
        for x1, y1, x2, y2 in self._taken:
            if x1 < right and left < x2 and y1 < bottom and top < y2:
                covered += (min(x2, right) - max(x1, left)) * (min(y2, bottom) - max(y1, top))
        return covered


def _choices(box: Rectangle, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Yields left and top of possible positions, best first; the caller moves them into the picture."""
    x1, y1, x2, y2 = box
    yield x1, y1 - height  # above the box, as usual
    yield x1, y1  # inside its top left corner
    yield x1, y2  # below
    yield x2 - width, y1 - height
    yield x2 - width, y1
    yield x2 - width, y2
    yield x1, y2 - height  # inside its bottom corners
    yield x2 - width, y2 - height
    yield x2, y1  # beside it
    yield x1 - width, y1
    yield (x1 + x2 - width) // 2, (y1 + y2 - height) // 2
    for move in range(1, _MOVES + 1):
        yield x1, y1 + move * height
        yield x1, y1 - height - move * height
        yield x1, y2 + move * height
        yield x2, y1 + move * height
        yield x1 - width, y1 + move * height
