"""`load_model`: a `Predictor` from the name of a network or a weights file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.checkpoints import apply_checkpoint, find_weights, read_checkpoint
from maskseg_cli.classes import is_background, parse_classes, read_labels
from maskseg_cli.config import PRESETS, MaskRCNNConfig
from maskseg_cli.config.picture_size import with_size
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.engine import Engine
from maskseg_cli.inference.engine_options import EngineOptions
from maskseg_cli.inference.model_options import ModelOptions, instance_limit, overrides_of
from maskseg_cli.inference.predictor import Predictor


def load_model(
    weights: str | Path = "lite",
    labels: str | Path | Sequence[str] | None = None,
    config: MaskRCNNConfig | Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    min_score: float | None = None,
    classes: str | Sequence[str] | None = None,
    max_detections: int | None = None,
    batch: int | None = None,
    tta: bool = False,
    engine: str = "auto",
    precision: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    throughput: bool = False,
    **overrides: Any,
) -> Predictor:
    """Loads a network, ready for pictures.

    Args:
        weights: "lite", "coco", or the path of a weights file (Matterport's h5, or one of maskseg).
        labels: a file of class names, one a line, or the names themselves; background first or left out. None:
            those in the weights file, or COCO's where it has COCO's 81 classes.
        config: a whole config that fits the weights, or some options by name; None: the config in the weights file.
        size: short side in pixels to which a lite network scales pictures (the long side is at most twice that); the
            side of Matterport's square.
        min_score: leave out objects of a lower score, 0..1.
        classes: only objects of these classes: "person,dog" or ["person", "dog"], in either of COCO's spellings.
        max_detections: at most so many objects a picture, best score first.
        batch: pictures of equal size that the network takes at once; the results are the same.
        tta: average six views of each picture, at three sizes and mirrored (test-time augmentation): more accurate,
            about six times slower.
        engine, precision, device, threads, throughput: how the network is computed; see `EngineOptions`.
        overrides: options of `MaskRCNNConfig` by name, which replace those of `config`.

    Raises:
        MasksegError: the file is missing, broken, or does not fit the network; it says which.
        UsageError: an unknown option or class, or a value out of its range.

    Example:
        >>> model = load_model("mask_rcnn_balloon.h5", labels=["balloon"])     # doctest: +SKIP
        >>> detections = model(image_bgr)                                      # doctest: +SKIP
    """
    computing = EngineOptions(engine, precision, device, threads, throughput)
    whole = config if isinstance(config, MaskRCNNConfig) else None
    if config is not None and whole is None:
        overrides = {**config, **overrides}  # type: ignore[dict-item]
    size = overrides.pop("size", None) if size is None else size
    if min_score is not None:
        overrides["detection_min_confidence"] = min_score
    if max_detections is not None:
        overrides["detection_max_instances"] = instance_limit(max_detections, bool(classes))

    def configure(stored: MaskRCNNConfig) -> MaskRCNNConfig:
        return with_size((whole or stored).replace(**overrides), size)

    opened, names = open_engine(weights, labels, configure, computing)
    chosen = None
    if classes is not None:
        chosen = parse_classes(classes if isinstance(classes, str) else ",".join(classes), names)
    return Predictor(opened, names, tta, chosen, max_detections, batch)


def load_predictor(options: ModelOptions, batch: int = 1, throughput: bool = False) -> Predictor:
    """Loads the network that the options choose.

    Args:
        batch: pictures of equal size that the network takes at once.
        throughput: several threads will call it at the same time.

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
        **overrides_of(options),
    )
    # The file says which network it holds; another one than `model` is a mistake of the user.
    mobile = predictor.config.backbone == "mobile"
    if weights and model and mobile != (PRESETS[model].backbone == "mobile"):
        raise UsageError(f"{weights} does not hold weights of the model {model}.")
    return predictor


def open_engine(
    weights: str | Path,
    labels: str | Path | Sequence[str] | None,
    configure: Callable[[MaskRCNNConfig], MaskRCNNConfig],
    options: EngineOptions,
) -> tuple[Engine, tuple[str, ...]]:
    """Reads weights and makes the engine that runs them.

    Args:
        weights, labels: as `load_model`.
        configure: gets the config in the weights file and returns the one to use.
        options: how the network is computed.

    Returns:
        the engine, and the class names, background first.
    """
    checkpoint = read_checkpoint(find_weights(weights))
    config = configure(checkpoint.config)
    names = _class_names(labels, checkpoint.class_names)

    from maskseg_cli.model.tensorflow_start import import_tensorflow

    import_tensorflow()
    from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
    from maskseg_cli.model.mask_rcnn import MaskRCNN

    model = MaskRCNN(config)
    apply_checkpoint(checkpoint, model.named_variables(), labels=names)
    known = names or ("background", *(f"class {i}" for i in range(1, config.num_classes)))
    return TensorFlowEngine(model), known


def _class_names(labels: str | Path | Sequence[str] | None, stored: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if labels is None:
        return stored
    if isinstance(labels, (str, Path)):
        return read_labels(labels)
    names = tuple(labels)
    return names if names and is_background(names[0]) else ("background", *names)
