"""Options from a detectron2 config, as its trainer writes it beside the weights (config.yaml).

Sources: detectron2/config/defaults.py and configs/Base-RCNN-FPN.yaml, whose values count for keys that are not there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from maskseg_cli.config.cell_anchors import anchor_options
from maskseg_cli.config.plain_values import lookup, number, numbers
from maskseg_cli.errors import UsageError
from maskseg_cli.printable import printable

_LEVELS = 5
_SIZES = [[32], [64], [128], [256], [512]]
_RATIOS = [[0.5, 1.0, 2.0]]
_BGR_MEAN = (103.53, 116.28, 123.675)

#: Keys of which only some values are computed here.
_ONLY: dict[str, tuple[Any, ...]] = {
    "MODEL.META_ARCHITECTURE": ("GeneralizedRCNN", "PanopticFPN"),
    "MODEL.BACKBONE.NAME": ("build_resnet_fpn_backbone",),
    "MODEL.RESNETS.DEPTH": (50, 101),
    "MODEL.RESNETS.NUM_GROUPS": (1,),
    "MODEL.RESNETS.WIDTH_PER_GROUP": (64,),
    "MODEL.RESNETS.RES5_DILATION": (1,),
    "MODEL.RESNETS.DEFORM_ON_PER_STAGE": ([False] * 4,),
    "MODEL.FPN.FUSE_TYPE": ("sum",),
    "MODEL.FPN.IN_FEATURES": (["res2", "res3", "res4", "res5"],),
    "MODEL.PROPOSAL_GENERATOR.NAME": ("RPN",),
    "MODEL.ANCHOR_GENERATOR.NAME": ("DefaultAnchorGenerator",),
    "MODEL.ANCHOR_GENERATOR.OFFSET": (0,),
    "MODEL.RPN.IN_FEATURES": (["p2", "p3", "p4", "p5", "p6"],),
    "MODEL.ROI_HEADS.NAME": ("StandardROIHeads",),
    "MODEL.ROI_HEADS.IN_FEATURES": (["p2", "p3", "p4", "p5"],),
    "MODEL.ROI_BOX_HEAD.POOLER_TYPE": ("ROIAlignV2", "ROIAlign"),
    "MODEL.ROI_MASK_HEAD.NAME": ("MaskRCNNConvUpsampleHead",),
    "INPUT.FORMAT": ("BGR", "RGB"),
}

#: Numbers that are options as they are.
_SAME = {
    "INPUT.MIN_SIZE_TEST": "image_min_dim",
    "INPUT.MAX_SIZE_TEST": "image_max_dim",
    "MODEL.RPN.PRE_NMS_TOPK_TEST": "pre_nms_limit",
    "MODEL.RPN.POST_NMS_TOPK_TEST": "post_nms_rois_inference",
    "MODEL.RPN.NMS_THRESH": "rpn_nms_threshold",
    "MODEL.ROI_HEADS.NMS_THRESH_TEST": "detection_nms_threshold",
    "MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO": "roi_samples",
    "TEST.DETECTIONS_PER_IMAGE": "detection_max_instances",
}

#: Weights of (dx, dy, dw, dh), of which our standard deviations of (dy, dx, dh, dw) are the inverses.
_BOX_WEIGHTS = {
    "MODEL.RPN.BBOX_REG_WEIGHTS": "rpn_bbox_std_dev",
    "MODEL.ROI_BOX_HEAD.BBOX_REG_WEIGHTS": "bbox_std_dev",
}


def is_detectron2_config(document: Mapping[str, Any]) -> bool:
    """Whether a document is a detectron2 config: it has a table MODEL."""
    return isinstance(document.get("MODEL"), Mapping)


def options_of_detectron2(document: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `MaskRCNNConfig` that a detectron2 config sets.

    The numbers of classes, channels and layers follow from the weights. ROI_HEADS.SCORE_THRESH_TEST is left out: it is
    the score from which on objects are found, and detection_min_confidence that from which on they are shown.

    Args:
        document: as a YAML reader returns it; keys may be missing.

    Raises:
        UsageError: a value that maskseg does not compute, or of another kind; the key is named.
    """
    for key, allowed in _ONLY.items():
        value = lookup(document, key)
        value = list(value) if isinstance(value, tuple) else value
        if value is not None and value not in allowed:
            raise UsageError(f"{key} is {_shown(value)}, and maskseg has {' and '.join(map(_shown, allowed))} only.")
    options: dict[str, Any] = {}
    for key, option in _SAME.items():
        if lookup(document, key) is not None:
            options[option] = _number(document, key)
    if options.get("image_min_dim") == 0:
        raise UsageError("INPUT.MIN_SIZE_TEST is 0, which turns resizing off, and maskseg always resizes.")
    for key, option in _BOX_WEIGHTS.items():
        if lookup(document, key) is not None:
            x, y, width, height = (1 / value for value in _positive(document, key, 4))
            options[option] = (y, x, height, width)
    least = lookup(document, "MODEL.PROPOSAL_GENERATOR.MIN_SIZE")
    if least:
        options["rpn_min_size"] = _number(document, "MODEL.PROPOSAL_GENERATOR.MIN_SIZE")
    stride = lookup(document, "MODEL.RESNETS.STRIDE_IN_1X1")
    if stride is not None:
        options["stride_in_1x1"] = stride
    depth = lookup(document, "MODEL.RESNETS.DEPTH")
    if depth is not None:
        options["backbone"] = f"resnet{depth}"
    return options | _pixels(document) | _anchors(document) | _pooling(document)


