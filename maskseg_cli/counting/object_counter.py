"""`ObjectCounter`: objects in each frame, and different ones over time, by class."""

from __future__ import annotations

from collections import Counter

from maskseg_cli.counting.places import tracks_of
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


class ObjectCounter:
    """A transform that counts objects and leaves the detections as they are.

    Attributes:
        now: class name -> objects in the last frame.
        most: class name -> the most objects in one frame.
        total: class name -> objects of all frames, added.
        unique: class name -> different tracks so far: distinct `Detections.tracker_id` of 0 or more. A track
            whose class changes counts with the last one.
        frames: frames so far.
        has_tracks: whether an object had a track.

    Example:
        >>> import numpy as np
        >>> counter = ObjectCounter()
        >>> found = counter(Frame(np.zeros((4, 6, 3), np.uint8)), Detections.empty((4, 6)))
        >>> counter.frames, counter.unique
        (1, Counter())
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begins a new video."""
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.total: Counter[str] = Counter()
        self.unique: Counter[str] = Counter()
        self.frames = 0
        self.has_tracks = False
        self._class_of: dict[int, str] = {}

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Counts the objects of the next frame."""
        names = detections.labels
        self.now = Counter(names)
        self.most |= self.now
        self.total.update(self.now)
        self.frames += 1
        for track, name in zip(tracks_of(detections), names, strict=True):
            if track < 0:
                continue
            self.has_tracks = True
            before = self._class_of.get(track)
            if before == name:
                continue
            if before is not None:
                self.unique[before] -= 1
                if not self.unique[before]:
                    del self.unique[before]
            self.unique[name] += 1
            self._class_of[track] = name
        return detections
