"""`Counters`: all that is counted in a run: objects, lines and zones, frame by frame and video by video."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from maskseg_cli.counting.line_counter import Crossing, LineCounter
from maskseg_cli.counting.object_counter import ObjectCounter
from maskseg_cli.counting.places import Anchor, object_places
from maskseg_cli.counting.regions import Region
from maskseg_cli.counting.zone_counter import ZoneCounter
from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.score_filter import high_scores


@dataclass(frozen=True)
class FrameCounts:
    """What was counted up to and in one frame.

    Attributes:
        time: seconds since the first frame of the video or camera.
        objects: class name -> objects in the frame.
        unique: class name -> different tracks so far; None where no object has had a track.
        lines: name of each line -> class name -> crossings so far, "in" and "out".
        zones: name of each zone -> class name -> objects inside, in the frame.
        crossings: those of the frame.
    """

    time: float = 0.0
    objects: Counter[str] = field(default_factory=Counter)
    unique: Counter[str] | None = None
    lines: dict[str, tuple[Counter[str], Counter[str]]] = field(default_factory=dict)
    zones: dict[str, Counter[str]] = field(default_factory=dict)
    crossings: tuple[Crossing, ...] = ()


@dataclass
class SourceCounts:
    """The counts of one video, of a camera, or of all photos of a run.

    Attributes:
        source: name of the video or camera; "" for photos.
        objects, lines, zones: the counters, with their last state.
        seconds: between the first and the last frame.
    """

    source: str
    objects: ObjectCounter
    lines: list[LineCounter]
    zones: list[ZoneCounter]
    seconds: float = 0.0

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.objects.frames


class Counters:
    """A transform that counts objects, crossings and visits, and leaves the detections as they are.

    It keeps the counts of each frame as long as the frame itself is in use, so that overlays and sinks get them also
    where other transforms hold frames back (`of`).

    Args:
        lines, zones: where is counted.
        anchor: which point of an object counts for them.
        min_score: objects of a lower score do not count; or a function that returns it, where it changes.
        class_scores: class id -> score in place of `min_score` for its objects.
        photos: whether the frames are photos, which have nothing in common.

    Attributes:
        sources: the counts of each video so far, the present one last.

    Example:
        >>> import numpy as np
        >>> counters = Counters()
        >>> frame = Frame(np.zeros((4, 6, 3), np.uint8), source="a.mp4")
        >>> _ = counters(frame, Detections.empty((4, 6)))
        >>> counters.of(frame).objects, counters.sources[0].source
        (Counter(), 'a.mp4')
    """

    whole_run = True

    def __init__(
        self,
        lines: Sequence[Region] = (),
        zones: Sequence[Region] = (),
        anchor: Anchor = "centre",
        min_score: float | Callable[[], float] = 0.0,
        photos: bool = False,
        class_scores: Mapping[int, float] | None = None,
    ) -> None:
        self.lines, self.zones = tuple(lines), tuple(zones)
        self.anchor, self.min_score, self.photos = anchor, min_score, photos
        self.class_scores = dict(class_scores or {})
        self.sources: list[SourceCounts] = []
        self._current: SourceCounts | None = None
        self._start = 0.0
        self._counts: weakref.WeakKeyDictionary[Frame, FrameCounts] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Begins a new video; the counts of those before stay in `sources`."""
        self._current = None

    def of(self, frame: Frame) -> FrameCounts:
        """The counts of a frame that was given to the counters; none for any other."""
        with self._lock:
            return self._counts.get(frame) or FrameCounts()

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Counts the next frame.

        Raises:
            UsageError: there are lines, and the objects have no tracks; or a line or zone lies outside the picture.
        """
        counted = self._shown(detections)
        places = object_places(counted, self.anchor) if self.lines or self.zones else None
        now = self._current
        if now is None:
            now = self._current = SourceCounts(
                "" if self.photos else frame.source,
                ObjectCounter(),
                [LineCounter(line, self.anchor) for line in self.lines],
                [ZoneCounter(zone, self.anchor) for zone in self.zones],
            )
            self._start = float(frame.time)
            self.sources.append(now)
        now.seconds = float(frame.time) - self._start
        if places is not None:
            for line in now.lines:
                line.update(frame, counted, places)
            for zone in now.zones:
                zone.update(frame, counted, places)
        now.objects(frame, counted)
        crossings = [crossing for line in now.lines for crossing in line.crossings]
        counts = FrameCounts(
            now.seconds,
            now.objects.now,
            Counter(now.objects.unique) if now.objects.has_tracks else None,
            {line.line.name: (Counter(line.entered), Counter(line.left)) for line in now.lines},
            {zone.zone.name: zone.now for zone in now.zones},
            tuple(crossings),
        )
        with self._lock:
            self._counts[frame] = counts
        return detections

    def _shown(self, detections: Detections) -> Detections:
        """The objects whose score is high enough."""
        least = self.min_score() if callable(self.min_score) else self.min_score
        return high_scores(detections, least, self.class_scores)
