"""`TimeSeries`: counts over time in flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Bin:
    """Some frames in a row.

    Attributes:
        time: of the first of them, in seconds (of photos: their number).
        frames: how many.
        objects: class name -> objects of all of them, added.
    """

    time: float
    frames: int = 0
    objects: Counter[str] = field(default_factory=Counter)

    def mean(self, name: str) -> float:
        """Objects of a class in a frame, on average."""
        return self.objects[name] / self.frames


class TimeSeries:
    """Counts of frames in bins; when there are too many, each two become one, of twice as many frames.

    Args:
        most: so many bins at most.

    Attributes:
        bins: in the order of time.

    Example:
        >>> series = TimeSeries(most=2)
        >>> for time in range(4):
        ...     series.add(float(time), {"car": time})
        >>> [(one.time, one.frames, one.mean("car")) for one in series.bins]
        [(0.0, 2, 0.5), (2.0, 2, 2.5)]
    """

    def __init__(self, most: int = 400) -> None:
        self.bins: list[Bin] = []
        self._most, self._size = most, 1

    def add(self, time: float, objects: Mapping[str, int]) -> None:
        """Adds a frame; times do not fall."""
        if not self.bins or self.bins[-1].frames == self._size:
            if len(self.bins) == self._most:
                self._halve()
            if not self.bins or self.bins[-1].frames == self._size:
                self.bins.append(Bin(time))
        last = self.bins[-1]
        last.frames += 1
        last.objects.update(objects)

    def _halve(self) -> None:
        merged = []
        for number in range(0, len(self.bins), 2):
            pair = self.bins[number : number + 2]
            total = Bin(pair[0].time)
            for one in pair:
                total.frames += one.frames
                total.objects.update(one.objects)
            merged.append(total)
        self.bins, self._size = merged, 2 * self._size
