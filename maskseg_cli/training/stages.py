"""Training stages: which layers are trained, for how many epochs, at what learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskseg_cli.config.value_types import check_fields
from maskseg_cli.errors import UsageError


@dataclass(frozen=True)
class Stage:
    """One stage of a training run.

    Attributes:
        layers: heads, 3+, 4+, 5+, all, or a regular expression for whole layer names.
        epochs: number of epochs, of steps_per_epoch steps each.
        learning_rate: the highest rate of the stage's schedule.
    """

    layers: str = "all"
    epochs: int = 1
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        check_fields(self)
        object.__setattr__(self, "learning_rate", float(self.learning_rate))
        if self.epochs < 1:
            raise UsageError(f"A training stage has at least 1 epoch, not {self.epochs}.")
        if not self.learning_rate > 0:
            raise UsageError(f"A learning rate is above 0, not {self.learning_rate}.")


def make_stages(layers: Sequence[str], epochs: Sequence[int], learning_rates: Sequence[float]) -> list[Stage]:
    """Makes stages from three lists; the last value of a shorter list is repeated.

    Raises:
        UsageError: a list is empty, or a value is of another type or out of its range.

    Example:
        >>> make_stages(["heads", "all"], [2], [1e-3, 1e-4])[1]
        Stage(layers='all', epochs=2, learning_rate=0.0001)
    """
    for name, values in (("layers", layers), ("epochs", epochs), ("learning_rate", learning_rates)):
        if not values:
            raise UsageError(f"{name} is empty: a training has at least one stage.")
    count = max(len(layers), len(epochs), len(learning_rates))
    longest = [[*values, *[values[-1]] * (count - len(values))] for values in (layers, epochs, learning_rates)]
    return [Stage(*values) for values in zip(*longest, strict=True)]
