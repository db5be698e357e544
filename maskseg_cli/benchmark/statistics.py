"""Medians, spreads and ratios of measured times."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The middle of a series of values.

    Attributes:
        median: half of the values lie below.
        low, high: the first and the third quartile: the middle half of the values lies between them.
    """

    median: float
    low: float
    high: float

    def scaled(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(*(value * factor for value in self))


def spread_of(values: Sequence[float]) -> Spread:
    """Median and quartiles, by linear interpolation between neighbouring values.

    Args:
        values: at least one.

    Example:
        >>> spread_of([4, 1, 2, 3, 10])
        Spread(median=3.0, low=2.0, high=4.0)
    """
    ordered = sorted(values)
    return Spread(*(_quantile(ordered, share) for share in (0.5, 0.25, 0.75)))


def ratio_of_pairs(values: Sequence[float], others: Sequence[float]) -> float:
    """How many times as long as `others` the calls `values` take: the median of the ratios of each pair.

    The two calls of a pair were made one after the other. What slows the machine down for longer than that slows both,
    and their ratio stays.

    Args:
        values, others: of equal length, at least one, in the order of the rounds; `others` positive.

    Example:
        >>> ratio_of_pairs([2, 40, 6], [1, 20, 2])
        2.0
    """
    return float(statistics.median(one / other for one, other in zip(values, others, strict=True)))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    before = int(place)
    after = min(before + 1, len(ordered) - 1)
    low, high = float(ordered[before]), float(ordered[after])
    return min(high, low + (place - before) * (high - low))  # rounding must not exceed the larger value
