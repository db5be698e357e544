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

#: Seconds in which an old score loses most of its weight in the shown one.
_SCORE_TIME = 0.5

#: A track stays shown while its smoothed score is at least this share of the score at which it appeared.
_STAYS = 0.5


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
    _predicted: tuple[float, NDArray[np.float64]] | None = None

    @classmethod
    def begin(cls, candidate: Candidate, index: int, time: float, high: float) -> Track:
        """A new track that begins with an object of a frame; a score from `high` on is high."""
        track = cls(BoxFilter(candidate.box, time))
        track._observe(candidate, index, time, high)
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

    def moved_to(self, time: float) -> tuple[int, int]:
        """Rows and columns by which its last mask should have moved until a time."""
        x1, y1, x2, y2 = (self.predicted(time) - self.last.box).tolist()
        return round((y1 + y2) / 2), round((x1 + x2) / 2)

    def found(self, candidate: Candidate, index: int, time: float, high: float) -> None:
        """Continues the track with an object of the next frame; `high` as for `begin`."""
        self.filter.update(candidate.box, time)
        self._predicted = None
        self.misses = 0
        self._observe(candidate, index, time, high)

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
