"""The options of `maskseg train`, for Python and for the command, and the values that the training code takes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from maskseg_cli.config.overrides import parse_settings
from maskseg_cli.config.value_types import check_count, check_fields
from maskseg_cli.datasets.annotation_file import own_pictures
from maskseg_cli.datasets.annotation_options import check_format
from maskseg_cli.datasets.data_source import SHAPES_WORD
from maskseg_cli.errors import UsageError
from maskseg_cli.training.stages import make_stages
from maskseg_cli.training.training_options import TrainingOptions


@dataclass(frozen=True)
class DataChoice:
    """One training set.

    Attributes:
        annotations: a file or folder of a known format (`datasets.annotation_formats.FORMATS`), or "shapes".
        images: the folder of the pictures; not needed for shapes, for a folder with its pictures, and for data.yaml.
        share: how often this data set's pictures are drawn, relative to the others'.
        teacher: detections of a stronger network in these pictures, in COCO's result format: they stand in for the
            classes that are not annotated.
    """

    annotations: str
    images: Path | None = None
    share: float = 1.0
    teacher: Path | None = None


@dataclass(frozen=True)
class Choices:
    """Data, network and initial weights of a training run; `TrainingOptions` has how it is trained.

    Attributes:
        data: one or more training sets of the same classes.
        validation: (annotations, folder of the pictures), or None.
        init: a name such as "lite", a weights file, or "random".
        preset: the network's family where `init` is "random".
        overrides: options of the network by name.
        size: of the pictures, as `load_model(size=...)`.
        augment: whether pictures are flipped, scaled, cropped and recoloured.
        strict: refuse data with problems instead of leaving the bad records out.
        shapes: (number of pictures, side in pixels) of the built-in data set.
        workers: threads that prepare pictures.
        gpus: devices that share the work; 1: no distribution.
        via_attribute: the region attribute that holds the class in files of VIA; None: see `via.read_via`.
        format: the name of the format of all annotations; None: their content shows it.
    """

    data: Sequence[DataChoice]
    validation: tuple[Path, Path] | None = None
    init: str = "lite"
    preset: str = "lite"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    augment: bool = True
    strict: bool = False
    shapes: tuple[int, int] = (500, 128)
    workers: int = 2
    gpus: int = 1
    via_attribute: str | None = None
    format: str | None = None

    def __post_init__(self) -> None:
        check_fields(self, leave_out=("data", "validation", "overrides"))
        check_format(self.format)
        check_count("workers", self.workers)
        check_count("gpus", self.gpus)
        check_count("size", 1 if self.size is None else self.size)


def make_choices(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    output: str | Path,
    also: Sequence[Sequence[Any]] = (),
    teacher: str | Path | None = None,
    val: Sequence[str | Path] | None = None,
    via_attribute: str | None = None,
    format: str | None = None,
    init: str = "lite",
    model: str = "lite",
    layers: str | Sequence[str] = ("all",),
    epochs: int | Sequence[int] = (1,),
    learning_rate: float | Sequence[float] = (0.001,),
    steps_per_epoch: int | None = None,
    batch: int = 1,
    accumulate: int = 1,
    optimizer: str = "auto",
    momentum: float = 0.9,
    weight_decay: float = 1e-4,
    clip_norm: float = 5.0,
    schedule: str = "constant",
    warmup: int = 0,
    ema: float = 0.0,
    keep_start: float = 0.0,
    fresh_rate: float = 1.0,
    size: int | None = None,
    sizes: int | Sequence[int] = (),
    augment: bool = True,
    shapes: Sequence[int] = (500, 128),
    evaluate_every: int = 1,
    checkpoint_minutes: float = 5.0,
    strict: bool = False,
    seed: int = 0,
    workers: int = 2,
    gpus: int = 1,
    settings: str | Sequence[str] = (),
    overrides: Mapping[str, Any] | None = None,
) -> tuple[Choices, TrainingOptions]:
    """Checks the options of `maskseg train` and converts them. Names and defaults are the command's.

    Args:
        annotations: a file or folder of a known format (`datasets.annotation_formats.FORMATS`), or "shapes".
        images: the folder of the pictures; not needed for shapes, for a folder with its pictures, and for data.yaml.
        output: the folder of the run.
        also: (annotations, images, share) of each further training set of the same classes.
        teacher: results of a stronger network in the first set of `also`, in COCO's result format.
        val: (annotations, folder of the pictures) to measure AP on, or None.
        via_attribute, format, init, size, augment, strict, shapes, workers, gpus: see `Choices`.
        model: "lite" or "coco": the network's family where `init` is "random".
        layers, epochs, learning_rate: one value for each stage; the last value of a shorter list is repeated.
        steps_per_epoch, batch, accumulate, optimizer, momentum, weight_decay, clip_norm, schedule, warmup, ema, \
        keep_start, fresh_rate, sizes, evaluate_every, checkpoint_minutes, seed: see `TrainingOptions`.
        settings: options of the network as text, such as "mask_head=unet"; stronger than `overrides`.
        overrides: options of the network by name.

    Raises:
        UsageError: options that do not go together, or a value out of its range.
    """
    if str(annotations) != SHAPES_WORD and images is None and own_pictures(annotations) is None:
        raise UsageError("IMAGES is missing: name the folder of the pictures.")
    if str(annotations) == SHAPES_WORD and images is not None:
        raise UsageError(f"{SHAPES_WORD} are drawn on the fly: leave out the folder {images}.")
    data = [DataChoice(str(annotations), None if images is None else Path(images))]
    data += [DataChoice(str(name), Path(folder), _share(share)) for name, folder, share in also]
    if teacher is not None:
        if len(data) == 1:
            raise UsageError("--teacher completes the set of --also: there is none.")
        data[1] = replace(data[1], teacher=Path(teacher))
    choices = Choices(
        data,
        None if val is None else (Path(val[0]), Path(val[1])),
        os.fspath(init) if isinstance(init, os.PathLike) else init,
        model,
        {**(overrides or {}), **parse_settings(as_tuple(settings))},
        size,
        augment,
        strict,
        tuple(shapes),  # type: ignore[arg-type]  # its length is checked there
        workers,
        gpus,
        via_attribute,
        format,
    )
    options = TrainingOptions(
        Path(output),
        tuple(make_stages(as_tuple(layers), as_tuple(epochs), as_tuple(learning_rate))),
        steps_per_epoch,
        batch,
        accumulate,
        optimizer,
        momentum,
        weight_decay,
        clip_norm,
        schedule,
        warmup,
        ema,
        keep_start,
        fresh_rate,
        as_tuple(sizes),
        seed,
        evaluate_every,
        checkpoint_minutes,
    )
    return choices, options


def as_tuple(value: Any) -> tuple[Any, ...]:
    """A list or tuple as a tuple; any other value as a tuple of one.

    Example:
        >>> as_tuple("heads"), as_tuple([1, 2])
        (('heads',), (1, 2))
    """
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _share(value: Any) -> float:
    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not share > 0:
        raise UsageError(f"The third value of --also is a number above 0, not {value!r}.")
    return share
