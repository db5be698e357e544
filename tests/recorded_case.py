"""A recorded run of another library: its arrays by name, and how far a tensor is from what was recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RecordedCase:
    """Arrays by name. A big tensor T is stored as T/index (places in the ravelled tensor), T/value and T/shape."""

    name: str
    arrays: dict[str, NDArray[Any]]

    def __getitem__(self, key: str) -> NDArray[Any]:
        return self.arrays[key]

    def worst(self, key: str, tensor: NDArray[Any]) -> float:
        """The largest distance between a tensor, of the recorded shape, and what was recorded of it."""
        assert tuple(self[f"{key}/shape"]) == tensor.shape
        return float(np.abs(tensor.ravel()[self[f"{key}/index"]] - self[f"{key}/value"]).max())


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz file."""
    with np.load(path) as archive:
        return {key: archive[key] for key in archive.files}
