"""`Tracks`: all objects of a video so far; each frame with new results continues some, begins some and ends some."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskseg_cli.tracking.association import assign, nearness, overlaps
from maskseg_cli.tracking.candidates import SAME_OBJECT, Candidate
from maskseg_cli.tracking.mask_overlap import mask_iou
from maskseg_cli.tracking.track import Track

#: The least similarity at which an object of any score continues a track, at which one of a high score does where there
#: is no better one, and at which a place alone does.
_SURE, _FAR, _NEAR = 0.4, 0.15, 0.2

#: A track is confirmed once it had high scores in as many frames as this time has, at least one, at most `_MOST_HITS`.
_CONFIRM_TIME, _MOST_HITS = 0.25, 4

#: Where so many seconds lie between two results of the network, another object may be in the same place: then the class
#: must be the same too.
_COARSE = 0.6

#: A track that is not confirmed yet ends after so many frames without it.
_PATIENCE = 2


class Tracks:
    """Associates the objects of each frame with tracks, in the stages of ByteTrack.

    First objects of high scores are matched with all tracks by their masks, then those of low scores with the tracks
    that are left, then objects of high scores that overlap little, or are near at least. What is left of these begins
    new tracks.

    Args:
        hold: seconds for which a track that is not found is remembered.

    Attributes:
        active: tracks that are looked for.
    """

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self.active: list[Track] = []
        self._times: list[float] = []

    def step(self, candidates: Sequence[Candidate], index: int, time: float, high: float) -> list[Track]:
        """Takes the objects of the next frame.

        Args:
            candidates: as from `candidates_of`.
            index, time: of the frame.
            high: score from which on an object begins a track.

        Returns:
            the tracks that have begun with this frame.
        """
        self._times = [*self._times[-4:], time]
        strong = [one for one in candidates if one.score >= high]
        weak = [one for one in candidates if one.score < high]
        left = list(self.active)
        for kind, similarity, least in (
            (strong, overlaps, _SURE),
            (weak, overlaps, _SURE),
            (strong, overlaps, _FAR),
            (strong, nearness, _NEAR),
        ):
            pairs = assign(left, kind, similarity, time, least)
            if self._interval() > _COARSE:
                pairs = [(track, one) for track, one in pairs if any(c == track.vote.class_id for c, _ in one.votes)]
            beside = [_meets(one, candidates, track, self.active, time) for track, one in pairs]
            for (track, one), meets in zip(pairs, beside, strict=True):
                track.found(one, index, time, high, meets)
                left.remove(track)
                kind.remove(one)
        for track in left:
            track.missed()
        begun = self._begin(strong, index, time, high)
        needed = self._needed_hits()
        for track in self.active:
            track.confirmed |= track.high_hits >= needed
            patient = time - track.last.time <= self._hold and (track.confirmed or track.misses < _PATIENCE)
            track.ended = track.misses > 0 and not patient
        self.active = [track for track in self.active if not track.ended]
        return begun

    def accept_unmissed(self) -> None:
        """Confirms tracks that were found in each frame since they began, where no more frames will come."""
        for track in self.active:
            track.confirmed |= track.misses == 0 and track.hits >= min(2, len(self._times))

    def _begin(self, candidates: Sequence[Candidate], index: int, time: float, high: float) -> list[Track]:
        """Begins tracks with objects that are not parts of results for tracks of this frame."""
        begun = []
        for one in candidates:
            same = next((track for track in self.active if track.last.index == index and _same(track, one)), None)
            if same is not None:
                for class_id, score in one.votes:
                    same.vote.add(class_id, score)
                continue
            track = Track.begin(one, index, time, high)
            self.active.append(track)
            begun.append(track)
        return begun

    def _needed_hits(self) -> int:
        """In how many frames a track must be found to be confirmed, at the present rate of results."""
        if len(self._times) < 2:
            return _MOST_HITS
        return max(1, min(_MOST_HITS, round(_CONFIRM_TIME / max(self._interval(), 1e-6)) + 1))

    def _interval(self) -> float:
        """Mean seconds between the last frames with results; 0 after the first one."""
        return (self._times[-1] - self._times[0]) / max(1, len(self._times) - 1)


def _meets(
    candidate: Candidate, others: Sequence[Candidate], track: Track, tracks: Sequence[Track], time: float
) -> bool:
    """Whether the box of an object meets that of another, or the predicted one of another track."""
    boxes = [one.box for one in others if one is not candidate]
    boxes += [other.predicted(time) for other in tracks if other is not track]
    if not boxes:
        return False
    there, box = np.array(boxes), candidate.box
    return bool(((there[:, :2] < box[2:] + 2) & (box[:2] - 2 < there[:, 2:])).all(axis=1).any())


def _same(track: Track, candidate: Candidate) -> bool:
    last = track.last
    return mask_iou(last.mask, candidate.mask, (last.area, candidate.area)) > SAME_OBJECT