def _pixels(document: Mapping[str, Any]) -> dict[str, Any]:
    """Means and deviations are written in the order of the network's input, and ours in RGB order."""
    keys = ("INPUT.FORMAT", "MODEL.PIXEL_MEAN", "MODEL.PIXEL_STD")
    if all(lookup(document, key) is None for key in keys):
        return {}
    order = lookup(document, keys[0]) or "BGR"
    mean, std = (
        default if lookup(document, key) is None else _numbers(document, key, 3)
        for key, default in ((keys[1], _BGR_MEAN), (keys[2], (1.0, 1.0, 1.0)))
    )
    step = 1 if order == "RGB" else -1
    return {"channel_order": order, "mean_pixel": mean[::step], "std_pixel": std[::step]}


def _anchors(document: Mapping[str, Any]) -> dict[str, Any]:
    sizes, ratios = (lookup(document, f"MODEL.ANCHOR_GENERATOR.{key}") for key in ("SIZES", "ASPECT_RATIOS"))
    if sizes is None and ratios is None:
        return {}
    all_sizes, all_ratios = _levels(sizes or _SIZES, "SIZES"), _levels(ratios or _RATIOS, "ASPECT_RATIOS")
    # A ratio is height / width there; the ratios of a size follow each other.
    return anchor_options(
        [
            [(size / math.sqrt(ratio), size * math.sqrt(ratio)) for size in level for ratio in shapes]
            for level, shapes in zip(all_sizes, all_ratios, strict=True)
        ]
    )


def _levels(value: Any, key: str) -> list[tuple[float, ...]]:
    levels = [numbers(level) for level in value] if isinstance(value, (list, tuple)) else []
    found = [level for level in levels if level is not None and min(level) > 0]
    if not found or len(found) != len(levels) or len(found) not in (1, _LEVELS):
        raise UsageError(
            f"MODEL.ANCHOR_GENERATOR.{key} is not one list of positive numbers, or one for each of {_LEVELS} maps."
        )
    return found * (_LEVELS if len(found) == 1 else 1)


def _pooling(document: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    kind = lookup(document, "MODEL.ROI_BOX_HEAD.POOLER_TYPE")
    if kind is not None:
        options["roi_aligned"] = kind == "ROIAlignV2"
    for name in ("TYPE", "SAMPLING_RATIO"):
        box, mask = (lookup(document, f"MODEL.ROI_{head}_HEAD.POOLER_{name}") for head in ("BOX", "MASK"))
        if None not in (box, mask) and box != mask:
            raise UsageError(f"POOLER_{name} of ROI_BOX_HEAD and ROI_MASK_HEAD differ, and maskseg has one for both.")
    if lookup(document, "MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION") is not None:
        side = _number(document, "MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION")
        options |= {"mask_pool_size": side, "mask_shape": (2 * side, 2 * side)}
    return options


def _number(document: Mapping[str, Any], key: str) -> float:
    value = number(lookup(document, key))
    if value is None:
        raise UsageError(f"{key} is {_shown(lookup(document, key))}, not a number.")
    return value


def _numbers(document: Mapping[str, Any], key: str, count: int) -> tuple[float, ...]:
    value = numbers(lookup(document, key), count)
    if value is None:
        raise UsageError(f"{key} is {_shown(lookup(document, key))}, not a list of {count} numbers.")
    return value


def _positive(document: Mapping[str, Any], key: str, count: int) -> tuple[float, ...]:
    value = _numbers(document, key, count)
    if min(value) <= 0:
        raise UsageError(f"{key} is {_shown(lookup(document, key))}, and its numbers are above 0.")
    return value


def _shown(value: Any) -> str:
    """A short text for a sentence: a file may hold anything, also lists that hold themselves many times."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_shown(one) if not isinstance(one, (list, tuple, dict)) else '...' for one in value[:8])}]"
    return "a table" if isinstance(value, dict) else printable(str(value)[:60])
