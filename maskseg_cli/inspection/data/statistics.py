"""Statistics of a data set in NumPy: overlaps row by row, size groups, bins of histograms, an even choice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.mask_arithmetic import shared_area
from maskseg_cli.mask_crop import MaskCrop

#: COCO's groups by the area in pixels: small below the first limit, large from the second on.
SIZE_LIMITS = (32**2, 96**2)
SIZE_NAMES = ("small", "medium", "large")


class Bins(NamedTuple):
    """A histogram.

    Attributes:
        counts: N whole numbers.
        edges: N + 1 rising borders; the last bin includes its upper border.
    """

    counts: list[int]
    edges: list[float]


def row_iou(boxes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    """IoU of each box with the other box of its row; 0 where both have no area.

    Args:
        boxes, others: (N, 4), x1 y1 x2 y2, half-open.

    Returns:
        float64 (N,), 0..1.
    """
    a, b = np.asarray(boxes, np.float64).reshape(-1, 4), np.asarray(others, np.float64).reshape(-1, 4)
    shared = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None).prod(axis=1)
    union = _areas(a) + _areas(b) - shared
    return np.divide(shared, union, out=np.zeros(len(a)), where=union > 0)


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)


def mask_iou(mask: MaskCrop, other: MaskCrop) -> float:
    """IoU of two masks of one picture, 0..1; 1 where neither has a pixel."""
    shared = shared_area(mask, other)
    union = mask.area + other.area - shared
    return shared / union if union else 1.0


def size_groups(areas: NDArray[Any]) -> NDArray[np.intp]:
    """Index into `SIZE_NAMES` for each area in pixels."""
    return np.searchsorted(np.asarray(SIZE_LIMITS), np.asarray(areas), side="right")


def size_counts(areas: NDArray[Any]) -> dict[str, int]:
    """How many areas are in each of `SIZE_NAMES`.

    Example:
        >>> size_counts(np.array([1023, 1024, 9216]))
        {'small': 1, 'medium': 1, 'large': 1}
    """
    counts = np.bincount(size_groups(areas), minlength=len(SIZE_NAMES))
    return dict(zip(SIZE_NAMES, counts.tolist(), strict=True))


def bins(values: NDArray[Any], edges: NDArray[Any]) -> Bins:
    """Counts values between borders; those beyond the outer borders count in the outer bins, so that none is lost."""
    edges = np.asarray(edges, np.float64)
    counts, _ = np.histogram(np.clip(np.asarray(values, np.float64), edges[0], edges[-1]), edges)
    return Bins(counts.tolist(), edges.tolist())


def even_bins(values: NDArray[Any], count: int, low: float | None = None, high: float | None = None) -> Bins:
    """Counts values in `count` bins of equal width from `low` to `high`; None: the least and the greatest value.

    Where all values are equal, they are in the middle bin of an odd number of bins, over one unit in all.
    """
    values = np.asarray(values, np.float64)
    first = low if low is not None else float(values.min()) if len(values) else 0.0
    last = high if high is not None else float(values.max()) if len(values) else first
    if last <= first:
        first, last = first - 0.5, first + 0.5
    return bins(values, np.linspace(first, last, count + 1))


def whole_bins(values: NDArray[Any], most: int = 30) -> Bins:
    """Counts whole numbers, from 0 on, in at most `most` bins of the same whole width."""
    greatest = int(np.max(values, initial=0))
    width = max(1, -(-(greatest + 1) // most))
    return bins(values, np.arange(0, greatest + 1 + width, width))


def percentiles(values: NDArray[Any]) -> dict[str, float]:
    """Least value, quartiles, greatest value and mean; {} without values."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return {}
    names = ("least", "quarter", "median", "three_quarters", "greatest")
    found = {
        name: round(float(one), 4) for name, one in zip(names, np.percentile(values, [0, 25, 50, 75, 100]), strict=True)
    }
    return {**found, "mean": round(float(values.mean()), 4)}


def even_choice(total: int, count: int, seed: int = 0) -> list[int]:
    """Chooses numbers below `total`, evenly spread and rising: one at random from each of `count` equal parts.

    Example:
        >>> even_choice(3, 5), len(even_choice(1000, 4))
        ([0, 1, 2], 4)
    """
    if total <= count:
        return list(range(total))
    borders = np.linspace(0, total, count + 1).astype(int)
    rng = np.random.default_rng([seed, total])
    return [int(rng.integers(first, last)) for first, last in pairwise(borders.tolist())]
