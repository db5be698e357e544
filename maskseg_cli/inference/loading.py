"""`load_model`: a `Predictor` from the name of a network or a weights file."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from maskseg_cli.checkpoints import apply_checkpoint, find_weights, read_checkpoint
from maskseg_cli.checkpoints.registry import IR_SUFFIX
from maskseg_cli.classes import class_words, parse_classes
from maskseg_cli.config import PRESETS, MaskRCNNConfig
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.config.value_types import conform
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.class_labels import Labels, all_names, given_names
from maskseg_cli.inference.engine import Engine, EngineUnavailableError
from maskseg_cli.inference.engine_options import EngineOptions
from maskseg_cli.inference.model_options import ModelOptions, check_numbers, instance_limit, overrides_of
from maskseg_cli.inference.openvino_engine import open_openvino
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.tile_layout import parse_tiles
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.reporter import Reporter

#: Where the drivers of NVIDIA's GPUs show themselves: Linux, and Linux inside Windows.
_NVIDIA = ("/proc/driver/nvidia/gpus", "/dev/nvidia0", "/dev/dxg")


def load_model(
    weights: str | Path = "lite",
    labels: Labels | None = None,
    config: MaskRCNNConfig | Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    min_score: float | None = None,
    classes: str | int | Sequence[str | int] | None = None,
    max_detections: int | None = None,
    batch: int | None = None,
    tta: bool = False,
    tiles: str | None = None,
    engine: str = "auto",
    precision: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    throughput: bool = False,
    reporter: Reporter | None = None,
    **overrides: Any,
) -> Predictor:
    """Loads a network, ready for pictures.

    Args:
        weights: a name of `maskseg weights list` such as "lite", or the path of a weights file: one of maskseg,
            Matterport's h5, or a state dict of torchvision, detectron2 or mmdetection.
        labels: a file of class names, one a line, or the names themselves; background first or left out. None:
            those in the weights file, or COCO's where it has COCO's 81 classes.
        config: a whole config that fits the weights, or some options by name; None: the config in the weights file.
        size: short side in pixels to which a lite network scales pictures (the long side is at most twice that); the
            side of Matterport's square.
        min_score: leave out objects of a lower score, 0..1.
        classes: only objects of these classes: "person,dog" or ["person", "dog"], in either of COCO's spellings; or
            their numbers.
        max_detections: at most so many objects a picture, best score first.
        batch: pictures of equal size that the network takes at once; the results are the same.
        tta: average six views of each picture, at three sizes and mirrored (test-time augmentation): more accurate,
            about six times slower.
        tiles: "auto" or columns x rows such as "4x3": run the network on overlapping tiles of large pictures and on the
            whole of them, which finds more small objects.
        engine, precision, device, threads, throughput: how the network is computed; see `EngineOptions`.
        reporter: told when a network is converted for OpenVINO, and when TensorFlow is taken instead.
        overrides: options of `MaskRCNNConfig` by name, which replace those of `config`.

    Raises:
        MasksegError: the file is missing, broken, or does not fit the network; it says which.
        UsageError: an unknown option or class, or a value out of its range.

    Example:
        >>> model = load_model("mask_rcnn_balloon.h5", labels=["balloon"])     # doctest: +SKIP
        >>> detections = model(image_bgr)                                      # doctest: +SKIP
    """
    check_numbers(min_score=min_score, max_detections=max_detections, batch=batch, threads=threads)
    _check_kinds(weights, config, overrides)
    tta = conform("tta", tta, bool)
    parse_tiles(tiles)
    computing = EngineOptions(engine, precision, device, threads, throughput)
    whole = config if isinstance(config, MaskRCNNConfig) else None
    if config is not None and whole is None:
        overrides = {**config, **overrides}  # type: ignore[dict-item]
    size = overrides.pop("size", None) if size is None else size
    check_numbers(size=size)
    if min_score is not None:
        overrides["detection_min_confidence"] = min_score
    if max_detections is not None:
        overrides["detection_max_instances"] = instance_limit(max_detections)

    def configure(stored: MaskRCNNConfig) -> MaskRCNNConfig:
        config = (whole or stored).replace(**overrides)
        if config.detection_voting_threshold is not None and config.detection_voting_floor is None:
            config = config.replace(detection_voting_floor=stored.detection_min_confidence)
        return with_size(config, size)

    def choose(names: tuple[str, ...]) -> list[int] | None:
        return None if classes is None else parse_classes(class_words(classes), names)

    opened, names = open_engine(weights, labels, configure, computing, reporter or Reporter(), choose)
    chosen = choose(names)
    return Predictor(opened, names, tta, chosen, max_detections, batch, os.path.basename(weights), tiles)


def _check_kinds(weights: Any, config: Any, overrides: Mapping[str, Any]) -> None:
    """Checks the arguments of `load_model` of which a wrong one would raise an error that nobody understands.

    Raises:
        UsageError: another kind of value, or an unknown option (similar ones are named).
    """
    if not isinstance(weights, (str, os.PathLike)) or not os.fspath(weights):
        given = repr(weights) if weights is None or isinstance(weights, str) else type(weights).__name__
        raise UsageError(f"weights is a name such as lite or the path of a weights file, not {given}.")
    if config is not None and not isinstance(config, (MaskRCNNConfig, Mapping)):
        raise UsageError(
            f"config is a MaskRCNNConfig or options by name, not {config!r}; "
            "maskseg_cli.config.overrides.read_config_file reads a file of options."
        )
    known = [field.name for field in fields(MaskRCNNConfig)]
    for name in overrides:
        if name not in known and name != "size":
            own = [*inspect.signature(load_model).parameters][:-1]
            raise UsageError(f"There is no option {name!r}{did_you_mean(name, [*own, *known])}.")


def load_predictor(
    options: ModelOptions, batch: int = 1, throughput: bool = False, reporter: Reporter | None = None
) -> Predictor:
    """Loads the network that the options choose.

    Args:
        batch: pictures of equal size that the network takes at once.
        throughput: several threads will call it at the same time.
        reporter: as for `load_model`.

    Raises:
        MasksegError: the weights cannot be read or do not fit.
        UsageError: an option, class or combination that is not possible.
    """
    model, weights = (None if path is None else str(path) for path in (options.model, options.weights))
    if weights is not None and model is not None and model not in PRESETS:
        raise UsageError(f"--model {model} and --weights {weights} name two files: give one.")
    predictor = load_model(
        weights or model or "lite",
        options.labels,
        classes=options.classes,
        max_detections=options.max_detections,
        batch=None if batch == 1 else batch,
        engine=options.engine,
        precision=options.precision,
        device=options.device,
        threads=options.threads,
        throughput=throughput,
        reporter=reporter,
        **overrides_of(options),
    )
    # The file says which network it holds; another one than `model` is a mistake of the user.
    mobile = predictor.config.backbone == "mobile"
    if weights and model and mobile != (PRESETS[model].backbone == "mobile"):
        raise UsageError(f"{weights} does not hold weights of the model {model}.")
    return predictor


def open_engine(
    weights: str | Path,
    labels: Labels | None,
    configure: Callable[[MaskRCNNConfig], MaskRCNNConfig],
    options: EngineOptions,
    reporter: Reporter,
    check: Callable[[tuple[str, ...]], object] = len,
) -> tuple[Engine, tuple[str, ...]]:
    """Reads weights and makes the engine that runs them.

    Args:
        weights, labels: as `load_model`.
        configure: gets the config in the weights file and returns the one to use.
        options: how the network is computed.
        reporter: told when a network is converted, and when TensorFlow is started or taken instead of OpenVINO.
        check: called with the class names, background first, before anything that takes seconds; it may raise an error.

    Returns:
        the engine, and the class names, background first.
    """
    path = find_weights(weights)
    prepared = path.suffix.lower() == IR_SUFFIX
    if prepared and options.engine == "tensorflow":
        raise UsageError(f"{path} is an OpenVINO network: the engine tensorflow needs the weights file itself.")
    if prepared or options.engine == "openvino" or not _prefers_tensorflow(options):
        try:
            return open_openvino(path, labels, configure, options, reporter, check)
        except EngineUnavailableError as error:
            if prepared or options.engine == "openvino" or options.precision not in ("auto", "float32"):
                raise
            if options.device in ("auto", "cpu"):
                reporter.warn(f"{error}: TensorFlow is used instead, which is slower.")
    return _open_tensorflow(path, labels, configure, options, reporter, check)


def _prefers_tensorflow(options: EngineOptions) -> bool:
    """Whether TensorFlow is the first choice: it was asked for, or an NVIDIA GPU is there that it can use."""
    if options.engine == "tensorflow":
        return True
    # Looked for without TensorFlow, whose import takes seconds. It has builds for NVIDIA's GPUs for Linux only.
    if options.device not in ("auto", "gpu") or not any(Path(path).exists() for path in _NVIDIA):
        return False
    from maskseg_cli.model.tensorflow_start import gpu_names

    return bool(gpu_names())


def _open_tensorflow(
    path: Path,
    labels: Labels | None,
    configure: Callable[[MaskRCNNConfig], MaskRCNNConfig],
    options: EngineOptions,
    reporter: Reporter,
    check: Callable[[tuple[str, ...]], object],
) -> tuple[Engine, tuple[str, ...]]:
    checkpoint = read_checkpoint(path)
    config = configure(checkpoint.config)
    names = given_names(labels, checkpoint.class_names)
    check(all_names(names, config))
    for note in checkpoint.notes:
        reporter.say(note)
    reporter.say(f"Loading {path.name} with TensorFlow; this takes some seconds.")

    from maskseg_cli.model.tensorflow_start import choose_device, import_tensorflow

    import_tensorflow()
    choose_device(options.device, options.threads)
    from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    model = MaskRCNN(config)
    apply_checkpoint(checkpoint, model.named_variables(), labels=names)
    return TensorFlowEngine(model), all_names(names, config)
