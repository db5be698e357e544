"""Gives the arrays of a state dict our names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.families.family import Arrays, Family
from maskseg_cli.checkpoints.pytorch.families.layers import is_norm

_NORM_WEIGHTS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_WEIGHTS = {"weight": "kernel", "bias": "bias"}


@dataclass(frozen=True, eq=False)
class Renamed:
    """A state dict under our names, with its own axes.

    Attributes:
        arrays: "layer/weight" -> array in PyTorch's axes and in the library's order of classes and deltas.
        left_over: names in the file of what is neither a layer of the network nor known to be something else.
    """

    arrays: dict[str, NDArray[Any]]
    left_over: tuple[str, ...]


def rename(family: Family, arrays: Arrays) -> Renamed:
    """Looks each name up in the family's table; what is known not to belong to the network is left out."""
    ours = {theirs: layer for layer, theirs in family.layers.items()}
    current = family.current_names(arrays)
    unused = re.compile(family.unused)
    found: dict[str, NDArray[Any]] = {}
    left_over = []
    for name, array in arrays.items():
        if unused.fullmatch(name):
            continue
        module, _, end = current[name].rpartition(".")
        layer = ours.get(module)
        weight = None if layer is None else (_NORM_WEIGHTS if is_norm(layer) else _WEIGHTS).get(end)
        key = f"{layer}/{weight}"
        if weight is None or key in found:
            left_over.append(name)
        else:
            found[key] = array
    return Renamed(found, tuple(left_over))


def their_name(family: Family, key: str) -> str:
    """The library's newest name of "layer/weight"."""
    layer, _, weight = key.rpartition("/")
    ends = _NORM_WEIGHTS if is_norm(layer) else _WEIGHTS
    end = next((theirs for theirs, ours in ends.items() if ours == weight), weight)
    return f"{family.layers.get(layer, layer)}.{end}"
