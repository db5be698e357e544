"""Which object of a frame continues which track: similarities, and the assignment with the largest sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from maskseg_cli.tracking.candidates import Candidate
from maskseg_cli.tracking.track import Track

#: A pair of a track and an object in whose votes the track's class does not occur counts less by this factor.
_OTHER_CLASS = 0.8

#: How far a centre may lie from its prediction, in standard deviations, and in sizes of the object.
_DEVIATIONS, _SIZES = 3.0, 2.0

#: The factor by which the area of an object may change where its place alone says which it is.
_AREA_CHANGE = 2.0

#: The share of an object that was hidden which must be seen again.
_APPEARS = 0.2

#: (tracks, objects, time) -> similarities, float64 (T, N), 0 to 1.
Similarity = Callable[[Sequence[Track], Sequence[Candidate], float], NDArray[np.float64]]


def overlaps(tracks: Sequence[Track], candidates: Sequence[Candidate], time: float) -> NDArray[np.float64]:
    """Intersection over union of the masks, those of the tracks moved to where they should be now."""
    boxes, others = _boxes(tracks, candidates, time)
    before, after = boxes[:, None, :2] < others[None, :, 2:], others[None, :, :2] < boxes[:, None, 2:]
    meet = (before & after).all(axis=2)
    similarities = np.zeros(meet.shape)
    for row, column in zip(*(side.tolist() for side in np.nonzero(meet)), strict=True):
        track, one = tracks[row], candidates[column]
        similarities[row, column] = track.overlap(one, time) * _class_factor(track, one)
    return similarities


def nearness(tracks: Sequence[Track], candidates: Sequence[Candidate], time: float) -> NDArray[np.float64]:
    """How near an object is to where a track should be: for small or fast ones, whose masks do not overlap.

    It is 0 where the class or the size differs much.
    """
    boxes, others = _boxes(tracks, candidates, time)
    centres, other_centres = boxes[:, :2] + boxes[:, 2:], others[:, :2] + others[:, 2:]
    distances = np.linalg.norm(centres[:, None] - other_centres[None], axis=2) / 2
    most = np.array([track.filter.size * min(_SIZES, _DEVIATIONS * track.filter.uncertainty(time)) for track in tracks])
    similarities = np.maximum(0.0, 1 - distances / most[:, None])
    for row, column in zip(*(side.tolist() for side in np.nonzero(similarities)), strict=True):
        track, one = tracks[row], candidates[column]
        change = one.area / max(1, track.whole.area)
        least = _APPEARS if track.misses else 1 / _AREA_CHANGE
        if _class_factor(track, one) < 1 or not least < change < _AREA_CHANGE:
            similarities[row, column] = 0.0
    return similarities


def assign(
    tracks: Sequence[Track], candidates: Sequence[Candidate], similarity: Similarity, time: float, least: float
) -> list[tuple[Track, Candidate]]:
    """The pairs whose similarities have the largest sum, each at least `least`."""
    if not tracks or not candidates:
        return []
    matrix = similarity(tracks, candidates, time)
    matrix[matrix < least] = 0.0
    if not matrix.any():
        return []
    rows, columns = linear_sum_assignment(-matrix)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(tracks[row], candidates[column]) for row, column in pairs if matrix[row, column] > 0]


def _boxes(
    tracks: Sequence[Track], candidates: Sequence[Candidate], time: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predicted boxes of tracks (T, 4), and boxes of objects (N, 4)."""
    return np.array([track.predicted(time) for track in tracks]), np.array([one.box for one in candidates])


def _class_factor(track: Track, candidate: Candidate) -> float:
    same = any(track.vote.share(class_id) > 0 for class_id, _ in candidate.votes)
    return 1.0 if same else _OTHER_CLASS
