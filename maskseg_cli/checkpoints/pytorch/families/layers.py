"""The names of the layers and arrays of a network with a ResNet and a pyramid, without building it."""

from __future__ import annotations

import re
import string

from maskseg_cli.config import MaskRCNNConfig

#: Blocks of the stages 2 to 5.
RESNET_BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}

#: The most blocks that have names: one for each letter.
MOST_BLOCKS = len(string.ascii_lowercase)

#: The most convolutions, or fully connected layers, of a head that have names.
MOST_HIDDEN = 16

NORM_WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")

LATERALS = ("fpn_c2p2", "fpn_c3p3", "fpn_c4p4", "fpn_c5p5")
OUTPUTS = ("fpn_p2", "fpn_p3", "fpn_p4", "fpn_p5")


def is_norm(layer: str) -> bool:
    """Whether a layer is a batch normalisation.

    Example:
        >>> [is_norm(name) for name in ("bn_conv1", "bn2a_branch1", "fpn_p2_bn", "mrcnn_box_bn1", "mrcnn_box_conv1")]
        [True, True, True, True, False]
    """
    return re.search(r"(^|_)bn", layer) is not None


def resnet_convs(blocks: tuple[int, ...]) -> list[str]:
    """The convolutions of a ResNet with so many blocks in its stages."""
    names = ["conv1"]
    for stage, count in enumerate(blocks, start=2):
        for letter in string.ascii_lowercase[:count]:
            branches = ("2a", "2b", "2c", "1") if letter == "a" else ("2a", "2b", "2c")
            names += [f"res{stage}{letter}_branch{branch}" for branch in branches]
    return names


def norm_of(conv: str) -> str:
    """The batch normalisation behind a convolution.

    Example:
        >>> [norm_of(name) for name in ("conv1", "res2a_branch1", "fpn_p2", "mrcnn_mask_conv3")]
        ['bn_conv1', 'bn2a_branch1', 'fpn_p2_bn', 'mrcnn_mask_bn3']
    """
    if conv == "conv1":
        return "bn_conv1"
    if conv.startswith("res"):
        return f"bn{conv[3:]}"
    return conv.replace("_conv", "_bn") if "_conv" in conv else f"{conv}_bn"


def rpn_conv(number: int) -> str:
    """The 3x3 convolutions of the region-proposal network, from 1: rpn_conv_shared, rpn_conv_shared2, ..."""
    return "rpn_conv_shared" if number == 1 else f"rpn_conv_shared{number}"


def array_names(config: MaskRCNNConfig) -> list[str]:
    """ "layer/weight" of every array of the network: the names that `expected_shapes` has.

    Args:
        config: of a network with a ResNet, a pyramid, and the heads "conv", "fc" and "fcn".
    """
    names: list[str] = []

    def conv(layer: str, norm: bool, bias: bool = True) -> None:
        names.append(f"{layer}/kernel")
        if bias:
            names.append(f"{layer}/bias")
        if norm:
            names.extend(f"{norm_of(layer)}/{weight}" for weight in NORM_WEIGHTS)

    for layer in resnet_convs(RESNET_BLOCKS[config.backbone]):
        conv(layer, True, config.conv_bias)
    for layer in (*LATERALS, *OUTPUTS):
        conv(layer, config.fpn_norm, not config.fpn_norm)
    for number in range(1, config.rpn_convs + 1):
        conv(rpn_conv(number), False)
    conv("rpn_class_raw", False)
    conv("rpn_bbox_pred", False)
    normed, all_normed = config.head_norm != "none", config.head_norm == "all"
    for number in range(1, config.box_head_convs + 1):
        conv(f"mrcnn_box_conv{number}", normed, config.conv_bias or not normed)
    for number in range(1, config.box_head_fcs + 1):
        conv(f"mrcnn_class_conv{number}", all_normed, config.conv_bias or not all_normed)
    conv("mrcnn_class_logits", False)
    conv("mrcnn_bbox_fc", False)
    for number in range(1, config.mask_head_convs + 1):
        conv(f"mrcnn_mask_conv{number}", normed, config.conv_bias or not normed)
    conv("mrcnn_mask_deconv", False)
    conv("mrcnn_mask", False)
    return names
