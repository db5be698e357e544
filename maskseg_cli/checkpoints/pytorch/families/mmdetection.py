"""mmdetection's MaskRCNN with a ResNet and a pyramid, of the versions 1 to 3.

Sources: mmdet/models/{backbones/resnet,necks/fpn,dense_heads/rpn_head}.py,
roi_heads/{bbox_heads/convfc_bbox_head,mask_heads/fcn_mask_head}.py, tools/model_converters/upgrade_model_version.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.layers import rpn_conv
from maskseg_cli.checkpoints.pytorch.families.mmdetection_config import options_of_config
from maskseg_cli.checkpoints.pytorch.families.name_tables import counted, torchvision_resnet
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import MMDETECTION, MMDETECTION_CAFFE
from maskseg_cli.printable import printable

#: Heads of version 1 were no part of a `roi_head`.
_FIRST_VERSION = re.compile(r"(bbox_head|mask_head)\.")


def _current_names(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        new = f"roi_head.{name}" if _FIRST_VERSION.match(name) else name
        found[name] = re.sub(r"^rpn_head\.rpn_conv\.(weight|bias)$", r"rpn_head.rpn_conv.0.conv.\1", new)
    return found


def _layers() -> dict[str, str]:
    laterals = {f"fpn_c{level}p{level}": f"neck.lateral_convs.{level - 2}" for level in (2, 3, 4, 5)}
    outputs = {f"fpn_p{level}": f"neck.fpn_convs.{level - 2}" for level in (2, 3, 4, 5)}
    box, mask = "roi_head.bbox_head", "roi_head.mask_head"
    return {
        **torchvision_resnet("backbone."),
        **{ours: f"{theirs}.conv" for ours, theirs in (laterals | outputs).items()},
        **{f"{ours}_bn": f"{theirs}.bn" for ours, theirs in (laterals | outputs).items()},
        **counted(rpn_conv, "rpn_head.rpn_conv.{}.conv".format),
        "rpn_class_raw": "rpn_head.rpn_cls",
        "rpn_bbox_pred": "rpn_head.rpn_reg",
        **counted(
            "mrcnn_box_conv{}".format, f"{box}.shared_convs.{{}}.conv".format, f"{box}.shared_convs.{{}}.bn".format
        ),
        **counted("mrcnn_class_conv{}".format, f"{box}.shared_fcs.{{}}".format),
        "mrcnn_class_logits": f"{box}.fc_cls",
        "mrcnn_bbox_fc": f"{box}.fc_reg",
        **counted("mrcnn_mask_conv{}".format, f"{mask}.convs.{{}}.conv".format, f"{mask}.convs.{{}}.bn".format),
        "mrcnn_mask_deconv": f"{mask}.upsample",
        "mrcnn_mask": f"{mask}.conv_logits",
    }


def _texts(clues: Clues) -> dict[str, Any]:
    """What mmcv and mmengine write beside a state dict: {"CLASSES": ..., "config": ...}, {"dataset_meta": ...}."""
    meta = clues.meta.get("meta")
    return meta if isinstance(meta, dict) else {}


def _preset(clues: Clues) -> MaskRCNNConfig:
    if any(_FIRST_VERSION.match(name) for name in clues.arrays):
        clues.notes.append(
            "The file is of mmdetection 1, which counted the sides of boxes in whole pixels: they may be off by one."
        )
    meta = _texts(clues)
    if isinstance(meta.get("mmdet_version"), str):
        clues.provenance["made_by"] = printable(f"mmdetection {meta['mmdet_version'][:20]}")
    text = next((meta[key] for key in ("cfg", "config") if isinstance(meta.get(key), str)), None)
    if text is None:
        clues.notes.append(
            'The file does not say which style its backbone has: "pytorch" is taken (strides in the 3x3 convolutions, '
            'RGB). For the style "caffe": --set stride_in_1x1=yes --set channel_order=BGR --set std_pixel=1,1,1 '
            "--set mean_pixel=123.675,116.28,103.53."
        )
        return MMDETECTION
    caffe, options = options_of_config(text, clues.notes)
    clues.options |= options
    return MMDETECTION_CAFFE if caffe else MMDETECTION


def _class_names(clues: Clues) -> tuple[str, ...] | None:
    meta = _texts(clues)
    data = meta.get("dataset_meta")
    for table in (data if isinstance(data, dict) else {}, meta):
        for key in ("classes", "CLASSES"):
            names = table.get(key)
            if isinstance(names, str):  # a dataset of one class may have written its name alone
                names = (names,)
            if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) for name in names):
                return tuple(names)
    return COCO_CLASSES[1:] if clues.classes == len(COCO_CLASSES) else None


FAMILY = Family(
    name="mmdetection",
    marks=(r"rpn_head\.", r"backbone\."),
    layers=_layers(),
    preset=_preset,
    mask_head=r"(roi_head\.)?mask_head\.",
    background="last",
    refused=(
        (r"^(roi_head\.)?semantic_head\.", "a Hybrid Task Cascade"),
        (r"^(roi_head\.)?(bbox_head|mask_head)\.\d+\.", "a Cascade R-CNN"),
        (r"^(roi_head\.)?mask_iou_head\.", "a Mask Scoring R-CNN"),
        (r"^roi_head\.point_head\.", "a PointRend"),
        (r"^(roi_head\.)?grid_head\.", "a Grid R-CNN"),
        (r"^(roi_head\.)?shared_head\.", "a network without a pyramid (C4)"),
        (r"^neck\.(fpn_convs\.[4-9]\.|\d+\.)", "a network with another pyramid than FPN's four levels"),
        (r"^backbone\.(patch_embed|stages|blocks)\.", "a network with another backbone than a ResNet"),
        (r"^backbone\.stem\.", "a network with a ResNet whose stem has several convolutions (ResNetV1d)"),
        (r"^rpn_head\.(conv_loc|conv_shape|conv_adaption)\.", "a network with guided anchors"),
        (r"\.gn\d?\.", "a network with group normalisation"),
    ),
    unused=r".*\.num_batches_tracked|data_preprocessor\..*",
    current_names=_current_names,
    class_names=_class_names,
)
