"""`python -m tests.training.program SIGINT@2 train ...`: the real program, with a tiny trunk in the small network.

It gets a signal after a step, before that step can be saved. "SIGINT@2,SIGINT@save" sends another one while the state
is being written. "CountingStep@all" puts that stand-in in the place of every step: there is no graph to compile then.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.cli.main import main
from maskseg_cli.training.log import TrainingLog

from .stand_in import CountingStep
from .tiny import shrink


def send_after_step(patch: pytest.MonkeyPatch, name: str, last: int) -> None:
    step = TrainingLog.step

    def step_and_signal(self: TrainingLog, number: int, *figures: Any) -> None:
        step(self, number, *figures)
        if number == last:
            os.kill(os.getpid(), signal.Signals[name])

    patch.setattr(TrainingLog, "step", step_and_signal)


def send_while_saving(patch: pytest.MonkeyPatch, name: str) -> None:
    def save_half(file: Any, **arrays: Any) -> None:
        file.write(b"half")
        file.flush()
        print("being written:", [path.suffix for path in Path(file.name).parent.glob(".*")], file=sys.stderr)
        os.kill(os.getpid(), signal.Signals[name])
        raise AssertionError("the program has not ended")

    patch.setattr(np, "savez", save_half)


if __name__ == "__main__":
    from maskseg_cli.model.tensorflow_start import import_tensorflow

    import_tensorflow()
    events = [event.split("@") for event in sys.argv.pop(1).split(",")]
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        for name, place in events:
            if name == CountingStep.__name__:
                patch.setattr("maskseg_cli.training.loop.GradientStep", CountingStep)
                CountingStep.made = []
            elif place == "save":
                send_while_saving(patch, name)
            else:
                send_after_step(patch, name, int(place))
        main()
