"""`SavedFrames`: where the frames of one photo or video lie in a file of saved detections."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction

from maskseg_cli.export.detections_records import FrameRecord


@dataclass
class SavedFrames:
    """The frames of one photo or video, in the order of their times.

    Attributes:
        indices, places: number of each frame, and where its record, or that of the frame whose objects it keeps, lies
            in the file.
        detected_in: number of that frame.
        numerators, denominators: times in seconds, as fractions.
    """

    indices: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))
    detected_in: array[int] = field(default_factory=lambda: array("q"))
    numerators: array[int] = field(default_factory=lambda: array("q"))
    denominators: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.indices)

    def add(self, one: FrameRecord, place: int) -> None:
        """Adds the next frame, whose record begins at `place`.

        Raises:
            ValueError: it does not come after the one before, or there is none before whose objects it could keep.
        """
        if self.indices and (one.index < self.indices[-1] or one.time < self.time(-1)):
            raise ValueError("frames out of order")
        if one.size is None and not self.indices:
            raise ValueError("a frame without objects")
        self.places.append(place if one.size is not None else self.places[-1])
        self.detected_in.append(one.index if one.size is not None else self.detected_in[-1])
        self.indices.append(one.index)
        self.numerators.append(one.time.numerator)
        self.denominators.append(one.time.denominator)

    def time(self, row: int) -> Fraction:
        """The time of a frame, in seconds."""
        return Fraction(self.numerators[row], self.denominators[row])

    def is_regular(self, row: int) -> bool:
        """Whether the times of this and the last frame are their numbers times one step."""
        return self.time(row) * self.indices[-1] == self.time(-1) * self.indices[row]

    def row_of_index(self, index: int) -> int | None:
        """The row of the frame with this number."""
        row = bisect_left(self.indices, index)
        return row if row < len(self) and self.indices[row] == index else None

    def row_of_time(self, time: Fraction, tolerance: Fraction = Fraction(0)) -> int | None:
        """The row of the frame that is nearest to a time, at most `tolerance` seconds away."""
        row = bisect_left(range(len(self)), time, key=self.time)
        near = [one for one in (row - 1, row) if 0 <= one < len(self) and abs(self.time(one) - time) <= tolerance]
        return min(near, key=lambda one: abs(self.time(one) - time), default=None)
