"""From plain choices to a ready `Trainer`: data, network, initial weights, validation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError
from maskseg_cli.training.start import Start, assign_start, find_start
from maskseg_cli.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from maskseg_cli.datasets.data_source import DataSource
    from maskseg_cli.training.log import TrainingLog
    from maskseg_cli.training.loop import Trainer


@dataclass(frozen=True)
class DataChoice:
    """Where training pictures come from.

    Attributes:
        annotations: COCO JSON, VIA JSON, or "shapes".
        images: the folder of the pictures; not needed for shapes.
        share: how often this data set's pictures are drawn, relative to the others'.
        teacher: a stronger network's finds in these pictures, in COCO's result format: they stand in for the classes
            that are not annotated.
    """

    annotations: str
    images: Path | None = None
    share: float = 1.0
    teacher: Path | None = None


@dataclass(frozen=True)
class Choices:
    """What a training run is made of, beside how it is trained (`TrainingOptions`).

    Attributes:
        data: one or more training sets of the same classes.
        validation: (COCO JSON, folder), or None.
        init: "lite", "coco", a weights file, or "random".
        preset: the network's family where `init` is "random".
        overrides: options of the network by name.
        size: of the pictures, as `load_model(size=...)`.
        augment: whether pictures are flipped, scaled, cropped and recoloured.
        strict: refuse data with problems instead of leaving the bad records out.
        shapes: (number of pictures, side in pixels) of the built-in data set.
        workers: threads that prepare pictures.
        gpus: devices that share the work; 1: no distribution.
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


def prepare(choices: Choices, options: TrainingOptions, log: TrainingLog, resume: bool) -> Trainer:
    """Reads the data, builds the network and puts its initial weights in.

    Raises:
        maskseg_cli.errors.MasksegError: data or weights that cannot be used.
        UsageError: choices that do not go together.
    """
    start = find_start(choices.init, choices.preset)
    sources = open_sources(choices, options.output, start, log)
    class_names = sources[0].class_names
    if any(source.class_names != class_names for source in sources):
        raise UsageError("The data sets do not have the same classes.")
    config = network_config(choices, start, len(class_names))
    strategy = make_strategy(choices.gpus)

    from maskseg_cli.model.mask_rcnn import MaskRCNN

    _repeatable(options.seed)
    if strategy is None:
        model = MaskRCNN(config)
    else:
        with strategy.scope():
            model = MaskRCNN(config)
    fresh: list[str] = []
    if start.checkpoint is not None:
        # also where the run goes on: the start may be a part of what is kept
        other_shape, absent = assign_start(start.checkpoint, model.named_variables())
        fresh = other_shape + absent
        if not resume:
            _tell_start(log, start.source, other_shape, absent)

    from maskseg_cli.training.loop import Trainer

    replicas = 1 if strategy is None else strategy.num_replicas_in_sync
    pictures = sum(len(source) for source in sources)
    steps = options.steps_per_epoch or math.ceil(pictures / (options.batch * options.accumulate * replicas))
    return Trainer(
        model,
        class_names,
        _batches(sources, choices, config, options),
        steps,
        options,
        log,
        _validation(choices, config, class_names, options),
        _provenance(choices, start),
        strategy,
        _identity(choices, sources),
        fresh,
    )


def open_sources(choices: Choices, output: Path, start: Start, log: TrainingLog) -> list[DataSource]:
    """The data sets, their problems told (or, with `strict`, refused)."""
    from maskseg_cli.datasets.data_source import open_source
    from maskseg_cli.training.pseudo_labels import write_merged

    names = start.checkpoint.class_names if start.checkpoint is not None else None
    sources = []
    for choice in choices.data:
        annotations = choice.annotations
        if choice.teacher is not None:
            annotations = str(output / f"{Path(annotations).stem}-completed.json")
            log.say(write_merged(Path(choice.annotations), choice.teacher, Path(annotations)))
        source = open_source(
            annotations, choice.images, known_classes=names, shapes=choices.shapes, strict=choices.strict
        )
        for problem in source.problems:
            log.say(f"{choice.annotations}: {problem.message}")
        log.say(f"{choice.annotations}: {len(source)} pictures, {len(source.class_names) - 1} classes")
        sources.append(source)
    return sources


