"""`ZoneCounter`: objects inside a zone, the different ones that were there, and how long each stayed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.places import Anchor, jitter_width, object_places, tracks_of
from maskseg_cli.counting.regions import Point, Region, parse_zone
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


@dataclass
class Visitor:
    """A track that was in a zone.

    Attributes:
        track, class_name: what it is.
        first: seconds from the first frame of the video to the track's first one in the zone.
        last: the same for the last frame in the zone.
        dwell: seconds in the zone, all visits added.
        visits: how often it came.
        inside: whether it is there now.
    """

    track: int
    class_name: str
    first: float
    last: float
    dwell: float = 0.0
    visits: int = 1
    inside: bool = True


class ZoneCounter:
    """A transform that watches one zone, and leaves the detections as they are.

    A track enters when its place lies in the zone, and leaves when that is farther outside than it moves by itself
    (`jitter_width`). Its dwell time is the time between its frames in the zone; where it was not seen in between, such
    as behind something, and is in the zone before and after, it has stayed. Without tracks only `now` is counted.

    Args:
        zone: a region, or a text such as "till=0,0.5,0.5,0.5,0.5,1,0,1".
        anchor: which point of an object counts.

    Attributes:
        zone: the region.
        now: class name -> objects whose place lies in the zone, in the last frame.
        most: class name -> the most in one frame.
        total: class name -> objects inside, of all frames, added.
        visitors: id of the track -> what is known of it, for all that were there.

    Example:
        >>> zone = ZoneCounter("left=0,0,0.5,0,0.5,1,0,1")
        >>> for second, x in enumerate((10, 20, 30, 90)):
        ...     zone.move(7, "person", (x, 50), float(second), (100, 100))
        >>> zone.visitors[7].dwell, zone.unique
        (2.0, Counter({'person': 1}))
    """

    def __init__(self, zone: Region | str, anchor: Anchor = "centre") -> None:
        self.zone = parse_zone(zone) if isinstance(zone, str) else zone
        self.anchor = anchor
        self.reset()

    def reset(self) -> None:
        """Begins a new video."""
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.total: Counter[str] = Counter()
        self.visitors: dict[int, Visitor] = {}
        self._first_time: float | None = None

    @property
    def unique(self) -> Counter[str]:
        """Class name -> different tracks that were in the zone."""
        return Counter(visitor.class_name for visitor in self.visitors.values())

    @property
    def mean_dwell(self) -> float | None:
        """Mean of the visitors' dwell times in seconds; None without visitors."""
        if not self.visitors:
            return None
        return sum(visitor.dwell for visitor in self.visitors.values()) / len(self.visitors)

    def longest(self, most: int) -> list[Visitor]:
        """The visitors that stayed longest, at most so many."""
        return sorted(self.visitors.values(), key=lambda visitor: (-visitor.dwell, visitor.first))[:most]

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Takes the next frame.

        Raises:
            UsageError: the zone lies outside the picture.
        """
        self.update(frame, detections, object_places(detections, self.anchor))
        return detections

    def update(self, frame: Frame, detections: Detections, places: NDArray[np.float64]) -> None:
        """As a call, where the places of the objects, float64 (N, 2), are known already."""
        time = float(frame.time)
        if self._first_time is None:
            self._first_time = time
        corners = self.zone.in_pixels(detections.image_size)
        self.now = Counter()
        for track, name, (x, y) in zip(tracks_of(detections), detections.labels, places.tolist(), strict=True):
            distance = signed_distance(corners, (x, y))
            if distance >= 0:
                self.now[name] += 1
            if track >= 0:
                self._note(track, name, distance, time - self._first_time, detections.image_size)
        self.most |= self.now
        self.total.update(self.now)

    def move(self, track: int, name: str, place: Point, time: float, image_size: tuple[int, int]) -> None:
        """Notes the next place of a track.

        Args:
            track: its id.
            name: of its class.
            place: x, y in pixels.
            time: in seconds; later than those before.
            image_size: (height, width) of the picture.
        """
        self._note(track, name, signed_distance(self.zone.in_pixels(image_size), place), time, image_size)

    def _note(self, track: int, name: str, distance: float, time: float, image_size: tuple[int, int]) -> None:
        visitor = self.visitors.get(track)
        if visitor is None:
            if distance >= 0:
                self.visitors[track] = Visitor(track, name, time, time)
            return
        visitor.class_name = name
        if visitor.inside:
            visitor.inside = distance >= -jitter_width(image_size)
            if visitor.inside:
                visitor.dwell += time - visitor.last
                visitor.last = time
        elif distance >= 0:
            visitor.inside = True
            visitor.visits += 1
            visitor.last = time


def signed_distance(corners: tuple[Point, ...], place: Point) -> float:
    """Distance of a place from the border of a polygon in pixels: positive inside, 0 on the border, negative outside.

    Where the polygon crosses itself, places are inside by the even-odd rule.

    Args:
        corners: x, y of each corner in pixels.
        place: x, y in pixels.
    """
    return float(cv2.pointPolygonTest(np.array(corners, np.float32), (float(place[0]), float(place[1])), True))
