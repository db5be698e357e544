"""Checks of the options' values: choices, ranges, and options that need each other."""

from __future__ import annotations

from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import percent_hint
from maskseg_cli.near_names import did_you_mean

BACKBONES = ("resnet50", "resnet101", "mobile")
RESIZE_MODES = ("square", "pad64", "none", "fit", "shortest")

#: Sides of the resize mode "shortest" are padded to a multiple of this.
SHORTEST_MULTIPLE = 32

LOSSES = ("rpn_class_loss", "rpn_bbox_loss", "mrcnn_class_loss", "mrcnn_bbox_loss", "mrcnn_mask_loss")

#: Options of which only some values exist.
CHOICES = {
    "backbone": BACKBONES,
    "image_resize_mode": RESIZE_MODES,
    "image_interpolation": ("matterport", "float", "pillow", "opencv"),
    "image_size_rounding": ("half_even", "half_up", "down"),
    "neck": ("fpn", "none"),
    "rpn_head": ("conv", "mobile"),
    "rpn_logits": (1, 2),
    "box_head": ("fc", "mobile"),
    "mask_head": ("fcn", "unet", "mobile"),
    "head_norm": ("all", "convolutions", "none"),
    "box_frame": ("normalized", "pixels", "edges"),
    "proposal_window": ("padded", "picture"),
    "roi_align": ("corners", "bins", "bins_clamped", "samples"),
    "roi_level": ("round", "floor"),
    "detection_classes": ("best", "all"),
    "detection_suppression": ("greedy", "soft"),
    "mask_paste": (None, "box", "centers", "expanded"),
    "channel_order": ("RGB", "BGR"),
}

#: Options that count something or measure pixels: at least 1.
_AT_LEAST_ONE = (
    "detection_max_instances",
    "fpn_classif_fc_layers_size",
    "gpu_count",
    "images_per_gpu",
    "image_channel_count",
    "image_max_dim",
    "image_min_dim",
    "mask_pool_size",
    "max_gt_instances",
    "num_classes",
    "pool_size",
    "mask_head_convs",
    "post_nms_rois_inference",
    "post_nms_rois_training",
    "pre_nms_limit",
    "rpn_anchor_stride",
    "rpn_channels",
    "rpn_convs",
    "rpn_train_anchors_per_image",
    "steps_per_epoch",
    "top_down_pyramid_size",
    "train_rois_per_image",
)

#: Options that are shares or probabilities: between 0 and 1.
_SHARES = ("detection_min_confidence", "detection_nms_threshold", "roi_positive_ratio", "rpn_nms_threshold")

#: Options that are sizes, spacings or divisors: each of their numbers above 0.
_POSITIVE = (
    "backbone_strides",
    "bbox_std_dev",
    "mask_shape",
    "mini_mask_shape",
    "rpn_anchor_ratios",
    "rpn_anchor_scales",
    "rpn_bbox_std_dev",
    "std_pixel",
)


def check_options(config: Any) -> None:
    """Checks all values of a `MaskRCNNConfig` but the limits of memory.

    Raises:
        UsageError: names the option and the values that it may have.
    """
    for option, allowed in CHOICES.items():
        value = getattr(config, option)
        if value not in allowed:
            raise UsageError(f"{option} is one of {', '.join(map(str, allowed))}, not {value!r}.")
    if config.detail and (config.backbone, config.neck, config.box_head) != ("mobile", "none", "mobile"):
        raise UsageError("detail is for the network with the mobile backbone and box head and without a neck.")
    if config.image_resize_mode == "square" and config.image_max_dim % 64:
        raise UsageError(
            f"image_max_dim must be a multiple of 64 in the resize mode square, not {config.image_max_dim}."
        )
    if config.image_resize_mode == "pad64" and config.image_min_dim % 64:
        raise UsageError(
            f"image_min_dim must be a multiple of 64 in the resize mode pad64, not {config.image_min_dim}."
        )
    for option in (*_SHARES, "detection_voting_threshold", "detection_voting_floor"):
        value = getattr(config, option)
        if value is not None and not 0 <= value <= 1:
            raise UsageError(f"{option} lies between 0 and 1, not {value}{percent_hint(value)}.")
    for option in _AT_LEAST_ONE:
        if getattr(config, option) < 1:
            raise UsageError(f"{option} must be at least 1, not {getattr(config, option)}.")
    for option in _POSITIVE:
        if not all(number > 0 for number in getattr(config, option)):
            raise UsageError(f"{option} holds numbers above 0 only, not {getattr(config, option)}.")
    if config.detection_soft_sigma <= 0 or config.detection_mask_scoring < 0:
        raise UsageError("detection_soft_sigma is above 0, and detection_mask_scoring at least 0.")
    if config.norm_epsilon < 0 or config.roi_samples < 0 or min(config.box_head_convs, config.box_head_fcs) < 0:
        raise UsageError("norm_epsilon, roi_samples, box_head_convs and box_head_fcs are at least 0.")
    if config.box_head == "fc" and not config.box_head_fcs:
        raise UsageError("box_head_fcs is at least 1: a box head fc has a fully connected layer.")
    if config.roi_align == "samples" and (config.neck, config.box_frame) != ("fpn", "edges"):
        raise UsageError("roi_align samples is for a network with a neck fpn and the box_frame edges.")
    if any(side <= 0 for anchor in config.rpn_anchor_sizes for side in anchor):
        raise UsageError(f"rpn_anchor_sizes holds numbers above 0 only, not {config.rpn_anchor_sizes}.")
    for loss in config.loss_weights:
        if loss not in LOSSES:
            raise UsageError(f"loss_weights has no {loss!r}{did_you_mean(loss, LOSSES)}.")
