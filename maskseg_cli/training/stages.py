"""Training stages: which layers learn, for how long, at what rate.

The names are Matterport's: heads first on a backbone that stays as it is, then deeper and deeper into it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maskseg_cli.errors import UsageError

if TYPE_CHECKING:
    import keras

    from maskseg_cli.model.mask_rcnn import MaskRCNN

#: Either family's heads: a small backbone may carry a mask head of Matterport's kind.
_HEADS = r"(mrcnn_.*)|(rpn_.*)|(fpn_.*)|(rpn\..*)|(box\..*)|(mask\..*)"

#: Word -> pattern of layer names, by backbone family. In the small trunk the strides count as ResNet's stages do:
#: "3+" begins at stride 8, "4+" at stride 16, "5+" with the widest blocks.
LAYER_WORDS = {
    "resnet": {
        "heads": _HEADS,
        "3+": rf"(res3.*)|(bn3.*)|(res4.*)|(bn4.*)|(res5.*)|(bn5.*)|{_HEADS}",
        "4+": rf"(res4.*)|(bn4.*)|(res5.*)|(bn5.*)|{_HEADS}",
        "5+": rf"(res5.*)|(bn5.*)|{_HEADS}",
        "all": ".*",
    },
    "mobile": {
        "heads": _HEADS,
        "3+": rf"(trunk\.block[23]_.*)|{_HEADS}",
        "4+": rf"(trunk\.block3_.*)|{_HEADS}",
        "5+": rf"(trunk\.block3_[456].*)|{_HEADS}",
        "all": ".*",
    },
}


@dataclass(frozen=True)
class Stage:
    """One stage of a training run.

    Attributes:
        layers: heads, 3+, 4+, 5+, all, or a regular expression for whole layer names.
        epochs: how many passes of steps_per_epoch steps.
        learning_rate: the peak of the stage's schedule.
    """

    layers: str = "all"
    epochs: int = 1
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise UsageError(f"A training stage has at least 1 epoch, not {self.epochs}.")
        if not self.learning_rate > 0:
            raise UsageError(f"A learning rate is above 0, not {self.learning_rate}.")


def make_stages(layers: Sequence[str], epochs: Sequence[int], learning_rates: Sequence[float]) -> list[Stage]:
    """Stages from three lists; a shorter list goes on with its last value.

    Example:
        >>> make_stages(["heads", "all"], [2], [1e-3, 1e-4])[1]
        Stage(layers='all', epochs=2, learning_rate=0.0001)
    """
    count = max(len(layers), len(epochs), len(learning_rates))
    longest = [[*values, *[values[-1]] * (count - len(values))] for values in (layers, epochs, learning_rates)]
    return [Stage(str(name), int(passes), float(rate)) for name, passes, rate in zip(*longest, strict=True)]


def layer_pattern(layers: str, backbone: str) -> re.Pattern[str]:
    """The pattern behind a word such as "heads", or the user's own.

    Raises:
        UsageError: no word and no valid regular expression.
    """
    words = LAYER_WORDS["mobile" if backbone == "mobile" else "resnet"]
    try:
        return re.compile(words.get(layers, layers))
    except re.error as error:
        raise UsageError(f"--layers is one of {', '.join(words)} or a regular expression: {error}.") from error


def is_batch_norm(layer: keras.Layer) -> bool:
    """Whether a layer keeps running statistics."""
    import keras

    return isinstance(layer, keras.layers.BatchNormalization)


def select_layers(model: MaskRCNN, layers: str) -> list[str]:
    """Makes exactly the chosen layers trainable; batch normalisation only where the config trains it.

    Returns:
        the names of the layers that learn.

    Raises:
        UsageError: no layer of the network matches.
    """
    pattern = layer_pattern(layers, model.config.backbone)
    chosen = []
    for stage in model.stages:
        for layer in stage.layers:
            learns = bool(pattern.fullmatch(layer.name)) and bool(layer.weights)
            layer.trainable = learns and (model.config.train_bn or not is_batch_norm(layer))
            if layer.trainable and layer.weights:
                chosen.append(layer.name)
    if not chosen:
        raise UsageError(f"No layer of this network is called {layers!r}.")
    return chosen


def trainable_variables(model: MaskRCNN) -> list[keras.Variable]:
    """What the optimizer changes, in the order of the data's flow."""
    return [
        variable
        for stage in model.stages
        for layer in stage.layers
        if layer.trainable
        for variable in layer.trainable_variables
    ]
