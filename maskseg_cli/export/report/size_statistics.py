"""`SizeStatistics`: area, length and width by class, each track counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.places import tracks_of
from maskseg_cli.detections import Detections


@dataclass
class Spread:
    """Area, length and width of several objects, in pixels.

    Attributes:
        number: of objects.
        total, least, most: three values each.
    """

    number: int = 0
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    least: NDArray[np.float64] = field(default_factory=lambda: np.full(3, np.inf))
    most: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def add(self, size: NDArray[np.float64]) -> None:
        """Adds an object."""
        self.number += 1
        self.total += size
        self.least = np.minimum(self.least, size)
        self.most = np.maximum(self.most, size)

    @property
    def mean(self) -> Sequence[float]:
        """Mean area, length and width."""
        return [float(value) for value in self.total / max(1, self.number)]


class SizeStatistics:
    """Adds up the sizes of objects. A track counts once, with the mean of its frames; other objects count each time."""

    def __init__(self) -> None:
        self._spreads: dict[str, Spread] = {}
        self._tracks: dict[int, tuple[str, int, NDArray[np.float64]]] = {}

    def add(self, detections: Detections, sizes: NDArray[np.float64]) -> None:
        """Adds the objects of one frame; `sizes` is float64 (N, 3): area, length, width in pixels."""
        for name, track, size in zip(detections.labels, tracks_of(detections), sizes, strict=True):
            if track < 0:
                self._spreads.setdefault(name, Spread()).add(size)
            else:
                _, frames, total = self._tracks.get(track, (name, 0, np.zeros(3)))
                self._tracks[track] = (name, frames + 1, total + size)

    def end_source(self) -> None:
        """Ends a video: the numbers of its tracks may come again in the next one."""
        for name, frames, total in self._tracks.values():
            self._spreads.setdefault(name, Spread()).add(total / frames)
        self._tracks = {}

    def join(self, spreads: dict[str, Spread]) -> None:
        """Adds what another process has added up (`spreads`)."""
        for name, one in spreads.items():
            own = self._spreads.setdefault(name, Spread())
            own.number += one.number
            own.total += one.total
            own.least = np.minimum(own.least, one.least)
            own.most = np.maximum(own.most, one.most)

    def spreads(self) -> dict[str, Spread]:
        """Class name -> sizes of its objects, most objects first."""
        self.end_source()
        return dict(sorted(self._spreads.items(), key=lambda item: -item[1].number))
