"""`LineCounter`: tracks that cross a line, in and out, by class.

A line from A to B has two sides. Whoever goes from A to B has the side "in" on the right hand: of a line drawn from
left to right, "in" is downwards. The arrow that is drawn on the line points there.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.places import Anchor, jitter_width, object_places, tracks_of
from maskseg_cli.counting.regions import Point, Region, parse_line
from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.frame import Frame

Direction = Literal["in", "out"]


@dataclass(frozen=True)
class Crossing:
    """A track has crossed a line.

    Attributes:
        line: its name.
        direction: "in" or "out".
        class_name, track: what crossed it.
        time: of the frame, in seconds since the first frame.
        frame: index of the frame.
    """

    line: str
    direction: Direction
    class_name: str
    track: int
    time: float
    frame: int


@dataclass
class _State:
    """Where a track was.

    Attributes:
        side: of the line on which it was last for certain: -1 ("out") or 1 ("in"); 0: not known yet.
        place: x, y in the last frame.
        distance: from the line in the last frame, in pixels, with its sign; never 0 after the first frame off the line.
        through: where the path last went through the endless line: 0 is A, 1 is B; None: it did not.
    """

    side: int
    place: Point
    distance: float
    through: float | None = None


class LineCounter:
    """A transform that counts the tracks that cross one line, and leaves the detections as they are.

    A track counts when its place has gone through the line between its two points, and is farther from it than it moves
    by itself (`jitter_width`): one that stands on the line counts once at most. One that comes back counts again, in
    the other direction; one that goes around an end of the line does not count. Where a track was not seen for some
    frames, its path is straight in between.

    Args:
        line: a region, or a text such as "gate=0.1,0.5,0.9,0.5".
        anchor: which point of an object counts.

    Attributes:
        line: the region.
        entered, left: class name -> crossings "in" and "out".
        crossings: those of the last frame.

    Example:
        >>> counter = LineCounter("gate=0,0.5,1,0.5")
        >>> counter.move(7, "car", (30, 20), (100, 100)), counter.move(7, "car", (30, 80), (100, 100))
        (None, 'in')
    """

    def __init__(self, line: Region | str, anchor: Anchor = "centre") -> None:
        self.line = parse_line(line) if isinstance(line, str) else line
        self.anchor = anchor
        self.reset()

    def reset(self) -> None:
        """Begins a new video."""
        self.entered: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self.crossings: list[Crossing] = []
        self._states: dict[int, _State] = {}
        self._first_time: float | None = None

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Takes the next frame.

        Raises:
            UsageError: the objects have no tracks, or the line lies outside the picture.
        """
        self.update(frame, detections, object_places(detections, self.anchor))
        return detections

    def update(self, frame: Frame, detections: Detections, places: NDArray[np.float64]) -> None:
        """As a call, where the places of the objects, float64 (N, 2), are known already."""
        if len(detections) and detections.tracker_id is None:
            raise UsageError(
                f"--line {self.line.name!r} counts tracks, and these objects have none: leave out --no-track."
            )
        time = float(frame.time)
        if self._first_time is None:
            self._first_time = time
        self.crossings = []
        rows = zip(tracks_of(detections), detections.labels, places.tolist(), strict=True)
        for track, name, (x, y) in rows:
            direction = None if track < 0 else self.move(track, name, (x, y), detections.image_size)
            if direction is not None:
                self.crossings.append(
                    Crossing(self.line.name, direction, name, track, time - self._first_time, frame.index)
                )

    def move(self, track: int, name: str, place: Point, image_size: tuple[int, int]) -> Direction | None:
        """Notes the next place of a track, and returns the direction in which it has crossed the line now, if it has.

        Args:
            track: its id.
            name: of its class.
            place: x, y in pixels.
            image_size: (height, width) of the picture.
        """
        start, end = self.line.in_pixels(image_size)
        distance, along = _position(start, end, place)
        band = jitter_width(image_size)
        side = 0 if abs(distance) <= band else (1 if distance > 0 else -1)
        state = self._states.get(track)
        if state is None:
            self._states[track] = _State(side, place, distance)
            return None
        if distance == 0:  # exactly on the line is still the side before
            state.place = place
            return None
        if distance * state.distance < 0:
            before = _position(start, end, state.place)
            way = abs(before[0]) / (abs(before[0]) + abs(distance))
            state.through = before[1] + way * (along - before[1])
        state.place, state.distance = place, distance
        if side in (0, state.side):
            return None
        crossed = state.side != 0 and state.through is not None and 0 <= state.through <= 1
        state.side = side
        if not crossed:
            return None
        (self.entered if side > 0 else self.left)[name] += 1
        return "in" if side > 0 else "out"


def _position(start: Point, end: Point, place: Point) -> tuple[float, float]:
    """Distance of a place from the endless line through two points, positive on the side "in", and where it is along
    it: 0 at `start`, 1 at `end`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    x, y = place[0] - start[0], place[1] - start[1]
    length = math.hypot(dx, dy)
    return (dx * y - dy * x) / length, (dx * x + dy * y) / length**2
