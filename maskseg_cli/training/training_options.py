"""`TrainingOptions`: how a network is trained; `MaskRCNNConfig` describes the network itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from maskseg_cli.config.value_types import check_fields
from maskseg_cli.errors import UsageError
from maskseg_cli.training.schedule import SCHEDULES
from maskseg_cli.training.stages import Stage

OPTIMIZERS = ("sgd", "adamw", "relative-adamw")


@dataclass(frozen=True)
class TrainingOptions:
    """Options of one training run.

    Attributes:
        output: the folder of the run: weights, state, log, TensorBoard events.
        stages: which layers are trained, one stage after the other.
        steps_per_epoch: optimizer steps per epoch; None: one pass over the pictures.
        batch: pictures per GPU and gradient (IMAGES_PER_GPU).
        accumulate: gradients that are averaged before one optimizer step.
        optimizer: "sgd", "adamw", "relative-adamw", or "auto" (see `default_optimizer`).
        momentum, weight_decay, clip_norm: see `make_optimizer`.
        schedule, warmup: see `learning_rate`; warm-up in optimizer steps.
        ema: momentum of the average of weights that is validated and saved (0.998); 0: the weights themselves.
        keep_start: share of the initial weights in those that are validated and saved (see `interpolate_weights`).
        fresh_rate: factor of the learning rate for layers that the initial weights do not have.
        sizes: short sides of the picture, one drawn for each batch; empty: the config's own.
        seed: of everything random.
        evaluate_every: epochs between two validations.
        checkpoint_minutes: minutes between two saved states.
    """

    output: Path
    stages: tuple[Stage, ...] = field(default_factory=lambda: (Stage(),))
    steps_per_epoch: int | None = None
    batch: int = 1
    accumulate: int = 1
    optimizer: str = "auto"
    momentum: float = 0.9
    weight_decay: float = 1e-4
    clip_norm: float = 5.0
    schedule: str = "constant"
    warmup: int = 0
    ema: float = 0.0
    keep_start: float = 0.0
    fresh_rate: float = 1.0
    sizes: tuple[int, ...] = ()
    seed: int = 0
    evaluate_every: int = 1
    checkpoint_minutes: float = 5.0

    def __post_init__(self) -> None:
        check_fields(self, leave_out=("output", "stages"))
        if self.optimizer not in ("auto", *OPTIMIZERS):
            raise UsageError(f"The optimizer is one of {', '.join(OPTIMIZERS)}, not {self.optimizer!r}.")
        for name in ("momentum", "weight_decay", "clip_norm", "warmup", "checkpoint_minutes", "seed"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is at least 0, not {getattr(self, name)}.")
        if self.seed >= 2**31:
            raise UsageError(f"seed is at most {2**31 - 1}, not {self.seed}.")
        for name in ("batch", "accumulate", "evaluate_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.steps_per_epoch is not None and self.steps_per_epoch < 1:
            raise UsageError(f"steps_per_epoch must be at least 1, not {self.steps_per_epoch}.")
        if self.schedule not in SCHEDULES:
            raise UsageError(f"The schedule is one of {', '.join(SCHEDULES)}, not {self.schedule!r}.")
        if not 0 <= self.keep_start < 1:
            raise UsageError(f"The share of the starting weights is at least 0 and below 1, not {self.keep_start}.")
        if not self.fresh_rate > 0:
            raise UsageError(f"fresh_rate is above 0, not {self.fresh_rate}.")
        if not 0 <= self.ema < 1:
            raise UsageError(f"The momentum of the averaged weights is at least 0 and below 1, not {self.ema}.")
