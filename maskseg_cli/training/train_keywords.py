"""`TrainKeywords`: the options of `maskseg train` that say how and on what a network is trained, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskseg_cli.datasets.annotation_options import format_option, via_attribute_option
from maskseg_cli.inference.model_options import SIZES
from maskseg_cli.option import option
from maskseg_cli.training.schedule import SCHEDULES
from maskseg_cli.training.training_options import OPTIMIZERS, TrainingOptions

#: Headings in --help.
_DATA, _NETWORK, _STAGES = "Data and results", "Network", "Stages"
_OPTIMIZER, _PICTURES, _RUN = "Optimizer", "Pictures", "Run"


@dataclass(frozen=True)
class TrainKeywords:
    """Keywords of `training.run.train` with the words of the command line; `make_choices` explains and checks them."""

    also: tuple[tuple[str, Path, str], ...] = option(
        (),
        "Another training set of the same classes, and how often it is drawn (1: as often as the first).",
        parts=("annotations", "folder", "text"),
        metavar="ANNOTATIONS IMAGES SHARE",
        heading=_DATA,
    )
    teacher: Path | None = option(
        None,
        "Results of `maskseg evaluate --results` for the first --also set: they replace classes not annotated there.",
        kind="file",
        metavar="RESULTS",
        heading=_DATA,
    )
    val: tuple[str, Path] | None = option(
        None,
        "Annotations and folder of pictures to measure AP on; the best weights are kept.",
        parts=("annotations", "folder"),
        metavar="ANNOTATIONS IMAGES",
        heading=_DATA,
    )
    format: str | None = format_option("all annotations", heading=_DATA)
    via_attribute: str | None = via_attribute_option(heading=_DATA)
    init: str = option(
        "lite",
        "Weights to start from, such as lite or coco; layers that do not fit start fresh.",
        metavar="NAME|random|FILE",
        heading=_NETWORK,
    )
    model: str = option("lite", "The network's family for --init random.", choices=("lite", "coco"), heading=_NETWORK)
    settings: tuple[str, ...] = option(
        (),
        "Set any option that `maskseg config` shows, such as mask_head=unet; may be repeated.",
        flags=("--set",),
        metavar="OPTION=VALUE",
        heading=_NETWORK,
    )
    layers: tuple[str, ...] = option(
        ("all",),
        "Which layers learn; repeat it for several stages.",
        default="all",
        metavar="heads|3+|4+|5+|all|REGEX",
        heading=_STAGES,
    )
    epochs: tuple[int, ...] = option((1,), "Epochs of each stage.", kind="whole", least=1, default="1", heading=_STAGES)
    learning_rate: tuple[float, ...] = option(
        (0.001,), "Peak rate of each stage.", kind="number", least=0, above=True, default="0.001", heading=_STAGES
    )
    steps_per_epoch: int | None = option(
        None, "Steps of an epoch.", kind="whole", least=1, default="one pass over the pictures", heading=_STAGES
    )
    batch: int = option(TrainingOptions.batch, "Pictures a gradient.", kind="whole", least=1, heading=_STAGES)
    accumulate: int = option(
        TrainingOptions.accumulate,
        "Gradients that are averaged for one step.",
        kind="whole",
        least=1,
        heading=_STAGES,
    )
    optimizer: str = option(
        TrainingOptions.optimizer,
        "relative-adamw scales each tensor's step by the tensor's size; auto takes it for lite, and sgd for a ResNet.",
        choices=("auto", *OPTIMIZERS),
        heading=_OPTIMIZER,
    )
    momentum: float = option(TrainingOptions.momentum, "For sgd.", kind="number", least=0, most=1, heading=_OPTIMIZER)
    weight_decay: float = option(
        TrainingOptions.weight_decay,
        "Not on biases and batch normalisation.",
        kind="number",
        least=0,
        heading=_OPTIMIZER,
    )
    clip_norm: float = option(
        TrainingOptions.clip_norm, "Longest gradient; 0: any.", kind="number", least=0, heading=_OPTIMIZER
    )
    schedule: str = option(
        TrainingOptions.schedule, "How the rate falls within a stage.", choices=SCHEDULES, heading=_OPTIMIZER
    )
    warmup: int = option(
        TrainingOptions.warmup,
        "Steps in which the rate rises at the start of a stage.",
        kind="whole",
        least=0,
        heading=_OPTIMIZER,
    )
    ema: float = option(
        TrainingOptions.ema,
        "Keep a running average of the weights with this momentum, such as 0.998.",
        kind="number",
        least=0,
        most=1,
        below=True,
        heading=_OPTIMIZER,
    )
    keep_start: float = option(
        TrainingOptions.keep_start,
        "Keep a mean: so much of the starting weights, the rest of the trained ones.",
        kind="number",
        least=0,
        most=1,
        below=True,
        metavar="SHARE",
        heading=_OPTIMIZER,
    )
    fresh_rate: float = option(
        TrainingOptions.fresh_rate,
        "Factor of the learning rate for layers that start fresh.",
        kind="number",
        least=0,
        above=True,
        metavar="FACTOR",
        heading=_OPTIMIZER,
    )
    size: int | None = option(
        None,
        "As in `maskseg image`.",
        kind="whole",
        least=64,
        metavar="PIXELS",
        default=SIZES,
        heading=_PICTURES,
    )
    sizes: tuple[int, ...] = option(
        (),
        "For lite: short sides to choose from for each batch; repeat it.",
        kind="whole",
        least=64,
        metavar="PIXELS",
        heading=_PICTURES,
    )
    augment: bool = option(
        True,
        "Flip, scale, crop and recolour the pictures.",
        flags=("--augment/--no-augment",),
        default="augment",
        heading=_PICTURES,
    )
    shapes: tuple[int, int] = option(
        (500, 128),
        "Size of the built-in data set.",
        parts=("whole", "whole"),
        least=1,
        metavar="COUNT PIXELS",
        default="500, 128",
        heading=_PICTURES,
    )
    evaluate_every: int = option(
        TrainingOptions.evaluate_every,
        "How often AP is measured on --val.",
        kind="whole",
        least=1,
        metavar="EPOCHS",
        heading=_RUN,
    )
    checkpoint_minutes: float = option(
        TrainingOptions.checkpoint_minutes,
        "Minutes between two saved states within an epoch.",
        kind="number",
        least=0,
        heading=_RUN,
    )
    resume: bool = option(False, "Continue the run in the output folder from its last saved state.", heading=_RUN)
    strict: bool = option(False, "Refuse data with problems instead of leaving bad records out.", heading=_RUN)
    seed: int = option(
        TrainingOptions.seed,
        "The same seed gives the same weights.",
        kind="whole",
        least=0,
        most=2**31 - 1,
        heading=_RUN,
    )
    workers: int = option(2, "Threads that prepare pictures.", kind="whole", least=1, heading=_RUN)
    gpus: int = option(1, "Devices that share the work.", kind="whole", least=1, heading=_RUN)
