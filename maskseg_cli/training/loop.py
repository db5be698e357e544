"""The training loop: epochs of optimizer steps, validation, and a state on disk from which a run can be resumed."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.checkpoints import Checkpoint, write_checkpoint
from maskseg_cli.errors import MasksegError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.stop_token import StopToken
from maskseg_cli.training.ema import AveragedWeights, interpolate_weights
from maskseg_cli.training.layer_selection import select_layers, trainable_variables
from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.optimizer import default_optimizer, make_optimizer
from maskseg_cli.training.run_files import BEST_WEIGHTS, LAST_WEIGHTS, STATE_FILE
from maskseg_cli.training.schedule import learning_rate
from maskseg_cli.training.stages import Stage
from maskseg_cli.training.state import Progress, read_progress, restore_state, save_state
from maskseg_cli.training.step import GradientStep
from maskseg_cli.training.training_options import TrainingOptions

#: Number of the first micro-batch -> endless training inputs; the same number always gives the same inputs.
Batches = Callable[[int], Iterator[Mapping[str, Any]]]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        weights: the file to use: the best validated weights, or the last ones where nothing was validated.
        best: the best validation metric, 0..1 (mask AP, or box AP where there are no masks), or None.
        stopped: whether a stop was requested; then the state is saved, and `resume` continues from it.
        left_out: pictures of the data that are missing, broken or of another size, without which it was trained.
    """

    weights: Path
    best: float | None
    stopped: bool
    left_out: int = 0


