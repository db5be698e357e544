"""Trains on two logical devices, stops, resumes, and compares with one device that accumulates; a program of its own,
since TensorFlow's devices are fixed once per process. Prints the largest difference of any weight."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from maskseg_cli.stop_token import StopToken
from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.stages import Stage

from .tiny import make_trainer, values

# clipped in every step: the gradient's norm is about 2
OPTIONS = {"optimizer": "adamw", "clip_norm": 0.5, "stages": (Stage(r"rpn\..*|.*logits", 1, 1e-3),), "ema": 0.5}


class StoppingLog(TrainingLog):
    """Requests a stop after the second step."""

    stop = StopToken()

    def step(self, number: int, losses: dict[str, float], rate: float) -> None:  # type: ignore[override]
        super().step(number, losses, rate)
        assert losses["gradient_norm"] > losses["clipped_norm"] == OPTIONS["clip_norm"]
        if number == 2:
            self.stop.request()


def run(folder: Path, devices: int, log_type: type[TrainingLog], resume: bool = False, **options: object) -> object:
    from maskseg_cli.training.setup import make_strategy

    strategy = make_strategy(devices)
    with log_type(folder) as log:
        trainer = make_trainer(folder, log, strategy, **OPTIONS, **options)
        stop = log.stop if isinstance(log, StoppingLog) else None
        print(devices, trainer.run(resume, stop).stopped, file=sys.stderr)
    return trainer


def main(folder: Path) -> None:
    import tensorflow as tf

    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    one = run(folder / "one", 1, TrainingLog, accumulate=2)
    run(folder / "two", 2, StoppingLog)
    two = run(folder / "two", 2, TrainingLog, resume=True)
    found, wanted = values(two.model), values(one.model)
    start = values(make_trainer(folder / "start", None).model)
    print(max(float(np.abs(wanted[name] - start[name]).max()) for name in wanted))
    print(max(float(np.abs(found[name] - wanted[name]).max()) for name in wanted))
    averages = two.average.averages, one.average.averages
    print(max(float(np.abs(averages[0][name] - averages[1][name]).max()) for name in wanted))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
