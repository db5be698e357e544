"""Which library's network a state dict holds, by the names of its arrays."""

from __future__ import annotations

import re
from collections.abc import Collection

from maskseg_cli.checkpoints.pytorch.families import detectron2, mmdetection, pytorch_mask_rcnn, torchvision
from maskseg_cli.checkpoints.pytorch.families.family import Family
from maskseg_cli.checkpoints.pytorch.records import RefusedError
from maskseg_cli.printable import printable

FAMILIES: tuple[Family, ...] = (
    torchvision.FAMILY,
    mmdetection.FAMILY,
    pytorch_mask_rcnn.FAMILY,
    detectron2.FAMILY,
)

#: Networks that no family has: (regular expression for the beginning of a name, what it is).
_OTHERS = (
    (
        r"(bbox_)?head\.(cls_subnet|cls_score|retina_cls|classification_head)",
        "a detector of one stage (RetinaNet, FCOS or SSD), which draws no outlines",
    ),
    (r"(conv1_w|fc6_w|res2_0_branch2a_w)$", "a network of Caffe2 (Detectron, or a backbone for detectron2's training)"),
    (r"transformer\.(encoder|decoder)\.|detr\.", "a DETR"),
    (r"image_encoder\.|sam_mask_decoder\.", "a Segment Anything model"),
    (r"sem_seg_head\.(pixel_decoder|predictor)\.", "a Mask2Former or MaskFormer"),
    (r"(model\.)?\d+\.(conv|cv1|m\.\d+)\.", "a YOLO"),
)

#: What no network here has, in any family: (regular expression that is searched in names, what it is).
_REFUSED = ((r"\.(conv\d_offset|conv_offset)\.", "a network with deformable convolutions"),)

READABLE = "maskseg reads Mask R-CNNs of torchvision, detectron2, mmdetection and pytorch-mask-rcnn"


def recognise(names: Collection[str]) -> Family:
    """The family of a state dict with these names.

    Raises:
        RefusedError: it is no network that is read; the sentence says which it is where its names tell.
    """
    family = next((family for family in FAMILIES if _has_marks(family, names)), None)
    if family is None:
        for pattern, what in _OTHERS:
            if any(re.match(pattern, name) for name in names):
                raise RefusedError(f"holds {what}: {READABLE}.")
        some = ", ".join(printable(name[:100]) for name in list(names)[:3])
        raise RefusedError(f"holds none of the networks that are read (its arrays are {some}, ...): {READABLE}.")
    for pattern, what in (*family.refused, *_REFUSED):
        if any(re.search(pattern, name) for name in names):
            raise RefusedError(f"holds {what}: {READABLE} with a ResNet-50 or ResNet-101 and a feature pyramid.")
    if not any(re.match(family.mask_head, name) for name in names):
        raise RefusedError(
            f"holds a Faster R-CNN of {family.name}: it has no mask head, and maskseg needs one to draw outlines."
        )
    return family


def _has_marks(family: Family, names: Collection[str]) -> bool:
    return all(any(re.match(mark, name) for name in names) for mark in family.marks)
