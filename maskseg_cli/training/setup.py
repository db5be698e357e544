"""Preparation of a training run: data, network, initial weights, validation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from maskseg_cli import __version__
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.datasets.data_source import SHAPES_WORD, DataSource, open_source
from maskseg_cli.datasets.problems import pictures_left_out, summary
from maskseg_cli.datasets.shapes import make_coco
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training.augmentation import Augmentation
from maskseg_cli.training.choices import Choices
from maskseg_cli.training.inputs import training_dataset
from maskseg_cli.training.log import TrainingLog
from maskseg_cli.training.loop import Batches, Trainer
from maskseg_cli.training.pseudo_labels import write_merged
from maskseg_cli.training.start import Start, assign_start, find_start
from maskseg_cli.training.training_options import TrainingOptions
from maskseg_cli.training.validation import Validation


def prepare(choices: Choices, options: TrainingOptions, log: TrainingLog, resume: bool) -> Trainer:
    """Reads the data, builds the network and assigns its initial weights.

    Raises:
        MasksegError: data or weights that cannot be used.
        UsageError: the data sets do not have the same classes, or other choices do not go together.
    """
    start = find_start(choices.init, choices.preset)
    sources = open_sources(choices, options.output, start, log)
    class_names = sources[0].class_names
    if any(source.class_names != class_names for source in sources):
        raise UsageError("The data sets do not have the same classes.")
    config = network_config(choices, start, len(class_names))
    strategy = make_strategy(choices.gpus)

    _make_repeatable(options.seed)
    if strategy is None:
        model = MaskRCNN(config)
    else:
        with strategy.scope():
            model = MaskRCNN(config)
    fresh: list[str] = []
    if start.checkpoint is not None:
        # Also for a resumed run, because `keep_start` mixes the initial weights into the saved ones.
        other_shape, absent = assign_start(start.checkpoint, model.named_variables())
        fresh = other_shape + absent
        if not resume:
            _report_start(log, start.source, other_shape, absent)

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
        _validation(choices, config, class_names, options, log),
        provenance_of(choices, start),
        strategy,
        _data_description(choices, sources),
        fresh,
        sum(pictures_left_out(source.problems) for source in sources),
    )


def open_sources(choices: Choices, output: Path, start: Start, log: TrainingLog) -> list[DataSource]:
    """Opens the data sets and reports their problems; with `strict` they are refused.

    Raises:
        MasksegError: data that cannot be used, or without any object.
    """
    names = start.checkpoint.class_names if start.checkpoint is not None else None
    sources: list[DataSource] = []
    for choice in choices.data:
        annotations = choice.annotations
        if choice.teacher is not None:
            annotations = str(output / f"{Path(annotations).stem}-completed.json")
            log.say(write_merged(Path(choice.annotations), choice.teacher, Path(annotations)))
        source = open_source(
            annotations,
            choice.images,
            known_classes=sources[0].class_names if sources else names,
            shapes=choices.shapes,
            attribute=choices.via_attribute,
            strict=choices.strict,
            reporter=log.reporter,
            format="coco" if choice.teacher is not None else choices.format,
        )
        for problem in source.problems:
            log.say(f"{choice.annotations}: {problem.message}")
        log.say(f"{choice.annotations}: {len(source)} pictures, {len(source.class_names) - 1} classes")
        sources.append(source)
    if not any(source.object_count for source in sources):
        files = ", ".join(choice.annotations for choice in choices.data)
        lines = [f"There is no object to learn in {files} (crowds do not count)."]
        for source, choice in zip(sources, choices.data, strict=True):
            problems = [problem for problem in source.problems if problem.kind != "no-objects"]
            lines += summary(problems, choice.annotations)
        raise MasksegError(*lines)
    return sources


def network_config(choices: Choices, start: Start, num_classes: int) -> MaskRCNNConfig:
    """The network's options: those of the initial weights, the user's, and the data's number of classes."""
    overrides = {**choices.overrides, "num_classes": num_classes}
    if "name" not in overrides and num_classes != start.config.num_classes:
        overrides["name"] = Path(choices.data[0].annotations).stem
    return with_size(start.config.replace(**overrides), choices.size)


def _batches(sources: list[DataSource], choices: Choices, config: MaskRCNNConfig, options: TrainingOptions) -> Batches:
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
    choices: Choices, config: MaskRCNNConfig, class_names: tuple[str, ...], options: TrainingOptions, log: TrainingLog
) -> Validation | None:
    if choices.validation is not None:
        validation = Validation(
            config,
            class_names,
            *choices.validation,
            attribute=choices.via_attribute,
            format=choices.format,
            reporter=log.reporter,
        )
        for problem in validation.dataset.problems:
            log.say(f"{choices.validation[0]}: {problem.message}")
        return validation
    if choices.data[0].annotations != SHAPES_WORD:
        return None
    # New pictures: their seed differs from the training set's, which is 0.
    folder = options.output / "validation"
    annotations = make_coco(folder, count=50, size=choices.shapes[1], seed=options.seed + 1_000_000)
    return Validation(config, class_names, annotations, folder)


def provenance_of(choices: Choices, start: Start) -> dict[str, str]:
    """The entries of the weights file that describe its origin: those of the initial weights, and the run's own."""
    data = ", ".join(Path(choice.annotations).name for choice in choices.data)
    before = dict(start.checkpoint.provenance) if start.checkpoint is not None else {}
    # Our own files have an entry "origin" already.
    if start.checkpoint is not None and start.checkpoint.kind != "maskseg":
        before["origin"] = before.pop("made_by", start.checkpoint.kind)
    # The name of the file alone, without the folders of this machine.
    source = Path(start.source).name
    return {**before, "made_by": f"maskseg {__version__} train", "started_from": source, "trained_on": data}


def _data_description(choices: Choices, sources: Sequence[DataSource]) -> dict[str, Any]:
    """Describes which pictures a run uses and how they are changed; a resumed run must have the same."""
    data = zip(choices.data, sources, strict=True)
    return {
        "data": [[Path(choice.annotations).name, len(source), choice.share] for choice, source in data],
        "augment": choices.augment,
        "shapes": choices.shapes if choices.data[0].annotations == SHAPES_WORD else None,
    }


def _report_start(log: TrainingLog, source: str, fresh: list[str], absent: list[str]) -> None:
    log.say(f"starting from {source}")
    if fresh:
        log.say(f"of another shape there, so these layers start fresh: {', '.join(fresh)}")
    if absent:
        log.say(f"not there, so these layers start fresh: {', '.join(absent)}")


def make_strategy(gpus: int) -> Any:
    """Makes a `tf.distribute.MirroredStrategy`, or None for one device.

    Args:
        gpus: number of GPUs; of CPUs where there is no GPU.

    Raises:
        UsageError: there are fewer.
    """
    if gpus == 1:
        return None
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    if len(devices) < gpus:
        raise UsageError(f"--gpus {gpus}: TensorFlow sees {len(devices)} {kind} here.")
    return tf.distribute.MirroredStrategy([device.name for device in devices[:gpus]])


def _make_repeatable(seed: int) -> None:
    """Seeds everything random, so that on one machine the same seed gives the same weights, bit for bit."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
