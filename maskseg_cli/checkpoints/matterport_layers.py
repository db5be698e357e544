"""Names of Matterport's layers: the known ones, their spellings, and their order in a file."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BACKBONE = re.compile(r"(bn_)?conv1|(res|bn)[2-5][a-z]_branch(1|2[abc])")
_NECK_AND_HEADS = re.compile(
    r"fpn_c[2-5]p[2-5]|fpn_p[2-5]|rpn_(conv_shared|class_raw|bbox_pred)"
    r"|mrcnn_class_(conv|bn)[12]|mrcnn_class_logits|mrcnn_bbox_fc|mrcnn_mask_(conv|bn)[1-4]|mrcnn_mask(_deconv)?"
    r"|mrcnn_mask_unet_(conv|bn)[1-6]|mrcnn_mask_unet_logits"
)

#: Prefix of the layers of maskseg's own U-Net mask head, which Matterport's networks do not have.
UNET_PREFIX = "mrcnn_mask_unet_"

#: The nested model that holds the region-proposal layers, and their order in it.
RPN_GROUP = "rpn_model"
RPN_LAYERS = ("rpn_conv_shared", "rpn_class_raw", "rpn_bbox_pred")

#: Keras' order of a layer's weights, which `load_weights` uses.
WEIGHT_ORDER = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")

#: Keras 1 wrote "conv1_W_1:0" and "bn_conv1_running_std_1:0" (which holds the variance).
_KERAS1_WEIGHTS = {
    "W": "kernel",
    "b": "bias",
    "gamma": "gamma",
    "beta": "beta",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
}


def is_backbone_layer(layer: str) -> bool:
    """Whether a layer belongs to the ResNet (`conv1`, `res2a_branch2a`, `bn_conv1`)."""
    return _BACKBONE.fullmatch(layer) is not None


def is_known_layer(layer: str) -> bool:
    """Whether Matterport's network has a layer of this name (of any ResNet)."""
    return is_backbone_layer(layer) or _NECK_AND_HEADS.fullmatch(layer) is not None


def is_anchors(key: str, shape: tuple[int, ...]) -> bool:
    """Whether an array holds the anchor boxes, which ports to TensorFlow 2 save in a layer `anchors`.

    They follow from the configuration and are no trained weights.

    Args:
        key: "layer/weight".
        shape: (number of anchors, 4), with the pictures of a batch in front in some ports.
    """
    return re.match(r"anchors(_\d+)?/", key) is not None and len(shape) in (2, 3) and shape[-1] == 4


def known_layer(name: str) -> str | None:
    """The layer of a name scope: Keras names the second scope of `conv1` `conv1_1`."""
    for candidate in (name, re.sub(r"_\d+$", "", name)):
        if is_known_layer(candidate):
            return candidate
    return None


def weight_name(layer: str, last: str) -> str:
    """A weight's last name as in Keras 2: "kernel:0" or, of Keras 1, "conv1_W_1:0" -> "kernel"."""
    last = re.sub(r":\d+$", "", last)
    if last.startswith(f"{layer}_"):
        old = re.sub(r"_\d+$", "", last[len(layer) + 1 :])
        return _KERAS1_WEIGHTS.get(old, last)
    return last


def grouped(keys: Iterable[str]) -> dict[str, list[str]]:
    """The groups of a file in the order of Matterport's `keras_model.layers`, each with its keys in order.

    Keras reads a file in this order where it does not read it by names.

    Args:
        keys: "layer/weight", all of known layers.

    Returns:
        group -> keys; the three region-proposal layers share the group "rpn_model".
    """
    ordered = sorted(keys, key=lambda key: (_position(key.split("/")[0]), WEIGHT_ORDER.index(key.split("/")[1])))
    groups: dict[str, list[str]] = {}
    for key in ordered:
        layer = key.split("/")[0]
        groups.setdefault(RPN_GROUP if layer in RPN_LAYERS else layer, []).append(key)
    return groups


#: After the backbone. In a block the shortcut's layers stand beside those of the last branch.
_TAIL = (
    "fpn_c5p5", "fpn_c4p4", "fpn_c3p3", "fpn_c2p2", "fpn_p5", "fpn_p2", "fpn_p3", "fpn_p4", *RPN_LAYERS,
    "mrcnn_class_conv1", "mrcnn_class_bn1", "mrcnn_class_conv2", "mrcnn_class_bn2", "mrcnn_class_logits",
    "mrcnn_bbox_fc", "mrcnn_mask_conv1", "mrcnn_mask_bn1", "mrcnn_mask_conv2", "mrcnn_mask_bn2",
    "mrcnn_mask_conv3", "mrcnn_mask_bn3", "mrcnn_mask_conv4", "mrcnn_mask_bn4", "mrcnn_mask_deconv",
    "mrcnn_mask",
    *(f"{UNET_PREFIX}{kind}{number}" for number in range(1, 7) for kind in ("conv", "bn")), f"{UNET_PREFIX}logits",
)  # fmt: skip
_BLOCK = ("res2a", "bn2a", "res2b", "bn2b", "res2c", "res1", "bn2c", "bn1")


def _position(layer: str) -> tuple[int, ...]:
    if layer in ("conv1", "bn_conv1"):
        return (0, ("conv1", "bn_conv1").index(layer))
    match = re.fullmatch(r"(res|bn)([2-5])([a-z])_branch(1|2[abc])", layer)
    if match:
        kind, stage, letter, branch = match.groups()
        return (1, int(stage), ord(letter), _BLOCK.index(kind + branch))
    return (2, _TAIL.index(layer))
