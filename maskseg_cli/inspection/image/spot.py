"""`Spot`: the place of a photo that is asked about: a point, or the box of an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import UsageError

#: A box is about the object in a given box from this IoU on.
SAME_OBJECT = 0.5

#: No photo has a side of so many pixels; squares of larger numbers would not fit into float32.
_FAR = 1e6


@dataclass(frozen=True)
class Spot:
    """A point or a box in pixels of the upright photo.

    Attributes:
        x1, y1, x2, y2: float, half-open; of a point x1 = x2 and y1 = y2.

    Example:
        >>> Spot.of((120, 80)).words, Spot.of((10, 20, 60, 90)).words
        ('the point 120,80', 'the box 10,20,60,90')
    """

    x1: float
    y1: float
    x2: float
    y2: float

    @classmethod
    def of(cls, numbers: tuple[float, ...]) -> Spot:
        """A spot of x, y or x1, y1, x2, y2.

        Raises:
            UsageError: another count of numbers, not finite or beyond a million, or a box without area.
        """
        if len(numbers) not in (2, 4) or not all(abs(number) <= _FAR for number in numbers):
            raise UsageError(
                "A spot is a point x,y or a box x1,y1,x2,y2 in pixels of the photo: numbers up to a million."
            )
        spot = cls(*numbers, *numbers) if len(numbers) == 2 else cls(*numbers)
        if not spot.is_point and (spot.x2 <= spot.x1 or spot.y2 <= spot.y1):
            raise UsageError(
                f"The box {_numbers(numbers)} has no area: x1,y1 is its upper left corner, x2,y2 the lower right."
            )
        return spot

    @classmethod
    def read(cls, given: Sequence[float] | str, count: int) -> Spot:
        """A spot of two numbers (a point) or four (a box), or of a text of them with commas between them.

        Raises:
            UsageError: it is something else.

        Example:
            >>> Spot.read("412, 180.5", 2).words
            'the point 412,180.5'
        """
        try:
            numbers = tuple(map(float, given.split(",") if isinstance(given, str) else given))
        except (TypeError, ValueError):
            numbers = ()
        if len(numbers) != count:
            wanted = "a point x,y" if count == 2 else "a box x1,y1,x2,y2"
            example = ",".join(["412", "180", "460", "240"][:count])
            raise UsageError(f"{given!r} is not {wanted} in pixels of the photo, such as {example}.")
        return cls.of(numbers)

    @property
    def is_point(self) -> bool:
        """Whether it has no area."""
        return self.x1 == self.x2 and self.y1 == self.y2

    @property
    def box(self) -> NDArray[np.float32]:
        """(x1, y1, x2, y2), float32."""
        return np.array([self.x1, self.y1, self.x2, self.y2], np.float32)

    @property
    def words(self) -> str:
        """The spot as it was given."""
        if self.is_point:
            return f"the point {_numbers((self.x1, self.y1))}"
        return f"the box {_numbers((self.x1, self.y1, self.x2, self.y2))}"

    def check_within(self, height: int, width: int) -> None:
        """Raises UsageError where no part of it lies in a photo of height x width pixels."""
        before = (self.x2 < 0 or self.y2 < 0) if self.is_point else (self.x2 <= 0 or self.y2 <= 0)
        if before or self.x1 >= width or self.y1 >= height:
            raise UsageError(f"There is nothing of {self.words} in a photo of {width} x {height} pixels.")

    def overlaps(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """How well each box (N, 4), (x1, y1, x2, y2), fits the spot, 0..1.

        For a box the IoU. A point fits a box the better, the nearer it is to its centre: 1 in the centre, 0 on the
        border and outside.
        """
        boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
        size = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6)
        if self.is_point:
            off = np.abs(self.box[:2] - (boxes[:, :2] + boxes[:, 2:]) / 2) / (size / 2)
            return np.maximum(1 - off.max(axis=1), 0).astype(np.float32)
        inside = np.minimum(boxes[:, 2:], self.box[2:]) - np.maximum(boxes[:, :2], self.box[:2])
        common = np.maximum(inside, 0).prod(axis=1)
        union = size.prod(axis=1) + (self.box[2:] - self.box[:2]).prod() - common
        return (common / union).astype(np.float32)

    def about(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which boxes (N, 4) can be of the object at the spot: they contain the point, or fit the box by IoU 0.5."""
        fit = self.overlaps(boxes)
        return fit > 0 if self.is_point else fit >= SAME_OBJECT


def _numbers(numbers: tuple[float, ...]) -> str:
    return ",".join(f"{number:g}" for number in numbers)
