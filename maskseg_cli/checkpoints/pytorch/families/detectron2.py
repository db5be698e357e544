"""detectron2's GeneralizedRCNN with a ResNet, a pyramid and a mask head: mask_rcnn_R_50_FPN and its like.

Sources: detectron2/modeling/{backbone/{resnet,fpn},proposal_generator/rpn,roi_heads/{box_head,mask_head}}.py.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from maskseg_cli.checkpoints.pytorch.families.anchors import from_cell_anchors
from maskseg_cli.checkpoints.pytorch.families.config_beside import options_beside
from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.layers import rpn_conv
from maskseg_cli.checkpoints.pytorch.families.name_tables import counted, resnet_blocks
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import DETECTRON2

_BOTTOM = "backbone.bottom_up."
_CELL_ANCHORS = re.compile(r"proposal_generator\.anchor_generator\.cell_anchors\.(\d+)")
_SEMANTIC = "sem_seg_head."
_RPN = "proposal_generator.rpn_head."


def _norm(module: str) -> str:
    return f"{module}.norm"


def _layers() -> dict[str, str]:
    blocks = resnet_blocks(
        lambda stage, index: f"{_BOTTOM}res{stage}.{index}", ("shortcut", "shortcut.norm"), "conv{}.norm".format
    )
    laterals = {f"fpn_c{level}p{level}": f"backbone.fpn_lateral{level}" for level in (2, 3, 4, 5)}
    outputs = {f"fpn_p{level}": f"backbone.fpn_output{level}" for level in (2, 3, 4, 5)}
    return {
        "conv1": f"{_BOTTOM}stem.conv1",
        "bn_conv1": f"{_BOTTOM}stem.conv1.norm",
        **blocks,
        **laterals,
        **outputs,
        **{f"{ours}_bn": _norm(theirs) for ours, theirs in (laterals | outputs).items()},
        **counted(rpn_conv, f"{_RPN}conv.conv{{}}".format),
        "rpn_class_raw": f"{_RPN}objectness_logits",
        "rpn_bbox_pred": f"{_RPN}anchor_deltas",
        **counted(
            "mrcnn_box_conv{}".format,
            lambda index: f"roi_heads.box_head.conv{index + 1}",
            lambda index: f"roi_heads.box_head.conv{index + 1}.norm",
        ),
        **counted("mrcnn_class_conv{}".format, lambda index: f"roi_heads.box_head.fc{index + 1}"),
        "mrcnn_class_logits": "roi_heads.box_predictor.cls_score",
        "mrcnn_bbox_fc": "roi_heads.box_predictor.bbox_pred",
        **counted(
            "mrcnn_mask_conv{}".format,
            lambda index: f"roi_heads.mask_head.mask_fcn{index + 1}",
            lambda index: f"roi_heads.mask_head.mask_fcn{index + 1}.norm",
        ),
        "mrcnn_mask_deconv": "roi_heads.mask_head.deconv",
        "mrcnn_mask": "roi_heads.mask_head.predictor",
    }


def _current_names(names: Any) -> dict[str, str]:
    """A single convolution of the region-proposal network is `conv`, several are conv.conv0, conv.conv1, ..."""
    single = re.compile(re.escape(f"{_RPN}conv.") + r"(weight|bias)")
    return {name: single.sub(rf"{_RPN}conv.conv0.\1", name) for name in names}


def _preset(clues: Clues) -> MaskRCNNConfig:
    config, options = options_beside(clues.path, clues.notes)
    clues.options |= options
    if "mean_pixel" not in options:
        _pixel_statistics(clues)
    if any(name.startswith(_SEMANTIC) for name in clues.arrays):
        clues.notes.append("The network also has a head for semantic segmentation (Panoptic FPN), which is not used.")
    levels = {int(match[1]): name for name in clues.arrays if (match := _CELL_ANCHORS.fullmatch(name))}
    if levels:
        clues.options |= from_cell_anchors([clues.arrays[levels[level]] for level in sorted(levels)])
    if config is not None:
        clues.provenance["options_from"] = config.name
    elif clues.classes != len(COCO_CLASSES):
        clues.notes.append(
            "Sizes of pictures and where the ResNet has its strides are not in the file: those of detectron2's "
            "mask_rcnn_R_50_FPN_3x are taken. Put the training's config.yaml beside the file, or give it with --config."
        )
    return DETECTRON2


def _pixel_statistics(clues: Clues) -> None:
    """`mean_pixel` and `std_pixel` in RGB order from the buffers, which have the order of the network's input."""
    mean, std = clues.arrays.get("pixel_mean"), clues.arrays.get("pixel_std")
    if mean is None or std is None or mean.size != 3 or std.size != 3:
        return
    mean, std = np.asarray(mean, np.float64).ravel(), np.asarray(std, np.float64).ravel()
    # ImageNet's means fall from red to blue.
    rgb = bool(mean[0] > mean[2])
    step = 1 if rgb else -1
    clues.options |= {
        "channel_order": "RGB" if rgb else "BGR",
        "mean_pixel": tuple(round(float(value), 4) for value in mean[::step]),
        "std_pixel": tuple(round(float(value), 4) for value in std[::step]),
    }
    if rgb:
        clues.notes.append(
            "The pixel means in the file fall, as those of RGB do: the channels are taken as RGB "
            "(--set channel_order=BGR else)."
        )
    if not np.allclose(std, 1):
        clues.options["stride_in_1x1"] = False
        clues.notes.append(
            "The pixels' standard deviations in the file are those of torchvision's backbones: the strides are taken "
            "to lie in the 3x3 convolutions, as there (--set stride_in_1x1=yes else)."
        )


def _class_names(clues: Clues) -> tuple[str, ...] | None:
    return COCO_CLASSES[1:] if clues.classes == len(COCO_CLASSES) else None


FAMILY = Family(
    name="detectron2",
    marks=(r"proposal_generator\.",),
    layers=_layers(),
    preset=_preset,
    mask_head=r"roi_heads\.mask_head\.",
    background="last",
    anchors="scale",
    refused=(
        (r"^roi_heads\.box_head\.\d+\.", "a Cascade R-CNN"),
        (r"^roi_heads\.mask_head\.(point_head|coarse_head|mask_point_head)|^roi_heads\.mask_point_head", "a PointRend"),
        (r"^roi_heads\.keypoint_head\.", "a Keypoint R-CNN"),
        (r"^roi_heads\.res5\.", "a network without a pyramid (C4)"),
        (r"^backbone\.(stem|res\d)\.", "a network without a pyramid (C4 or DC5)"),
        (r"^backbone\.bottom_up\.(patch_embed|layers)\.|^backbone\.net\.", "a network with a transformer as backbone"),
        (r"^proposal_generator\.anchor_generator\.rotat", "a network for rotated boxes"),
    ),
    unused=r".*\.num_batches_tracked|pixel_(mean|std)|proposal_generator\.anchor_generator\.cell_anchors\..*"
    r"|sem_seg_head\..*",
    current_names=_current_names,
    class_names=_class_names,
)
