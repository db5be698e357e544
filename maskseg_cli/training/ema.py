"""Averages of weights: over the steps of a run, and between the initial and the trained weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def interpolate_weights(
    start: Mapping[str, NDArray[np.float32]], trained: Mapping[str, NDArray[np.float32]], keep_start: float
) -> dict[str, NDArray[np.float32]]:
    """Interpolates between the initial and the trained weights (WiSE-FT, https://arxiv.org/abs/2109.01903).

    After a strong network was trained on few pictures, the mean is often better than both on other pictures.

    Args:
        start, trained: name -> values.
        keep_start: share of the initial weights, 0..1.
    """
    share = np.float32(keep_start)
    return {name: share * start[name] + (1 - share) * value for name, value in trained.items()}


class AveragedWeights:
    """The exponential moving average of variables (as in EfficientDet's and YOLO's training).

    In the first steps the momentum is smaller, so that the initial weights do not dominate the average.

    Args:
        variables: name -> variable.
        momentum: share of the old average at each update, after the first steps.
    """

    def __init__(self, variables: Mapping[str, Any], momentum: float) -> None:
        self.variables = dict(variables)
        self.momentum = momentum
        self.updates = 0
        self.averages: dict[str, NDArray[np.float32]] = {
            name: np.asarray(variable).copy() for name, variable in self.variables.items()
        }

    def update(self) -> None:
        """Adds the variables' current values to the average."""
        self.updates += 1
        momentum = min(self.momentum, (1 + self.updates) / (10 + self.updates))
        for name, variable in self.variables.items():
            average = self.averages[name]
            average += np.float32(1 - momentum) * (np.asarray(variable) - average)
