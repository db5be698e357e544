"""Selection of the layers that are trained, by Matterport's names for the parts of a network.

The names go from the heads alone, on a backbone that stays as it is, to ever more of the backbone.
"""

from __future__ import annotations

import re

import keras

from maskseg_cli.errors import UsageError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.near_names import did_you_mean

#: The heads of both families, because a small backbone may have a mask head of Matterport's kind.
_HEADS = r"(mrcnn_.*)|(rpn_.*)|(fpn_.*)|(rpn\..*)|(box\..*)|(mask\..*)"

#: Backbone family -> name of a part -> pattern of layer names. In the small trunk the numbers stand for the strides
#: that ResNet's stages have: "3+" begins at stride 8, "4+" at stride 16, "5+" with the widest blocks.
LAYER_GROUPS = {
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


def layer_groups(backbone: str) -> dict[str, str]:
    """Name of a part -> pattern of layer names, for a network with this backbone."""
    return LAYER_GROUPS["mobile" if backbone == "mobile" else "resnet"]


def layer_pattern(layers: str, backbone: str) -> re.Pattern[str]:
    """Returns the pattern for a name such as "heads", or the user's own pattern.

    Raises:
        UsageError: neither a known name nor a valid regular expression.
    """
    groups = layer_groups(backbone)
    try:
        return re.compile(groups.get(layers, layers))
    except re.error as error:
        raise UsageError(f"--layers is one of {', '.join(groups)} or a regular expression: {error}.") from error


def is_batch_norm(layer: keras.Layer) -> bool:
    """Whether a layer keeps running statistics."""
    return isinstance(layer, keras.layers.BatchNormalization)


def select_layers(model: MaskRCNN, layers: str) -> list[str]:
    """Makes exactly the chosen layers trainable; batch normalisation only where the config trains it.

    Returns:
        the names of the trainable layers.

    Raises:
        UsageError: no layer of the network matches.
    """
    pattern = layer_pattern(layers, model.config.backbone)
    chosen = []
    for stage in model.stages:
        for layer in stage.layers:
            matches = bool(pattern.fullmatch(layer.name)) and bool(layer.weights)
            layer.trainable = matches and (model.config.train_bn or not is_batch_norm(layer))
            if layer.trainable and layer.weights:
                chosen.append(layer.name)
    if not chosen:
        names = layer_groups(model.config.backbone)
        hint = did_you_mean(layers, names, most=1)
        raise UsageError(
            f"No layer of this network is called {layers!r}{hint}: --layers is one of {', '.join(names)}, or a regular "
            "expression that fits whole layer names."
        )
    return chosen


def trainable_variables(model: MaskRCNN) -> list[keras.Variable]:
    """The variables that the optimizer changes, in the order of the network's stages."""
    return [
        variable
        for stage in model.stages
        for layer in stage.layers
        if layer.trainable
        for variable in layer.trainable_variables
    ]
