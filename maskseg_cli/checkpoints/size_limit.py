"""Limits what a weights file may unpack to: what its network needs, and what so small a file can hold."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from maskseg_cli.config import RESNETS, MaskRCNNConfig
from maskseg_cli.errors import MasksegError

#: Values that any file may have beyond twice what its network needs: files of another network get the sentence that
#: says what does not fit.
_SPARE_VALUES = 1 << 24

#: Values that a network may have beyond twice those in its file: such a network can be built to compare it.
_BUILDABLE_VALUES = 1 << 28

#: Bytes as float32 that any file may unpack to, however small it is: a network whose values are all zero.
_SMALL = 1 << 29

#: Bytes as float32 that a file may unpack to for each of its own, beyond that: values of trained networks hardly pack.
_RATIO = 20

_RESNET_VALUES = {"resnet50": 24_000_000, "resnet101": 43_000_000}
_RESNET_CHANNELS = 2048
_MOBILE_VALUES = 4_000_000
_MOBILE_CHANNELS = 352


def check_size(path: Path, config: MaskRCNNConfig | None, sizes: Collection[int]) -> None:
    """Refuses a file before its arrays are unpacked.

    Args:
        path: the file.
        config: its network; None where that follows from the arrays.
        sizes: the number of values of each of its arrays.

    Raises:
        MasksegError: the file unpacks to far more than its network needs, or its description wants a network that is
            far larger than its arrays.
    """
    values = sum(sizes)
    most = max(_SMALL, _RATIO * path.stat().st_size)
    if 4 * values > most:
        raise MasksegError(f"{path} would unpack to {_size(values)}, which so small a weights file cannot hold.")
    if config is None:
        return
    needed = needed_values(config)
    if values > 2 * needed + _SPARE_VALUES:
        raise MasksegError(f"{path} would unpack to {_size(values)}, and its network needs about {_size(needed)}.")
    if needed > 2 * values + _BUILDABLE_VALUES:
        raise MasksegError(
            f"{path} describes a network of about {_size(needed)}, and its arrays are {_size(values)}: it is damaged."
        )


def needed_values(config: MaskRCNNConfig) -> int:
    """About how many values a network has; rather more than less.

    Example:
        >>> needed_values(MaskRCNNConfig()) // 1_000_000
        64
    """
    classes = config.num_classes
    anchors = len(config.rpn_anchor_sizes) or len(config.rpn_anchor_ratios) * max(1, len(config.rpn_anchor_scales))
    resnet = config.backbone in RESNETS
    values = _RESNET_VALUES[config.backbone] if resnet else _MOBILE_VALUES
    channels = _RESNET_CHANNELS if resnet else _MOBILE_CHANNELS
    if config.neck == "fpn":
        channels = config.top_down_pyramid_size
        values += channels * (3840 + 4 * 9 * channels)
    if config.rpn_head == "conv":
        values += 9 * channels * 512
    values += 6 * 512 * anchors
    if config.box_head == "fc":
        wide = config.fpn_classif_fc_layers_size
        values += wide * (config.pool_size**2 * channels + wide + 10 + 5 * classes)
    else:
        values += 5 * classes * 2048
    if config.mask_head == "unet":
        values += channels * (117 * channels + classes)
    elif config.mask_head == "fcn":
        values += 256 * (9 * channels + 31 * 256 + classes)
    else:
        values += 512 * classes
    return values


def _size(values: int) -> str:
    return f"{4 * values / 1e6:,.0f} MB"