class Trainer:
    """Trains one network, stage by stage.

    Args:
        model: with its initial weights, also for a run that is resumed; made inside `strategy.scope()` where there is
            one.
        class_names: background first; they go into the saved weights.
        batches: training inputs (see `Batches`).
        steps_per_epoch: optimizer steps an epoch.
        options: how to train.
        log: records losses, metrics and messages.
        validate: arrays by name -> metrics in 0..1; None: no validation.
        provenance: is written into the saved weights.
        strategy: a `tf.distribute.Strategy` for several GPUs, or None.
        data: plain values that describe the source of `batches`; a resumed run must have the same.
        fresh: names of the layers that the initial weights did not have (`options.fresh_rate`).
        left_out: for `Outcome`.

    Raises:
        UsageError: the network does not have a stage's layers.
    """

    def __init__(
        self,
        model: MaskRCNN,
        class_names: tuple[str, ...],
        batches: Batches,
        steps_per_epoch: int,
        options: TrainingOptions,
        log: TrainingLog,
        validate: Callable[[Mapping[str, NDArray[Any]]], dict[str, float]] | None = None,
        provenance: Mapping[str, str] | None = None,
        strategy: Any = None,
        data: Mapping[str, Any] | None = None,
        fresh: Sequence[str] = (),
        left_out: int = 0,
    ) -> None:
        self.model = model
        self.class_names = class_names
        self.batches = batches
        self.steps_per_epoch = steps_per_epoch
        self.options = options
        self.log = log
        self.validate = validate
        self.provenance = dict(provenance or {})
        self.strategy = strategy
        self.data = dict(data or {})
        self.fresh = frozenset(fresh)
        self.left_out = left_out
        for stage in options.stages:
            select_layers(model, stage.layers)  # reports a wrong name now, not when its stage begins
        self.variables = model.named_variables()
        self.average = AveragedWeights(self.variables, options.ema) if options.ema else None
        # Copies, because the variables change.
        self._start = {name: np.asarray(variable).copy() for name, variable in self.variables.items()}
        self.progress = Progress(fingerprint=self._fingerprint())
        self._saved_at = time.monotonic()

    def run(self, resume: bool = False, stop: StopToken | None = None) -> Outcome:
        """Trains to the end of the last stage, or until a stop is requested.

        Args:
            resume: continue from the state in the run's folder.
            stop: ends the run after the current step, with its state saved.

        Raises:
            MasksegError: a loss is no longer a number, the state cannot be resumed, or a file cannot be written.
        """
        stop = stop or StopToken()
        if resume:
            self.progress = self._resumable()
            if self._finished:
                self.log.say(
                    f"The run in {self.options.output} is finished: nothing is left to do. To train on, start another "
                    f"run from its weights: --init {self._weights} -o ANOTHER_FOLDER"
                )
                return Outcome(self._weights, self.progress.best, False, self.left_out)
        stopped = False
        for index in range(self.progress.stage, len(self.options.stages)):
            stopped = self._run_stage(index, self.options.stages[index], stop, restore=resume)
            if stopped:
                break
            resume = False
            self.progress.stage, self.progress.step = index + 1, 0
        return Outcome(self._weights, self.progress.best, stopped, self.left_out)

    @property
    def _weights(self) -> Path:
        """The weights to use."""
        return self.options.output / (LAST_WEIGHTS if self.progress.best is None else BEST_WEIGHTS)

    @property
    def _finished(self) -> bool:
        stages = self.options.stages
        return self.progress.stage == len(stages) - 1 and self.progress.step == stages[-1].epochs * self.steps_per_epoch

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The weights to validate and save: averaged (`options.ema`), mixed with the initial ones (`keep_start`)."""
        if self.average is not None:
            trained = self.average.averages
        else:
            trained = {name: np.asarray(variable) for name, variable in self.variables.items()}
        return (
            interpolate_weights(self._start, trained, self.options.keep_start) if self.options.keep_start else trained
        )

    def _run_stage(self, index: int, stage: Stage, stop: StopToken, restore: bool) -> bool:
        """Trains one stage.

        Returns:
            whether a stop was requested.
        """
        options, progress = self.options, self.progress
        layers = select_layers(self.model, stage.layers)
        learning = trainable_variables(self.model)
        with contextlib.nullcontext() if self.strategy is None else self.strategy.scope():
            optimizer = self._optimizer(learning)
        gradient = GradientStep(self.model, learning, optimizer, self.strategy, options.seed)
        if restore:
            restore_state(self._state_path, self.variables, gradient.optimizer.variables, self.average)
        count = sum(int(np.prod(variable.shape)) for variable in learning)
        self.log.say(f"stage {index + 1}: {stage.layers}: {len(layers)} layers, {count:,} parameters learn")
        inputs = self.batches(progress.total_steps * options.accumulate * gradient.replicas)
        steps = stage.epochs * self.steps_per_epoch
        epochs_before = sum(earlier.epochs for earlier in options.stages[:index])
        for step in range(progress.step, steps):
            if step == progress.step or step % self.steps_per_epoch == 0:
                title = f"{stage.layers} {step // self.steps_per_epoch + 1}/{stage.epochs}"
                done = step % self.steps_per_epoch
                self.log.start_epoch(title, self.steps_per_epoch, done, progress.epoch_losses, progress.epoch_seconds)
            rate = learning_rate(step, steps, stage.learning_rate, options.schedule, options.warmup)
            losses = gradient(inputs, options.accumulate, rate, progress.total_steps)
            if not all(math.isfinite(value) for value in losses.values()):
                wrong = ", ".join(name for name, value in losses.items() if not math.isfinite(value))
                raise MasksegError(
                    f"The training diverged at step {progress.total_steps + 1} ({wrong} is no longer a number): "
                    f"the last saved state and weights in {options.output} are sound; try a lower learning rate."
                )
            if self.average is not None:
                self.average.update()
            progress.step, progress.total_steps = step + 1, progress.total_steps + 1
            self.log.step(progress.total_steps, losses, rate)
            progress.epoch_losses, progress.epoch_seconds = self.log.sums, self.log.seconds
            epoch_ends = progress.step % self.steps_per_epoch == 0
            if epoch_ends:
                progress.epoch_losses, progress.epoch_seconds = {}, 0.0
                self._end_epoch(epochs_before + progress.step // self.steps_per_epoch, rate, progress.step == steps)
            stopping = stop.requested  # read once: a run that stops must have been saved
            if epoch_ends or stopping or time.monotonic() - self._saved_at > 60 * options.checkpoint_minutes:
                self._save(gradient)
            if stopping:
                return True
        return False

    def _end_epoch(self, epoch: int, rate: float, last: bool) -> None:
        """Validates, every few epochs and after the stage's last one, and saves the weights if they are the best."""
        metrics: dict[str, float] = {}
        if self.validate is not None and (last or epoch % self.options.evaluate_every == 0):
            metrics = self.validate(self.arrays())
            metric = metrics.get("mask AP", metrics.get("box AP"))
            if metric is not None and (self.progress.best is None or metric > self.progress.best):
                self.progress.best, self.progress.best_epoch = metric, epoch
                self._write_weights(BEST_WEIGHTS, {"validation": f"{metric:.4f} after epoch {epoch}"})
        self.log.end_epoch(epoch, self.progress.total_steps, rate, metrics)

    def _save(self, gradient: GradientStep) -> None:
        # The state last: a resumed run does not repeat what precedes it, so that must be on the disk by then.
        self._write_weights(LAST_WEIGHTS, {})
        save_state(self._state_path, self.variables, gradient.optimizer.variables, self.average, self.progress)
        self._saved_at = time.monotonic()

    def _write_weights(self, name: str, more: Mapping[str, str]) -> None:
        provenance = {**self.provenance, "steps": str(self.progress.total_steps), **more}
        checkpoint = Checkpoint(self.arrays(), self.model.config, self.class_names, provenance)
        write_checkpoint(self.options.output / name, checkpoint, "float32")

    def _optimizer(self, learning: list[Any]) -> Any:
        options = self.options
        kind = options.optimizer if options.optimizer != "auto" else default_optimizer(self.model.config.backbone)
        names = {id(variable): name.split("/")[0] for name, variable in self.variables.items()}
        factors = [options.fresh_rate if names[id(variable)] in self.fresh else 1.0 for variable in learning]
        return make_optimizer(kind, learning, options.momentum, options.weight_decay, options.clip_norm, factors)

    @property
    def _state_path(self) -> Path:
        return self.options.output / STATE_FILE

    def _fingerprint(self) -> dict[str, Any]:
        """The options and data that must be equal in a run and its resumption."""
        options = self.options
        names = (
            *("batch", "accumulate", "optimizer", "momentum", "weight_decay", "clip_norm", "schedule", "warmup"),
            *("ema", "keep_start", "fresh_rate", "sizes", "seed"),
        )
        values = {
            "stages": [[stage.layers, stage.epochs, stage.learning_rate] for stage in options.stages],
            "steps_per_epoch": self.steps_per_epoch,
            **{name: getattr(options, name) for name in names},
            "gpus": 1 if self.strategy is None else self.strategy.num_replicas_in_sync,
            "classes": self.class_names,
            "network": self.model.config.to_dict(),
            **self.data,
        }
        # As it is read from the file: lists for tuples.
        plain: dict[str, Any] = json.loads(json.dumps(values))
        return plain

    def _resumable(self) -> Progress:
        progress = read_progress(self._state_path)
        changed = [name for name, value in self._fingerprint().items() if progress.fingerprint.get(name) != value]
        if changed:
            raise MasksegError(
                f"The run in {self.options.output} was made with other options ({', '.join(changed)}): resume it with "
                "the same ones, or start another run from its weights "
                f"(--init {self.options.output / LAST_WEIGHTS} -o ANOTHER_FOLDER)."
            )
        return progress
