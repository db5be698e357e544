"""The configurations of networks that were trained with PyTorch: torchvision, detectron2, mmdetection, and a port.

Sources: torchvision's models/detection and ops, detectron2's config/defaults.py and model zoo, mmdetection's
configs/_base_, and multimodallearning/pytorch-mask-rcnn. What a weights file does not say is what these give by
default: pixel normalisation, anchors, sizes of pictures, thresholds of the suppression. The score from which on objects
are shown is ours, since all of them keep everything above 0.05.
"""

from __future__ import annotations

from maskseg_cli.config.mask_rcnn_config import MaskRCNNConfig
from maskseg_cli.config.presets import COCO

#: What all three libraries have in common.
_PYTORCH = MaskRCNNConfig(
    backbone="resnet50",
    image_resize_mode="shortest",
    image_min_dim=800,
    image_max_dim=1333,
    norm_epsilon=1e-5,
    conv_bias=False,
    symmetric_padding=True,
    rpn_channels=256,
    rpn_logits=1,
    # Here a ratio is width / height, there it is height / width, in the order 0.5, 1, 2.
    rpn_anchor_ratios=(2, 1, 0.5),
    rpn_bbox_std_dev=(1.0, 1.0, 1.0, 1.0),
    bbox_delta_limit=4.135166556742356,  # ln(1000 / 16)
    box_frame="edges",
    rpn_per_level=True,
    pre_nms_limit=1000,
    rpn_min_size=1e-6,  # no area
    proposal_window="picture",
    pad_proposals=False,
    roi_align="samples",
    roi_level="floor",
    head_norm="none",
    detection_classes="all",
    detection_nms_threshold=0.5,
    detection_min_confidence=0.5,
    mask_border=1,
)

_IMAGENET = {"mean_pixel": (123.675, 116.28, 103.53), "std_pixel": (58.395, 57.12, 57.375)}

#: `maskrcnn_resnet50_fpn`. Its batch normalisation is frozen, and torchvision runs its published weights, from which
#: all others are trained, with an epsilon of 0.
TORCHVISION = _PYTORCH.replace(
    name="torchvision",
    **_IMAGENET,
    image_interpolation="float",
    image_size_rounding="down",
    norm_epsilon=0,
    stride_in_1x1=False,
    rpn_anchor_rounding=True,
    rpn_strides_from_maps=True,
    rpn_min_size=1e-3,
    roi_level_epsilon=1e-6,
    detection_min_size=1e-2,
    mask_paste="expanded",
)

#: `maskrcnn_resnet50_fpn_v2`.
TORCHVISION_V2 = TORCHVISION.replace(
    name="torchvision-v2",
    norm_epsilon=1e-5,
    fpn_norm=True,
    rpn_convs=2,
    box_head_convs=4,
    box_head_fcs=1,
    head_norm="convolutions",
)

#: `mask_rcnn_R_50_FPN_3x` and alike.
DETECTRON2 = _PYTORCH.replace(
    name="detectron2",
    channel_order="BGR",
    mean_pixel=(123.675, 116.28, 103.53),
    image_interpolation="pillow",
    image_size_rounding="half_up",
    roi_aligned=True,
    roi_samples=0,
)

#: `mask-rcnn_r50_fpn` in the style "pytorch".
MMDETECTION = _PYTORCH.replace(
    name="mmdetection",
    **_IMAGENET,
    image_interpolation="opencv",
    image_size_rounding="half_up",
    stride_in_1x1=False,
    roi_aligned=True,
    roi_samples=0,
    roi_level_epsilon=1e-6,
)

#: `mask-rcnn_r50-caffe_fpn`, the style "caffe": its backbone's weights are detectron2's.
MMDETECTION_CAFFE = MMDETECTION.replace(
    channel_order="BGR", mean_pixel=(123.675, 116.28, 103.53), std_pixel=(1.0, 1.0, 1.0), stride_in_1x1=True
)

#: multimodallearning/pytorch-mask-rcnn: Matterport's network and options.
PYTORCH_MASK_RCNN = COCO.replace(name="pytorch-mask-rcnn", image_interpolation="pillow")

TORCH_PRESETS = {
    "torchvision-v1": TORCHVISION,
    "torchvision-v2": TORCHVISION_V2,
    "detectron2": DETECTRON2,
    "mmdetection": MMDETECTION,
    "mmdetection-caffe": MMDETECTION_CAFFE,
    "pytorch-mask-rcnn": PYTORCH_MASK_RCNN,
}
