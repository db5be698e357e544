"""An exponential moving average of the weights, which is validated and kept instead of the last step's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


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
