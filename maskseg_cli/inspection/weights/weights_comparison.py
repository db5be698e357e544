"""`WeightsComparison`: how the arrays of two files differ, and which parts of the network changed most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints.comparison import compare
from maskseg_cli.inspection.weights.array_statistics import chunks
from maskseg_cli.inspection.weights.stages import by_stage


@dataclass(frozen=True)
class ArrayChange:
    """The difference of one array between two files, a -> b.

    Attributes:
        name: of the array.
        count: number of values.
        largest: max |a - b|.
        distance: ||a - b||, the L2 norm of the difference.
        norm: ||a||.
        cosine: of the angle between a and b as vectors, -1..1; NaN where one of them is zero.
        identical: every value is equal, NaN to NaN.
    """

    name: str
    count: int
    largest: float
    distance: float
    norm: float
    cosine: float
    identical: bool

    @property
    def relative(self) -> float:
        """||a - b|| / ||a||: infinite where a is zero and b is not, NaN where a value of one of them is not finite."""
        if self.identical:
            return 0.0
        if not np.isfinite(self.distance):
            return float("nan")
        return self.distance / self.norm if self.norm else float("inf")


@dataclass(frozen=True)
class WeightsComparison:
    """The differences between two files.

    Attributes:
        changes: of the arrays that both have with the same shape, in the order of the first file.
        only_first, only_second: names.
        reshaped: (name, shape in the first file, shape in the second).
    """

    changes: tuple[ArrayChange, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    reshaped: tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]

    @property
    def identical(self) -> int:
        """How many arrays are equal in both files."""
        return sum(change.identical for change in self.changes)

    def largest_first(self) -> list[ArrayChange]:
        """The arrays that differ, the largest relative change first; those that are not finite come before all."""
        changed = [change for change in self.changes if not change.identical]
        return sorted(changed, key=lambda one: (np.isfinite(one.relative), -np.nan_to_num(one.relative)))

    def stage_changes(self) -> dict[str, float]:
        """Stage -> relative change of all its kernels together, as of one long vector.

        Kernels alone count: the scales of batch normalisation are much larger numbers, beside which a change of the
        kernels would not be seen. NaN where a value is not finite, infinite where all kernels were zero.
        """
        known = {change.name: change for change in self.changes if change.name.endswith("/kernel")}
        found = {}
        for stage, names in by_stage(known).items():
            distance = float(np.sqrt(sum(known[name].distance ** 2 for name in names)))
            norm = float(np.sqrt(sum(known[name].norm ** 2 for name in names)))
            found[stage] = distance / norm if norm else 0.0 if distance == 0 else float("inf")
        return found


def change_of(name: str, first: NDArray[Any], second: NDArray[Any]) -> ArrayChange:
    """Compares two arrays of equal shape, in float64.

    Example:
        >>> change = change_of("a", np.array([3.0, 4.0]), np.array([3.0, 0.0]))
        >>> change.largest, change.relative, change.cosine
        (4.0, 0.8, 0.6)
    """
    largest, squares, dot, own, other, identical = 0.0, 0.0, 0.0, 0.0, 0.0, True
    with np.errstate(invalid="ignore", over="ignore"):
        for a, b in chunks(first, second):
            difference = a - b
            identical &= bool(np.array_equal(a, b, equal_nan=True))
            largest = float(np.maximum(largest, np.abs(difference).max()))  # NaN stays NaN
            squares += float(difference @ difference)
            dot, own, other = dot + float(a @ b), own + float(a @ a), other + float(b @ b)
        lengths = float(np.sqrt(own) * np.sqrt(other))
        cosine = min(1.0, max(-1.0, dot / lengths)) if lengths and np.isfinite(lengths) else float("nan")
    if identical:
        largest, squares = 0.0, 0.0
    return ArrayChange(name, int(first.size), largest, float(np.sqrt(squares)), float(np.sqrt(own)), cosine, identical)


def compare_weights(first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]]) -> WeightsComparison:
    """Compares the arrays of two files by their names."""
    found = compare(first, second)
    reshaped = {name for name, _, _ in found.mismatched}
    changes = tuple(
        change_of(name, array, second[name]) for name, array in first.items() if name in second and name not in reshaped
    )
    return WeightsComparison(changes, found.left_over, found.missing, found.mismatched)
