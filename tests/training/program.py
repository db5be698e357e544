"""`python -m tests.training.program SIGINT@2 train ...`: the real program, with a tiny trunk in the small network.

It gets a signal after a step, before that step can be saved.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest

from maskseg_cli.cli.main import main
from maskseg_cli.training.log import TrainingLog

from .tiny import shrink


def send_signal(patch: pytest.MonkeyPatch, name: str, last: int) -> None:
    step = TrainingLog.step

    def step_and_signal(self: TrainingLog, number: int, *figures: Any) -> None:
        step(self, number, *figures)
        if number == last:
            os.kill(os.getpid(), signal.Signals[name])

    patch.setattr(TrainingLog, "step", step_and_signal)


if __name__ == "__main__":
    from maskseg_cli.inference.tensorflow_start import import_tensorflow

    import_tensorflow()
    when, number = sys.argv.pop(1).split("@")
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        send_signal(patch, when, int(number))
        main()
