"""`ArrayStatistics`: count, range, mean, standard deviation and zeros of an array, with little memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: So many values are converted to float64 at once.
CHUNK = 1 << 18


@dataclass(frozen=True)
class ArrayStatistics:
    """Figures of one array; all but `count`, `broken` and `zeros` are of the finite values alone.

    Attributes:
        count: number of values.
        broken: how many of them are NaN or infinite.
        minimum, maximum, mean, std: of the finite values, in float64; NaN where there are none. `std` divides by their
            number.
        zeros: share of values that are exactly zero, 0..1.
    """

    count: int
    broken: int
    minimum: float
    maximum: float
    mean: float
    std: float
    zeros: float


def chunks(*arrays: NDArray[Any]) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """The values of arrays of equal shape, in C order, `CHUNK` at once in float64."""
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, CHUNK):
        yield tuple(array[start : start + CHUNK].astype(np.float64) for array in flat)


def statistics_of(array: NDArray[Any]) -> ArrayStatistics:
    """Computes the figures in two passes, so that the spread of values far from zero is exact too.

    Args:
        array: floats or whole numbers of any shape, also without any value.

    Example:
        >>> statistics_of(np.array([[0.0, 2.0], [4.0, np.inf]]))
        ArrayStatistics(count=4, broken=1, minimum=0.0, maximum=4.0, mean=2.0, std=1.632993161855452, zeros=0.25)
    """
    finite, zeros, total = 0, 0, 0.0
    low, high = np.inf, -np.inf
    for (values,) in chunks(array):
        zeros += int(values.size - np.count_nonzero(values))
        values = values[np.isfinite(values)]
        if values.size:
            finite += values.size
            total += float(values.sum())
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    count = int(array.size)
    if not finite:
        nothing = float("nan")
        return ArrayStatistics(count, count, nothing, nothing, nothing, nothing, 0.0)
    # The mean of equal values may lie beside them by a rounding.
    mean = min(max(total / finite, low), high)
    squares = 0.0
    for (values,) in chunks(array):
        squares += float(np.square(values[np.isfinite(values)] - mean).sum())
    return ArrayStatistics(count, count - finite, low, high, mean, float(np.sqrt(squares / finite)), zeros / count)


def histogram_of(
    array: NDArray[Any], found: ArrayStatistics, bins: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts the finite values in bins of equal width from the least to the greatest one.

    Args:
        array: with at least one finite value.
        found: its figures, from `statistics_of`.

    Returns:
        (bins,) counts and (bins + 1,) edges. Where all values are equal, the edges lie around them.

    Example:
        >>> values = np.array([0.0, 1.0, 1.0, 4.0])
        >>> histogram_of(values, statistics_of(values), 2)
        (array([3, 1]), array([0., 2., 4.]))
    """
    low, high = found.minimum, found.maximum
    if low == high:
        margin = abs(low) / 2 or 0.5
        low, high = low - margin, high + margin
    # In float64, because the width of float32's whole range is infinite in float32.
    edges = np.linspace(low, high, bins + 1)
    counts = np.zeros(bins, np.int64)
    for (values,) in chunks(array):
        counts += np.histogram(values[np.isfinite(values)], edges)[0]
    return counts, edges
