"""Where a track is in a frame: where it was found, between two frames in which it was, or shortly after one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.tracking.mask_motion import between_masks, bounds, clipped_box, moved_mask, voted_mask
from maskseg_cli.tracking.track import Track

#: A gap of so many seconds between two observations is filled.
FILLED = 0.5

#: Where later frames are not known, a track that is missed stays for so many seconds.
COASTS = 0.25


@dataclass(frozen=True, eq=False)
class Placed:
    """A track in a frame.

    Attributes:
        track: the track.
        box: float32 (4,), x1 y1 x2 y2, inside the picture.
        mask: its mask.
        score: smoothed, 0 to 1.
    """

    track: Track
    box: NDArray[np.float32]
    mask: MaskCrop
    score: float


def place(
    track: Track, index: int, time: float, image_size: tuple[int, int], sees_ahead: bool, interval: float = 0.0
) -> Placed | None:
    """Where a track is in a frame, or None where it is not there.

    Args:
        track: the track.
        index, time: of the frame.
        image_size: (height, width).
        sees_ahead: whether the frames of the next `FILLED` seconds are known.
        interval: seconds between two frames with new results.
    """
    before, after = track.around(index)
    if before < 0:
        return None
    last = track.observations[before]
    if not last.visible:
        return None
    following = track.observations[after] if after < len(track.observations) else None
    if last.index == index:
        mask = _steady_mask(track, before, image_size)
        box = last.box if mask is last.mask else bounds(mask)
        return Placed(track, clipped_box(box, image_size), mask, last.score)
    if following is not None:
        gap = following.time - last.time
        if gap > max(FILLED, 1.5 * interval) or not following.visible:
            return None
        share = (time - last.time) / gap if gap > 0 else 0.0
        box = (1 - share) * last.box + share * following.box
        mask = between_masks((last.mask, following.mask), (last.box, following.box), share, box, image_size)
        score = (1 - share) * last.score + share * following.score
        return _inside(track, box, mask, score, image_size)
    waits = track.misses == 0  # the network was not run since
    if not waits and (sees_ahead or time - last.time > COASTS):
        return None
    box = track.expected(time)
    return _inside(track, box, moved_mask(last.mask, last.box, box, image_size), last.score, image_size)


def _inside(
    track: Track, box: NDArray[np.float64], mask: MaskCrop, score: float, image_size: tuple[int, int]
) -> Placed | None:
    """None where nothing of the mask is in the picture."""
    return Placed(track, clipped_box(box, image_size), mask, score) if mask.bitmap.any() else None


def _steady_mask(track: Track, position: int, image_size: tuple[int, int]) -> MaskCrop:
    """The mask of an observation after the vote of its neighbours: one on each side, or the two before."""
    found = track.observations
    neighbours = [position - 1, position + 1] if position + 1 < len(found) else [position - 2, position - 1]
    own = found[position]
    if neighbours[0] < 0 or any(abs(found[one].time - own.time) > FILLED for one in neighbours):
        return own.mask
    others = [moved_mask(found[one].mask, found[one].box, own.box, image_size) for one in neighbours]
    return voted_mask(own.mask, others)
