"""Which object of a frame continues which track: similarities, and the assignment with the largest sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from maskseg_cli.tracking.candidates import Candidate
from maskseg_cli.tracking.mask_overlap import mask_iou
from maskseg_cli.tracking.track import Track

#: A pair of a track and an object in whose votes the track's class does not occur counts less by this factor.
_OTHER_CLASS = 0.8

#: How far a centre may lie from its prediction, in standard deviations, and in sizes of the object.
_DEVIATIONS, _SIZES = 3.0, 1.5

#: The factor by which the area of an object may change where its place alone says which it is.
_AREA_CHANGE = 2.0

Similarity = Callable[[Track, Candidate, float], float]


def overlap_similarity(track: Track, candidate: Candidate, time: float) -> float:
    """Intersection over union of the masks, the track's moved to where it should be now, 0 to 1."""
    box, other = track.predicted(time), candidate.box
    width, height = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    if other[0] > box[2] + width or other[2] < box[0] - width:
        return 0.0
    if other[1] > box[3] + height or other[3] < box[1] - height:
        return 0.0
    last = track.last
    moved = (
        round((box[1] + box[3] - last.box[1] - last.box[3]) / 2),
        round((box[0] + box[2] - last.box[0] - last.box[2]) / 2),
    )
    overlap = mask_iou(last.mask, candidate.mask, (last.area, candidate.area), moved)
    return overlap * _class_factor(track, candidate)


def nearness(track: Track, candidate: Candidate, time: float) -> float:
    """How near the object is to where the track should be: for small or fast ones, whose masks do not overlap; 0 to 1.

    It is 0 where the class or the size differs much.
    """
    if _class_factor(track, candidate) < 1 or not (
        1 / _AREA_CHANGE < candidate.area / max(1, track.last.area) < _AREA_CHANGE
    ):
        return 0.0
    box, other = track.predicted(time), candidate.box
    across, down = (box[0] + box[2] - other[0] - other[2]) / 2, (box[1] + box[3] - other[1] - other[3]) / 2
    distance = float(np.hypot(across, down)) / track.filter.size
    most = min(_SIZES, _DEVIATIONS * track.filter.uncertainty(time))
    return max(0.0, 1 - distance / most)


def assign(
    tracks: Sequence[Track], candidates: Sequence[Candidate], similarity: Similarity, time: float, least: float
) -> list[tuple[Track, Candidate]]:
    """The pairs whose similarities have the largest sum, each at least `least`."""
    if not tracks or not candidates:
        return []
    matrix = np.array([[similarity(track, one, time) for one in candidates] for track in tracks])
    matrix[matrix < least] = 0.0
    rows, columns = linear_sum_assignment(-matrix)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(tracks[row], candidates[column]) for row, column in pairs if matrix[row, column] > 0]


def _class_factor(track: Track, candidate: Candidate) -> float:
    same = any(track.vote.share(class_id) > 0 for class_id, _ in candidate.votes)
    return 1.0 if same else _OTHER_CLASS
