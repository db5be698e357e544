"""Filters that do nothing or too much, and batch normalisation with impossible statistics.

The scale of a layer's values is free, so each value is compared with its layer's median. In lite, whose boxes of the
background are zero and not judged, no filter is below 0.19 or above 3.8 times the median of its layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.checkpoint import Checkpoint
from maskseg_cli.inspection.weights.filters import filter_norms, is_kernel, untrained_filters

#: A norm or a scale is dead at this share of its layer's median, and exploding at this multiple of it. Variances are
#: squares of such values, and so are their limits.
DEAD, EXPLODING = 1e-3, 30.0

#: What a finding may be about, with what is said of it.
KINDS = {
    "not finite": "values that are NaN or infinite",
    "exploding": f"filters or scales above {EXPLODING:g} times the median of their layer",
    "dead": f"filters or scales below {DEAD:g} of the median of their layer",
    "variance negative": "variances below zero, of which there is no root",
    "variance huge": f"variances above {EXPLODING**2:g} times the median of their layer",
    "variance near zero": f"variances below {DEAD**2:g} of the median of their layer",
}

#: So many indices are named.
_NAMED = 8


@dataclass(frozen=True)
class Finding:
    """What stands out in one array.

    Attributes:
        name: of the array.
        kind: a key of `KINDS`.
        indices: of the output filters or channels; in an array "not finite" places in C order.
        count: how many there are to choose from.
    """

    name: str
    kind: str
    indices: tuple[int, ...]
    count: int

    @property
    def which(self) -> str:
        """The indices in words: the first ones, and the number of all.

        Example:
            >>> Finding("conv1/kernel", "dead", tuple(range(3, 20)), 64).which
            '3, 4, 5, 6, 7, 8, 9, 10 and 9 more of 64'
        """
        if len(self.indices) == self.count:
            return f"all {self.count}"
        more = len(self.indices) - _NAMED
        named = ", ".join(map(str, self.indices[:_NAMED]))
        return f"{named}{f' and {more} more' if more > 0 else ''} of {self.count}"


def outliers(values: NDArray[np.float64], judged: NDArray[np.bool_] | None = None) -> dict[str, NDArray[np.bool_]]:
    """Which sizes of a layer are dead and which exploding.

    Args:
        values: (N,) not negative: norms of filters, or magnitudes of scales; those that are not finite are neither.
        judged: (N,) which of them count; None: all.

    Returns:
        "dead" and "exploding" -> bool (N,). The median is that of the values above zero; where there is none, all are
        dead.

    Example:
        >>> found = outliers(np.array([1.0, 1.2, 0.0, 0.9, 80.0]))
        >>> found["dead"].nonzero()[0], found["exploding"].nonzero()[0]
        (array([2]), array([4]))
    """
    usable = np.isfinite(values) if judged is None else np.isfinite(values) & judged
    above = values[usable & (values > 0)]
    median = float(np.median(above)) if above.size else 0.0
    with np.errstate(invalid="ignore"):
        return {
            "dead": usable & (values <= DEAD * median),
            "exploding": usable & (values > EXPLODING * median),
        }


def findings_of(checkpoint: Checkpoint) -> list[Finding]:
    """Everything that stands out, array by array in the checkpoint's order; none for a healthy network."""
    found = []
    for name, array in checkpoint.arrays.items():
        found += _broken(name, array)
        if is_kernel(name, array):
            norms = filter_norms(name, array)
            judged = ~untrained_filters(name, len(norms), checkpoint)
            found += _found(name, outliers(norms, judged))
        elif name.endswith("/gamma"):
            found += _found(name, outliers(np.abs(array.reshape(-1).astype(np.float64))))
        elif name.endswith("/moving_variance"):
            found += _variances(name, array.reshape(-1).astype(np.float64))
    return found


def count_of(findings: Sequence[Finding], kind: str) -> int:
    """How many filters, scales or values have findings of a kind."""
    return sum(len(one.indices) for one in findings if one.kind == kind)


def _broken(name: str, array: NDArray[Any]) -> list[Finding]:
    broken = np.flatnonzero(~np.isfinite(array))
    return [Finding(name, "not finite", tuple(map(int, broken)), int(array.size))] if broken.size else []


def _variances(name: str, values: NDArray[np.float64]) -> list[Finding]:
    # A variance is the square of a value's spread: the same limits hold for its root.
    spread = outliers(np.sqrt(np.maximum(values, 0)), values >= 0)
    found = {
        "variance negative": values < 0,
        "variance huge": spread["exploding"],
        "variance near zero": spread["dead"],
    }
    return _found(name, found)


def _found(name: str, masks: dict[str, NDArray[np.bool_]]) -> list[Finding]:
    return [
        Finding(name, kind, tuple(map(int, np.flatnonzero(mask))), len(mask))
        for kind, mask in masks.items()
        if mask.any()
    ]
