"""`Tracker`: a transform that gives objects identities, steady classes and steady masks over the frames of a video."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from maskseg_cli.config.value_types import check_share
from maskseg_cli.detections import Detections
from maskseg_cli.errors import UsageError
from maskseg_cli.frame import Frame
from maskseg_cli.times import seconds_of
from maskseg_cli.tracking.candidates import candidates_of
from maskseg_cli.tracking.placement import COASTS, FILLED, Placed, place
from maskseg_cli.tracking.scene_cuts import SceneCuts
from maskseg_cli.tracking.track import Track
from maskseg_cli.tracking.tracks import Tracks
from maskseg_cli.transform import FrameDetections

#: Objects of lower scores do not even continue a track.
LOWEST_SCORE = 0.1

#: Seconds for which a track that is not found is remembered.
HOLD = 2.0

#: A frame of a video is decided so many seconds later; it waits longer for the next results of the network, at most so
#: long.
_AHEAD, _LONGEST = 1.0, 5.0

#: Frames that are held back take at most so many bytes.
_BYTES = 2**28


class Tracker:
    """Follows objects by their masks, and returns them with `tracker_id`, as they are seen over time.

    Objects that are found for a moment only are left out. Each other one has the class that most frames see in it,
    weighted by score; a score smoothed over half a second; a mask corrected by those of neighbouring frames; and it is
    filled in where it was missed for up to half a second, or where the network was not run on a frame. Objects that are
    hidden for longer are not shown meanwhile, and keep their identity for `hold` seconds.

    In a run over a video it looks ahead: frames are held back for about a second, or 256 MB of them. Called as a
    function, as for a camera, it knows the past only: a new object appears after a few frames.

    Args:
        hold: seconds, or a text such as "1:30", for which an object that is not found is remembered.
        min_score: score from which on an object begins a track, or a function that returns it. Objects of lower scores,
            down to 0.1, continue one.

    Example:
        >>> import numpy as np
        >>> from fractions import Fraction
        >>> from maskseg_cli import Detections, Frame, MaskCrop
        >>> def found(at):
        ...     box = np.array([[at, 0, at + 4, 4]], np.float32)
        ...     mask = MaskCrop(0, at, np.ones((4, 4), bool))
        ...     return Detections(box, np.array([1], np.int32), np.array([0.9], np.float32), (mask,), (8, 40))
        >>> tracker = Tracker()
        >>> for i in range(6):
        ...     seen = tracker(Frame(np.zeros((8, 40, 3), np.uint8), i, Fraction(i, 25)), found(i))
        >>> seen.tracker_id.tolist()
        [1]
    """

    def __init__(self, hold: float | str = HOLD, min_score: float | Callable[[], float] = 0.5) -> None:
        self.hold = seconds_of(hold)
        if self.hold < 0:
            raise UsageError(f"hold is at least 0 seconds, not {hold}.")
        self._min_score = min_score if callable(min_score) else _constant(check_share("min_score", min_score))
        self.reset()

    def reset(self) -> None:
        """Forgets everything; called before each video."""
        self._tracks = Tracks(self.hold)
        self._cuts = SceneCuts()
        self._known: list[Track] = []  # those that the frames to come may show
        self._held: deque[tuple[int, Frame, Detections]] = deque()  # with running numbers
        self._bytes = 0
        self._taken = self._last_fresh = -1
        self._time = self._fresh_time = 0.0
        self._interval = 0.0
        self._identities = 0

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """The objects of the next frame, decided at once."""
        if self._cuts.is_cut(frame.image):
            self._end_scene()
        self._take(frame, detections)
        return self._decide(self._taken, self._time, detections, sees_ahead=False)

    def push(self, frame: Frame, detections: Detections) -> list[FrameDetections]:
        """See `Lookahead.push`."""
        decided = []
        if self._cuts.is_cut(frame.image):
            decided = self.flush()
            self._end_scene()
        self._take(frame, detections)
        self._held.append((self._taken, frame, detections))
        self._bytes += frame.image.nbytes
        while self._is_first_decided():
            decided.append(self._release())
        return decided

    def flush(self) -> list[FrameDetections]:
        """See `Lookahead.flush`."""
        self._tracks.accept_unmissed()
        return [self._release() for _ in range(len(self._held))]

    def _take(self, frame: Frame, detections: Detections) -> None:
        """Lets the tracks see the next frame, if its results are its own."""
        self._taken += 1
        self._time = max(self._time, float(frame.time))
        if frame.detected_in not in (None, frame.index):
            return
        self._interval = self._time - self._fresh_time if self._last_fresh >= 0 else 0.0
        self._last_fresh, self._fresh_time = self._taken, self._time
        candidates = candidates_of(detections, LOWEST_SCORE)
        self._known += self._tracks.step(candidates, self._taken, self._time, self._min_score())

    def _is_first_decided(self) -> bool:
        """Whether enough is known about the oldest frame that is held, or no more can be held."""
        if not self._held:
            return False
        number, frame, _ = self._held[0]
        waited = self._time - float(frame.time)
        is_followed = self._last_fresh > number or waited >= _LONGEST
        return self._bytes > _BYTES or (waited >= _AHEAD and is_followed)

    def _release(self) -> FrameDetections:
        number, frame, detections = self._held.popleft()
        self._bytes -= frame.image.nbytes
        time = float(frame.time)
        return frame, self._decide(number, time, detections, sees_ahead=self._time - time >= FILLED)

    def _decide(self, number: int, time: float, detections: Detections, sees_ahead: bool) -> Detections:
        """What the tracks show in a frame; `detections` are what the network found there."""
        placed = []
        for track in self._known:
            if track.confirmed:
                one = place(track, number, time, detections.image_size, sees_ahead, self._interval)
                if one is not None:
                    placed.append(one)
            track.forget_before(number)
        self._known = [track for track in self._known if not track.ended or (track.confirmed and _goes_on(track, time))]
        return self._as_detections(placed, detections)

    def _as_detections(self, placed: list[Placed], detections: Detections) -> Detections:
        high = self._min_score()
        scores = [max(one.score, high) if one.track.best >= high else one.score for one in placed]
        order = np.argsort(-np.array(scores, np.float32), kind="stable").tolist()
        for row in order:
            if not placed[row].track.number:
                self._identities += 1
                placed[row].track.number = self._identities
        return replace(
            detections,
            xyxy=np.array([placed[row].box for row in order], np.float32).reshape(-1, 4),
            class_id=np.array([placed[row].track.vote.class_id for row in order], np.int32),
            confidence=np.array([scores[row] for row in order], np.float32),
            masks=tuple(placed[row].mask for row in order),
            tracker_id=np.array([placed[row].track.number for row in order], np.int32),
        )

    def _end_scene(self) -> None:
        self._tracks = Tracks(self.hold)
        self._known = []
        self._last_fresh = -1


def _constant(value: float) -> Callable[[], float]:
    return lambda: value


def _goes_on(track: Track, time: float) -> bool:
    """Whether a track may be shown in a frame after `time`."""
    return track.last.time + COASTS >= time
