"""`compare`: whether two networks differ by more than the choice of the photos would explain.

Photos are drawn with replacement, the same ones for both networks, and both APs are computed again: the spread of their
difference is what other photos of the same kind would have given (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, percentile interval).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.evaluation.match_table import MatchTable
from maskseg_cli.evaluation.resampled_precision import mean_resampled_precision

#: Samples, and the share of them within the interval.
ROUNDS, CONFIDENCE = 1000, 0.95

#: Draws from fewer photos are too much alike: those of one photo all are that photo, and their interval is a point.
LEAST_PHOTOS = 10


@dataclass(frozen=True)
class Comparison:
    """The difference of two networks on the same photos.

    Attributes:
        own, other: AP of both, 0..1.
        difference: own - other.
        low, high: bounds of the difference at 95 % confidence.
        better: share of the samples in which `own` is the better one, 0..1.
        photos: how many there are.
    """

    own: float
    other: float
    difference: float
    low: float
    high: float
    better: float
    photos: int

    @property
    def is_proof(self) -> bool:
        """Whether the interval leaves out 0, and there are enough photos to tell."""
        return self.photos >= LEAST_PHOTOS and (self.low > 0 or self.high < 0)

    def sentence(self, figure: str) -> str:
        """What it means, for people.

        Example:
            >>> Comparison(0.30, 0.295, 0.005, -0.009, 0.018, 0.74, 100).sentence("mask AP")
            'mask AP +0.5 (95 % interval -0.9 to +1.8): on these 100 photos that is no proof of a difference.'
        """
        points = (
            f"{figure} {100 * self.difference:+.1f} (95 % interval {100 * self.low:+.1f} to {100 * self.high:+.1f})"
        )
        if not self.is_proof:
            where = "one photo" if self.photos == 1 else f"these {self.photos} photos"
            return f"{points}: on {where} that is no proof of a difference."
        return f"{points}: {'better' if self.difference > 0 else 'worse'} by more than the choice of photos explains."


def compare(
    own: MatchTable,
    other: MatchTable,
    *,
    overlap: int | None = None,
    rounds: int = ROUNDS,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
) -> Comparison:
    """Compares the AP of two networks on the same photos.

    Args:
        own, other: matches of both, of the same annotations and the same kind of overlap.
        overlap: AP at this one of `match_table.OVERLAPS` (0: IoU 0.5); None: their mean.
        rounds: samples.
        seed: the same seed draws the same samples.
        progress: is called with the number of classes that are done, of `own` and then of `other`.

    Raises:
        MasksegError: the photos or the objects in them are not the same, or there are no objects.
    """
    _check_same(own, other)
    photos = len(own.photo_ids)
    random = np.random.default_rng(seed)
    weights = np.stack([np.bincount(random.integers(0, photos, photos), minlength=photos) for _ in range(rounds)])
    values = [_values(mean_resampled_precision(table, weights, progress), overlap) for table in (own, other)]
    once = np.ones((1, photos), np.int64)
    whole = [float(_values(mean_resampled_precision(table, once), overlap)[0]) for table in (own, other)]
    if np.isnan(whole).any():
        raise MasksegError("There is no object in these photos: there is nothing to compare.")
    spread = values[0] - values[1]
    spread = spread[~np.isnan(spread)]
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(spread, [tail, 100 - tail]) if len(spread) else (np.nan, np.nan)
    better = float(np.mean((spread > 0) + (spread == 0) / 2)) if len(spread) else np.nan
    return Comparison(whole[0], whole[1], whole[0] - whole[1], float(low), float(high), better, photos)


def _check_same(own: MatchTable, other: MatchTable) -> None:
    objects = [{one.category_id: one.objects.tolist() for one in table.classes} for table in (own, other)]
    if own.photo_ids != other.photo_ids or objects[0] != objects[1]:
        raise MasksegError("Two networks can only be compared on the same photos with the same objects.")


def _values(precision: NDArray[np.float64], overlap: int | None) -> NDArray[np.float64]:
    """AP of each sample, (samples, 10) -> (samples,): at one overlap, or the mean of all."""
    return precision.mean(axis=1) if overlap is None else precision[:, overlap]
