"""`Track`: one object over time; `Observation`: what it was in one frame."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from math import exp

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.tracking.box_filter import BoxFilter
from maskseg_cli.tracking.candidates import Candidate
from maskseg_cli.tracking.class_vote import ClassVote
from maskseg_cli.tracking.mask_overlap import mask_iou

#: Seconds in which an old score loses most of its weight in the shown one.
_SCORE_TIME = 0.5

#: A track stays shown while its smoothed score is at least this share of the score at which it appeared.
_STAYS = 0.5

#: A part of an object is hidden where another is beside it and its area is below this share of the former one.
_WHOLE = 0.85

#: By how much a partly hidden object's box is less certain; seconds in which its former area loses its meaning.
_HIDDEN_NOISE, _AREA_TIME = 12.0, 4.0


@dataclass(frozen=True, eq=False)
class Observation:
    """A track in a frame in which the network found it.

    Attributes:
        index: of the frame.
        time: of the frame, in seconds.
        box: float64 (4,), x1 y1 x2 y2.
        mask, area: the mask and its pixels.
        score: smoothed over the frames before.
        visible: whether the score is high enough; a low one is where it was high before.
    """

    index: int
    time: float
    box: NDArray[np.float64]
    mask: MaskCrop
    area: int
    score: float
    visible: bool


@dataclass(eq=False)
class Track:
    """One object over time.

    Attributes:
        filter: follows its box.
        vote: its class.
        observations: those that may still be needed, in order of time; never empty.
        hits: in how many frames it was found.
        high_hits: in how many of them with a high score.
        misses: frames since the last in which it was found, of those in which it was looked for.
        best: its best score.
        confirmed: whether it was found often enough to be shown.
        ended: whether it is not looked for any more.
        number: its identity, from 1; 0 before it is shown.
        whole: the last observation in which no other object hid a part of it.
    """

    filter: BoxFilter
    vote: ClassVote = field(default_factory=ClassVote)
    observations: list[Observation] = field(default_factory=list)
    hits: int = 0
    high_hits: int = 0
    misses: int = 0
    best: float = 0.0
    confirmed: bool = False
    ended: bool = False
    number: int = 0
    whole: Observation = field(init=False)
    _whole_box: NDArray[np.float64] = field(init=False)  # as the filter had it then
    _last_box: NDArray[np.float64] = field(init=False)  # as the filter has it now
    _whole_area: float = 0.0
    _predicted: tuple[float, NDArray[np.float64]] | None = None

    @classmethod
    def begin(cls, candidate: Candidate, index: int, time: float, high: float) -> Track:
        """A new track that begins with an object of a frame; a score from `high` on is high."""
        track = cls(BoxFilter(candidate.box, time))
        track._observe(candidate, index, time, high)
        track._follow(candidate, beside_others=False)
        return track

    @property
    def last(self) -> Observation:
        """Where it was found last."""
        return self.observations[-1]

    @property
    def first_time(self) -> float:
        """Time of the oldest observation that is kept."""
        return self.observations[0].time

    def predicted(self, time: float) -> NDArray[np.float64]:
        """Where its box should be, x1 y1 x2 y2."""
        if self._predicted is None or self._predicted[0] != time:
            self._predicted = time, self.filter.predict(time)
        return self._predicted[1]

    def expected(self, time: float) -> NDArray[np.float64]:
        """Where the box of what was seen last should be, which is smaller than the object where a part is hidden."""
        return self.last.box + self.predicted(time) - self._last_box

    def overlap(self, candidate: Candidate, time: float) -> float:
        """Intersection over union of an object and the last mask, moved to where it should be; 0 to 1.

        After a time behind another object the last whole mask counts too, as its other side may appear first.
        """
        found = self._moved_overlap(self.last, self._last_box, candidate, time)
        if self.whole is not self.last:
            found = max(found, self._moved_overlap(self.whole, self._whole_box, candidate, time))
        return found

    def _moved_overlap(self, seen: Observation, box: NDArray[np.float64], candidate: Candidate, time: float) -> float:
        x1, y1, x2, y2 = (self.predicted(time) - box).tolist()
        moved = round((y1 + y2) / 2), round((x1 + x2) / 2)
        return mask_iou(seen.mask, candidate.mask, (seen.area, candidate.area), moved)

    def found(self, candidate: Candidate, index: int, time: float, high: float, beside_others: bool) -> None:
        """Continues the track with an object of the next frame.

        Args:
            candidate, index, time, high: as for `begin`.
            beside_others: whether its box meets that of another object, which may hide a part of it.
        """
        hidden = beside_others and candidate.area < _WHOLE * self._whole_area
        # The centre of the part that can be seen does not move as the object does.
        self.filter.update(candidate.box, time, _HIDDEN_NOISE if hidden else 1.0)
        self._whole_area *= exp(-(time - self.last.time) / _AREA_TIME)
        self._predicted = None
        self.misses = 0
        self._observe(candidate, index, time, high)
        self._follow(candidate, beside_others)

    def missed(self) -> None:
        """Notes that it was looked for in a frame and not found."""
        self.misses += 1

    def around(self, index: int) -> tuple[int, int]:
        """Positions in `observations`: of the last one not after a frame, or -1; of the next one, or the length."""
        after = bisect_right(self.observations, index, key=lambda one: one.index)
        return after - 1, after

    def forget_before(self, index: int) -> None:
        """Drops the observations that frames from this one on do not need: all but the last two before it."""
        before, _ = self.around(index)
        del self.observations[: max(0, before - 1)]

    def _follow(self, candidate: Candidate, beside_others: bool) -> None:
        self._last_box = self.filter.box
        self._whole_area = max(self._whole_area, float(candidate.area))
        if not beside_others or candidate.area >= _WHOLE * self._whole_area:
            self.whole, self._whole_box = self.last, self._last_box

    def _observe(self, candidate: Candidate, index: int, time: float, high: float) -> None:
        score, visible = candidate.score, candidate.score >= high
        self.high_hits += visible
        if self.observations:
            last = self.observations[-1]
            weight = exp(-(time - last.time) / _SCORE_TIME)
            score = weight * last.score + (1 - weight) * score
            visible |= last.visible and score >= _STAYS * high
        found = Observation(index, time, candidate.box, candidate.mask, candidate.area, score, visible)
        self.observations.append(found)
        for class_id, vote in candidate.votes:
            self.vote.add(class_id, vote)
        self.hits += 1
        self.best = max(self.best, candidate.score)
