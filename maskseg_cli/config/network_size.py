"""Limits of options that decide how much memory is taken: they come from files too, which may be anybody's."""

from __future__ import annotations

from typing import Any

from maskseg_cli.errors import UsageError

#: More values (float32) than any network of this kind has: 8 GB.
MOST_VALUES = 1 << 31

#: Entries in a list of numbers.
_MOST_ENTRIES = 1000

_AT_MOST = {
    "detection_max_instances": 1_000_000,
    "image_channel_count": 1000,
    "image_max_dim": 8192,
    "image_min_dim": 4096,
    "image_min_scale": 100,
    "mask_pool_size": 512,
    "max_gt_instances": 1_000_000,
    "pool_size": 512,
    "post_nms_rois_inference": 20_000,
    "post_nms_rois_training": 20_000,
    "box_head_convs": 100,
    "box_head_fcs": 100,
    "mask_head_convs": 100,
    "roi_samples": 64,
    "rpn_channels": 100_000,
    "rpn_convs": 100,
    "pre_nms_limit": 10_000_000,
    "train_rois_per_image": 20_000,
}

_RESNET_VALUES = {"resnet50": 24_000_000, "resnet101": 43_000_000}
_RESNET_CHANNELS = 2048
_MOBILE_VALUES = 4_000_000
_MOBILE_CHANNELS = 352


def check_network_size(config: Any) -> None:
    """Refuses options that would need more memory than any network of this kind, or pictures of more.

    Args:
        config: a `MaskRCNNConfig`.

    Raises:
        UsageError: says which option, and its limit.
    """
    if not config.backbone_strides:
        raise UsageError("backbone_strides is empty: it has a stride for each map of the network.")
    for option, most in _AT_MOST.items():
        if getattr(config, option) > most:
            raise UsageError(f"{option} is at most {most:,}, not {getattr(config, option):,}.")
    for side in (*config.mask_shape, *config.mini_mask_shape):
        if side > 2 * _AT_MOST["mask_pool_size"]:
            raise UsageError(f"The sides of masks are at most {2 * _AT_MOST['mask_pool_size']:,}, not {side:,}.")
    for option, value in vars(config).items():
        if isinstance(value, tuple) and len(value) > _MOST_ENTRIES:
            raise UsageError(f"{option} has at most {_MOST_ENTRIES:,} entries, not {len(value):,}.")
    if needed_values(config) > MOST_VALUES:
        raise UsageError(
            f"These options describe a network of {4 * needed_values(config) / 1e9:,.0f} GB, and at most "
            f"{4 * MOST_VALUES / 1e9:.0f} GB can be built (num_classes is {config.num_classes:,}, "
            f"fpn_classif_fc_layers_size {config.fpn_classif_fc_layers_size:,}, top_down_pyramid_size "
            f"{config.top_down_pyramid_size:,})."
        )


def needed_values(config: Any) -> int:
    """About how many values the network of a `MaskRCNNConfig` has; rather more than less.

    Example:
        >>> from maskseg_cli.config import COCO, LITE
        >>> needed_values(COCO) // 1_000_000, needed_values(LITE) // 1_000_000
        (64, 4)
    """
    classes = config.num_classes
    anchors = len(config.rpn_anchor_sizes) or len(config.rpn_anchor_ratios) * max(1, len(config.rpn_anchor_scales))
    resnet = config.backbone in _RESNET_VALUES
    values = _RESNET_VALUES[config.backbone] if resnet else _MOBILE_VALUES
    channels = _RESNET_CHANNELS if resnet else _MOBILE_CHANNELS
    if config.neck == "fpn":
        channels = config.top_down_pyramid_size
        values += channels * (3840 + 4 * 9 * channels)
    wide = config.rpn_channels if config.rpn_head == "conv" else 512
    if config.rpn_head == "conv":
        values += 9 * wide * (channels + (config.rpn_convs - 1) * wide)
    values += 6 * wide * anchors
    if config.box_head == "fc":
        wide = config.fpn_classif_fc_layers_size
        values += 9 * channels**2 * config.box_head_convs
        values += wide * (config.pool_size**2 * channels + max(0, config.box_head_fcs - 1) * wide + 10 + 5 * classes)
    else:
        values += 5 * classes * 2048
    if config.mask_head == "unet":
        values += channels * (117 * channels + classes)
    elif config.mask_head == "fcn":
        values += 256 * (9 * channels + (9 * (config.mask_head_convs - 1) + 4) * 256 + classes)
    else:
        values += 512 * classes
    return int(values)