def network_config(choices: Choices, start: Start, num_classes: int) -> MaskRCNNConfig:
    """The network's options: those of the initial weights, the user's, and the data's number of classes."""
    from maskseg_cli.inference.loading import with_size

    overrides = {**choices.overrides, "num_classes": num_classes}
    if "name" not in overrides and num_classes != start.config.num_classes:
        overrides["name"] = Path(choices.data[0].annotations).stem
    return with_size(start.config.replace(**overrides), choices.size)


def _batches(sources: list[DataSource], choices: Choices, config: MaskRCNNConfig, options: TrainingOptions) -> Any:
    from maskseg_cli.training.augmentation import Augmentation
    from maskseg_cli.training.inputs import training_dataset

    def batches(first: int) -> Iterator[Mapping[str, Any]]:
        dataset = training_dataset(
            sources,
            config,
            shares=[choice.share for choice in choices.data],
            augmentation=Augmentation() if choices.augment else None,
            batch=options.batch,
            seed=options.seed,
            workers=choices.workers,
            sizes=options.sizes,
            first_batch=first,
        )
        return iter(dataset)

    return batches


def _validation(
    choices: Choices, config: MaskRCNNConfig, class_names: tuple[str, ...], options: TrainingOptions
) -> Any:
    from maskseg_cli.datasets.data_source import SHAPES_WORD
    from maskseg_cli.training.validation import Validation

    if choices.validation is not None:
        return Validation(config, class_names, *choices.validation)
    if choices.data[0].annotations != SHAPES_WORD:
        return None
    from maskseg_cli.datasets.shapes import make_coco

    # fresh pictures: their seed is none of the training's
    folder = options.output / "validation"
    annotations = make_coco(folder, count=50, size=choices.shapes[1], seed=options.seed + 1_000_000)
    return Validation(config, class_names, annotations, folder)


def _provenance(choices: Choices, start: Start) -> dict[str, str]:
    from maskseg_cli import __version__

    data = ", ".join(Path(choice.annotations).name for choice in choices.data)
    before = dict(start.checkpoint.provenance) if start.checkpoint is not None else {}
    if start.checkpoint is not None and start.checkpoint.kind != "maskseg":  # a file of ours names its origin already
        before["origin"] = before.pop("made_by", start.checkpoint.kind)
    # a file's name, without the folders of the machine
    source = Path(start.source).name
    return {**before, "made_by": f"maskseg {__version__} train", "started_from": source, "trained_on": data}


def _identity(choices: Choices, sources: Sequence[DataSource]) -> dict[str, Any]:
    """What decides which pictures a run sees, and how they are changed."""
    from maskseg_cli.datasets.data_source import SHAPES_WORD

    data = zip(choices.data, sources, strict=True)
    return {
        "data": [[Path(choice.annotations).name, len(source), choice.share] for choice, source in data],
        "augment": choices.augment,
        "shapes": choices.shapes if choices.data[0].annotations == SHAPES_WORD else None,
    }


def _tell_start(log: TrainingLog, source: str, fresh: list[str], absent: list[str]) -> None:
    log.say(f"starting from {source}")
    if fresh:
        log.say(f"of another shape there, so these layers start fresh: {', '.join(fresh)}")
    if absent:
        log.say(f"not there, so these layers start fresh: {', '.join(absent)}")


def make_strategy(gpus: int) -> Any:
    """A `tf.distribute.MirroredStrategy` over so many GPUs (processors where there is no GPU), or None for one.

    Raises:
        UsageError: there are fewer.
    """
    if gpus == 1:
        return None
    import tensorflow as tf

    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    if len(devices) < gpus:
        raise UsageError(f"--gpus {gpus}: TensorFlow sees {len(devices)} {kind} here.")
    return tf.distribute.MirroredStrategy([device.name for device in devices[:gpus]])


def _repeatable(seed: int) -> None:
    """The same seed gives the same weights, bit for bit, on the same machine."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
