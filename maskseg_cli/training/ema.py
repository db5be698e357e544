"""Means of weights, which are validated and kept instead of the last step's: over the steps, and with the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def part_way(
    start: Mapping[str, NDArray[np.float32]], trained: Mapping[str, NDArray[np.float32]], keep_start: float
) -> dict[str, NDArray[np.float32]]:
    """Weights on the straight way from the start to the trained ones (WiSE-FT, https://arxiv.org/abs/2109.01903).

    On pictures unlike the few that a strong network was trained on further, the mean is often better than both ends.

    Args:
        start, trained: name -> values.
        keep_start: share of the start, 0..1.
    """
    share = np.float32(keep_start)
    return {name: share * start[name] + (1 - share) * value for name, value in trained.items()}


class AveragedWeights:
    """The running average of some variables (Polyak averaging, as in EfficientDet's and YOLO's training).

    Early on the momentum is smaller, so that the average does not cling to the start.

    Args:
        variables: name -> variable.
        momentum: share of the old average at each update, in the long run.
    """

    def __init__(self, variables: Mapping[str, Any], momentum: float) -> None:
        self.variables = dict(variables)
        self.momentum = momentum
        self.updates = 0
        self.averages: dict[str, NDArray[np.float32]] = {
            name: np.asarray(variable).copy() for name, variable in self.variables.items()
        }

    def update(self) -> None:
        """Takes the variables' present values into the average."""
        self.updates += 1
        momentum = min(self.momentum, (1 + self.updates) / (10 + self.updates))
        for name, variable in self.variables.items():
            average = self.averages[name]
            average += np.float32(1 - momentum) * (np.asarray(variable) - average)
