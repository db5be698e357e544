"""What the shapes of a state dict say about its network."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Mapping
from typing import Any, Literal

from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.families.anchors import guessed_anchors
from maskseg_cli.checkpoints.pytorch.families.layers import RESNET_BLOCKS, is_norm, rpn_conv
from maskseg_cli.checkpoints.pytorch.records import RefusedError
from maskseg_cli.config import MaskRCNNConfig

Arrays = Mapping[str, NDArray[Any]]

#: Layers whose kernels may have two dimensions: (out, in).
_DENSE = re.compile(r"mrcnn_class_conv\d+|mrcnn_class_logits|mrcnn_bbox_fc")

_SUPPORTED = "maskseg has ResNet-50 and ResNet-101"


def check_kinds(arrays: Arrays, their_name: Callable[[str], str]) -> None:
    """Raises RefusedError for other numbers than floating-point ones, other dimensions, and group normalisation.

    Args:
        arrays: under our names, in PyTorch's axes.
        their_name: the name in the file of one of ours, for the sentence.
    """
    for key, array in arrays.items():
        layer, _, weight = key.rpartition("/")
        allowed = (1,) if weight != "kernel" else ((2, 4) if _DENSE.fullmatch(layer) else (4,))
        if array.dtype.kind != "f":
            raise RefusedError(f"is not read: {their_name(key)} in it holds {array.dtype}, not floating-point numbers.")
        if array.ndim not in allowed or not array.size:
            shape = " x ".join(map(str, array.shape)) or "a single number"
            raise RefusedError(f"is damaged: {their_name(key)} has the shape {shape}.")
    statistics = ("moving_mean", "moving_variance")
    if any(is_norm(layer) and not any(f"{layer}/{one}" in arrays for one in statistics) for layer in _layers(arrays)):
        raise RefusedError("has group normalisation (no running_mean), and maskseg's networks batch normalisation.")


def backbone_options(arrays: Arrays) -> dict[str, Any]:
    """backbone and conv_bias.

    Raises:
        RefusedError: another backbone than a ResNet-50 or ResNet-101 with batch normalisation.
    """
    blocks = [re.match(r"(?:res|bn)4([a-z])_", layer) for layer in _layers(arrays)]
    letters = "".join(sorted({block[1] for block in blocks if block}))
    if not letters:
        raise RefusedError(f"has another backbone than a ResNet: {_SUPPORTED}.")
    if "res4a_branch2c/kernel" not in arrays:
        raise RefusedError(f"has a ResNet-18 or ResNet-34 as backbone: {_SUPPORTED}.")
    widths = arrays.get("res2a_branch2b/kernel")
    if widths is not None and widths.shape[0] != widths.shape[1]:
        raise RefusedError(f"has a ResNeXt as backbone, with groups in its convolutions: {_SUPPORTED}.")
    if widths is not None and widths.shape[0] != 64:
        raise RefusedError(f"has a Wide ResNet as backbone: {_SUPPORTED}.")
    backbone = next((name for name, counts in RESNET_BLOCKS.items() if counts[2] == len(letters)), None)
    if backbone is None or letters != string.ascii_lowercase[: len(letters)]:
        raise RefusedError(
            f"has {len(letters)} blocks in the third stage of its ResNet: {_SUPPORTED}, of 6 and 23 blocks."
        )
    return {"backbone": backbone, "conv_bias": any(re.match(r"(conv1|res.*)/bias", key) for key in arrays)}


def head_options(arrays: Arrays, their_name: Callable[[str], str]) -> dict[str, Any]:
    """Options of the pyramid and the heads, without the anchors.

    Raises:
        RefusedError: an array is missing from whose shape an option follows, or shapes that contradict each other.
    """
    layers = _layers(arrays)

    def shape(key: str) -> tuple[int, ...]:
        if key not in arrays:
            raise RefusedError(
                f"is not whole: {their_name(key)} is missing; save the whole model's state_dict() again."
            )
        return arrays[key].shape

    def count(layer: Callable[[int], str]) -> int:
        number = 0
        while layer(number + 1) in layers:
            number += 1
        return number

    box_convs = count("mrcnn_box_conv{}".format)
    channels = shape("fpn_p2/kernel")[0]
    first = shape("mrcnn_class_conv1/kernel")
    pooled = shape(f"mrcnn_box_conv{box_convs}/kernel")[0] if box_convs else channels
    if len(first) == 4:
        pool_size = first[2]
    else:
        pool_size = math.isqrt(max(1, first[1] // pooled))
        if pool_size**2 * pooled != first[1]:
            raise RefusedError(
                f"is damaged: {their_name('mrcnn_class_conv1/kernel')} has {first[1]} inputs, which {pooled} channels "
                "of a square do not make."
            )
    if any(layer.startswith("mrcnn_class_bn") for layer in layers):
        head_norm = "all"
    elif any(re.match(r"mrcnn_(box|mask)_bn", layer) for layer in layers):
        head_norm = "convolutions"
    else:
        head_norm = "none"
    return {
        "num_classes": shape("mrcnn_class_logits/kernel")[0],
        "top_down_pyramid_size": channels,
        "fpn_norm": any(re.fullmatch(r"fpn_.*_bn", layer) for layer in layers),
        "rpn_convs": max(1, count(rpn_conv)),
        "rpn_channels": shape("rpn_conv_shared/kernel")[0],
        "box_head_convs": box_convs,
        "box_head_fcs": count("mrcnn_class_conv{}".format),
        "fpn_classif_fc_layers_size": first[0],
        "pool_size": pool_size,
        "head_norm": head_norm,
        "mask_head_convs": max(1, count("mrcnn_mask_conv{}".format)),
    }


def anchor_count_options(
    arrays: Arrays,
    config: MaskRCNNConfig,
    known: bool,
    order: Literal["ratio", "scale"],
    their_name: Callable[[str], str],
) -> tuple[dict[str, Any], str]:
    """rpn_logits, and other anchors where their number is not that of the config; and a note about those.

    Args:
        arrays: under our names, in PyTorch's axes.
        config: with the anchors that the file or the family says.
        known: whether the file says which anchors the network has.
        order: of the family's anchors.
        their_name: the name in the file of one of ours.
    """
    sizes = {}
    for key in ("rpn_class_raw/kernel", "rpn_bbox_pred/kernel"):
        if key not in arrays:
            raise RefusedError(
                f"is not whole: {their_name(key)} is missing; save the whole model's state_dict() again."
            )
        sizes[key] = arrays[key].shape[0]
    logits, numbers = sizes.values()
    anchors = numbers // 4
    if numbers % 4 or logits not in (anchors, 2 * anchors):
        raise RefusedError(
            f"is damaged: {' and '.join(map(their_name, sizes))} have {logits} and {numbers} outputs, which no number "
            "of anchors gives."
        )
    options: dict[str, Any] = {"rpn_logits": logits // anchors}
    if anchors == (len(config.rpn_anchor_sizes) or len(config.rpn_anchor_ratios)):
        return options, ""
    if known:
        said = len(config.rpn_anchor_sizes) or len(config.rpn_anchor_ratios)
        raise RefusedError(f"has {anchors} anchors in each cell, and {said} are described: one of both is wrong.")
    guess, note = guessed_anchors(config, anchors, order)
    return options | guess, note


def _layers(arrays: Arrays) -> set[str]:
    return {key.rpartition("/")[0] for key in arrays}
