"""multimodallearning/pytorch-mask-rcnn, a port of Matterport's network: the same layers, axes of PyTorch.

Source: its model.py. Boxes are (dy, dx, dh, dw) and the background is the first class, as in Matterport's code.
"""

from __future__ import annotations

from maskseg_cli.checkpoints.pytorch.families.family import Clues, Family
from maskseg_cli.checkpoints.pytorch.families.name_tables import resnet_blocks
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.torch_presets import PYTORCH_MASK_RCNN


def _layers() -> dict[str, str]:
    blocks = resnet_blocks(
        lambda stage, index: f"fpn.C{stage}.{index}", ("downsample.0", "downsample.1"), "bn{}".format
    )
    return {
        "conv1": "fpn.C1.0",
        "bn_conv1": "fpn.C1.1",
        **blocks,
        **{f"fpn_c{level}p{level}": f"fpn.P{level}_conv1" for level in (2, 3, 4, 5)},
        **{f"fpn_p{level}": f"fpn.P{level}_conv2.1" for level in (2, 3, 4, 5)},
        "rpn_conv_shared": "rpn.conv_shared",
        "rpn_class_raw": "rpn.conv_class",
        "rpn_bbox_pred": "rpn.conv_bbox",
        **{f"mrcnn_class_{kind}{number}": f"classifier.{kind}{number}" for kind in ("conv", "bn") for number in (1, 2)},
        "mrcnn_class_logits": "classifier.linear_class",
        "mrcnn_bbox_fc": "classifier.linear_bbox",
        **{f"mrcnn_mask_{kind}{number}": f"mask.{kind}{number}" for kind in ("conv", "bn") for number in (1, 2, 3, 4)},
        "mrcnn_mask_deconv": "mask.deconv",
        "mrcnn_mask": "mask.conv5",
    }


def _preset(clues: Clues) -> MaskRCNNConfig:
    return PYTORCH_MASK_RCNN


def _class_names(clues: Clues) -> tuple[str, ...] | None:
    return COCO_CLASSES[1:] if clues.classes == len(COCO_CLASSES) else None


FAMILY = Family(
    name="pytorch-mask-rcnn",
    marks=(r"fpn\.C\d\.", r"classifier\."),
    layers=_layers(),
    preset=_preset,
    mask_head=r"mask\.",
    background="first",
    deltas="yxhw",
    class_names=_class_names,
)
