"""The network that the options of a command ask for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, overload

from maskseg_cli.cli.options import ModelOptions
from maskseg_cli.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskseg_cli.config import MaskRCNNConfig
    from maskseg_cli.detections import Detections
    from maskseg_cli.inference.predictor import Predictor


class Segmenter:
    """A predictor with the user's wishes applied to what it finds.

    Attributes:
        predictor: the network itself.
        class_ids: the classes to keep, or None for all.
        limit: most objects a picture, after the choice of classes, or None.
    """

    def __init__(self, predictor: Predictor, class_ids: list[int] | None = None, limit: int | None = None) -> None:
        self.predictor = predictor
        self.class_ids = class_ids
        self.limit = limit

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, background first."""
        return self.predictor.class_names

    @property
    def config(self) -> MaskRCNNConfig:
        """The network's options."""
        return self.predictor.config

    @property
    def workers(self) -> int:
        """How many threads should call it at the same time, each with pictures of its own.

        The small network's stages are too short to keep two cores busy with one picture: with two it does a fifth
        more. The large one keeps them busy, and takes a gigabyte a picture.
        """
        return min(4, os.cpu_count() or 1) if self.config.backbone == "mobile" else 1

    @overload
    def __call__(self, images: NDArray[np.uint8]) -> Detections: ...

    @overload
    def __call__(self, images: list[NDArray[np.uint8]]) -> list[Detections]: ...

    def __call__(self, images: NDArray[np.uint8] | list[NDArray[np.uint8]]) -> Detections | list[Detections]:
        """Objects in a BGR picture uint8 (H, W, 3), or in each of a list of them."""
        if isinstance(images, list):
            return [self._choose(found) for found in self.predictor(images)]
        return self._choose(self.predictor(images))

    def _choose(self, found: Detections) -> Detections:
        if self.class_ids is not None:
            found = found.filter(self.class_ids)
        return found if self.limit is None else found[: self.limit]


def load_predictor(options: ModelOptions) -> Segmenter:
    """Loads the network that the user asked for (imports TensorFlow).

    Raises:
        MasksegError: the weights cannot be had or do not fit.
        UsageError: an option, class or combination that makes no sense.
    """
    from maskseg_cli.config import PRESETS

    overrides = overrides_of(options)
    if options.weights is not None and options.model is not None and options.model not in PRESETS:
        raise UsageError(f"--model {options.model} and --weights {options.weights} name two files: give one.")
    from maskseg_cli.inference.predictor import load_model

    weights = options.weights or options.model or "lite"
    predictor = load_model(weights, labels=options.labels, **overrides)
    # Which network a file holds is read from the file; a wish that it does not meet is a mix-up.
    mobile = predictor.config.backbone == "mobile"
    if options.weights and options.model and mobile != (PRESETS[options.model].backbone == "mobile"):
        raise UsageError(f"{options.weights} does not hold weights of the model {options.model}.")
    class_ids = None
    if options.classes is not None:
        from maskseg_cli.classes import parse_classes

        class_ids = parse_classes(options.classes, predictor.class_names)
    return Segmenter(predictor, class_ids, options.max_detections)


def overrides_of(options: ModelOptions) -> dict[str, Any]:
    """Options of `MaskRCNNConfig`, plus `size` and `tta`, as keywords for `load_model`.

    What is said more plainly wins: own options, then --set, then the file of --config.
    """
    overrides: dict[str, Any] = {}
    if options.config is not None or options.settings:
        from maskseg_cli.config.overrides import parse_settings, read_config_file

        if options.config is not None:
            overrides.update(read_config_file(options.config))
        overrides.update(parse_settings(options.settings))
    if options.size is not None:
        overrides["size"] = options.size
    if options.min_score is not None:
        overrides["detection_min_confidence"] = options.min_score
    if options.max_detections is not None:
        # Where classes are chosen, the network's own limit must not be spent on the other classes.
        room = 100 if options.classes else 0
        overrides["detection_max_instances"] = max(options.max_detections, room)
    if options.tta:
        overrides["tta"] = True
    return overrides
