"""torchvision's `MaskRCNN` on `resnet_fpn_backbone`: maskrcnn_resnet50_fpn, its _v2, and those with ResNet-101.

Sources: torchvision/models/detection/{mask_rcnn,faster_rcnn,rpn,backbone_utils}.py, ops/feature_pyramid_network.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.layers import rpn_conv
from maskseg_cli.checkpoints.pytorch.families.name_tables import counted, torchvision_resnet
from maskseg_cli.coco_classes import COCO_91_CLASSES
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import TORCHVISION, TORCHVISION_V2

_BODY = "backbone.body."

#: Names until torchvision 0.13, and what they are now.
_OLD_NAMES = (
    (re.compile(r"(backbone\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)"), r"\1.0.\2"),
    (re.compile(r"rpn\.head\.conv\.(weight|bias)"), r"rpn.head.conv.0.0.\1"),
)
_OLD_MASK_NAME = re.compile(r"roi_heads\.mask_head\.mask_fcn(\d+)\.(weight|bias)")

#: A fully connected layer behind the convolutions of a box head, whose number depends on theirs.
_COUNTED_FC = re.compile(r"roi_heads\.box_head\.(\d+)\.(weight|bias)")


def _current_names(names: Iterable[str]) -> dict[str, str]:
    names = list(names)
    indices = sorted({int(match[1]) for name in names if (match := _COUNTED_FC.fullmatch(name))})
    found = {}
    for name in names:
        new = name
        for pattern, replacement in _OLD_NAMES:
            new = pattern.sub(replacement, new) if pattern.fullmatch(new) else new
        if match := _OLD_MASK_NAME.fullmatch(name):
            new = f"roi_heads.mask_head.{int(match[1]) - 1}.0.{match[2]}"
        if match := _COUNTED_FC.fullmatch(name):
            new = f"roi_heads.box_head.fc{6 + indices.index(int(match[1]))}.{match[2]}"
        found[name] = new
    return found


def _layers() -> dict[str, str]:
    return {
        **torchvision_resnet(_BODY),
        **{f"fpn_c{level}p{level}": f"backbone.fpn.inner_blocks.{level - 2}.0" for level in (2, 3, 4, 5)},
        **{f"fpn_c{level}p{level}_bn": f"backbone.fpn.inner_blocks.{level - 2}.1" for level in (2, 3, 4, 5)},
        **{f"fpn_p{level}": f"backbone.fpn.layer_blocks.{level - 2}.0" for level in (2, 3, 4, 5)},
        **{f"fpn_p{level}_bn": f"backbone.fpn.layer_blocks.{level - 2}.1" for level in (2, 3, 4, 5)},
        **counted(rpn_conv, "rpn.head.conv.{}.0".format),
        "rpn_class_raw": "rpn.head.cls_logits",
        "rpn_bbox_pred": "rpn.head.bbox_pred",
        **counted("mrcnn_box_conv{}".format, "roi_heads.box_head.{}.0".format, "roi_heads.box_head.{}.1".format),
        **counted("mrcnn_class_conv{}".format, lambda index: f"roi_heads.box_head.fc{6 + index}"),
        "mrcnn_class_logits": "roi_heads.box_predictor.cls_score",
        "mrcnn_bbox_fc": "roi_heads.box_predictor.bbox_pred",
        **counted("mrcnn_mask_conv{}".format, "roi_heads.mask_head.{}.0".format, "roi_heads.mask_head.{}.1".format),
        "mrcnn_mask_deconv": "roi_heads.mask_predictor.conv5_mask",
        "mrcnn_mask": "roi_heads.mask_predictor.mask_fcn_logits",
    }


def _preset(clues: Clues) -> MaskRCNNConfig:
    names = clues.arrays
    if any(re.match(r"backbone\.fpn\.inner_blocks\.\d\.1\.|roi_heads\.box_head\.\d+\.1\.", name) for name in names):
        return TORCHVISION_V2
    if f"{_BODY}bn1.num_batches_tracked" in names:
        # Batch normalisation that is not frozen keeps its own epsilon: only frozen layers are set to 0.
        return TORCHVISION.replace(norm_epsilon=1e-5)
    if clues.classes != len(COCO_91_CLASSES):
        clues.notes.append(
            "norm_epsilon is 0, as in trainings that start from torchvision's COCO weights; where one started from an "
            "ImageNet backbone alone it is 1e-5: --set norm_epsilon=1e-5."
        )
    return TORCHVISION


def _class_names(clues: Clues) -> tuple[str, ...] | None:
    return COCO_91_CLASSES[1:] if clues.classes == len(COCO_91_CLASSES) else None


FAMILY = Family(
    name="torchvision",
    marks=(r"backbone\.body\.", r"rpn\.head\."),
    layers=_layers(),
    preset=_preset,
    mask_head=r"roi_heads\.mask_",
    background="first",
    coco_classes=len(COCO_91_CLASSES),
    refused=(
        (r"^roi_heads\.(box|mask)\.feature_extractor\.", "a network of maskrcnn-benchmark, detectron2's predecessor"),
        (r"^roi_heads\.keypoint_", "a Keypoint R-CNN"),
        (r"^backbone\.body\.(features|\d+)\.", "a network with a MobileNet or another backbone that is no ResNet"),
        (r"^backbone\.fpn\.extra_blocks\.", "a network with further levels of the pyramid"),
    ),
    current_names=_current_names,
    class_names=_class_names,
)
