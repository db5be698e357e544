"""Stand-ins: a step of the training loop that takes no time, and a reporter that records messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from maskseg_cli.training.reporting import TrainingReporter


class CountingStep:
    """Adds the rate to the first learning weight; the losses follow from the step's number."""

    #: Called with the number of each step before it is made.
    before: Callable[[int], None] = staticmethod(lambda number: None)
    #: Number of a step -> its losses.
    losses: Callable[[int], dict[str, float]] = staticmethod(lambda number: {"loss": 1 / (3 + number)})
    #: (step, rate) of all steps.
    made: list[tuple[int, float]]

    replicas = 1

    def __init__(self, model: Any, learning: list[Any], optimizer: Any, strategy: Any, seed: int) -> None:
        self.learning, self.optimizer = learning, optimizer

    def __call__(self, inputs: Iterator[Mapping[str, Any]], accumulate: int, rate: float, number: int) -> dict:
        type(self).before(number)
        self.learning[0].assign_add(np.full(self.learning[0].shape, rate, np.float32))
        self.optimizer.iterations.assign_add(1)
        self.made.append((number, rate))
        return type(self).losses(number)


class RecordingReporter(TrainingReporter):
    """Records messages, and the calls for epochs and steps."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.calls: list[tuple[Any, ...]] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def start_epoch(self, title: str, steps: int, done: int) -> None:
        self.calls.append((title, steps, done))

    def step(self, means: Mapping[str, float]) -> None:
        self.calls.append(("step", dict(means)))

    def end_epoch(self) -> None:
        self.calls.append(("end",))
