"""The configurations of the two named networks, and of the weights from which `lite` was trained."""

from __future__ import annotations

from maskseg_cli.config.mask_rcnn_config import MaskRCNNConfig

#: Matterport's COCO network.
COCO = MaskRCNNConfig()

#: The graph of Mask R-CNN2Go's weights, from which the small network's training started: one stride-16 map, boxes in
#: pixels.
MASK_RCNN2GO = MaskRCNNConfig(
    name="lite",
    backbone="mobile",
    backbone_strides=(16,),
    neck="none",
    rpn_head="mobile",
    box_head="mobile",
    mask_head="mobile",
    image_resize_mode="fit",
    image_min_dim=400,
    image_max_dim=800,
    mean_pixel=(0.0, 0.0, 0.0),
    channel_order="BGR",
    box_frame="pixels",
    rpn_bbox_std_dev=(1.0, 1.0, 1.0, 1.0),
    bbox_std_dev=(0.1, 0.1, 0.2, 0.2),
    bbox_delta_limit=4.135166556742356,  # ln(1000 / 16)
    rpn_anchor_scales=(),
    rpn_anchor_ratios=(),
    rpn_anchor_offset=8.5,
    # (height, width); k-means of the training boxes, from Mask R-CNN2Go
    rpn_anchor_sizes=(
        (33.744278, 40.056084),
        (144.5802, 126.205006),
        (286.740936, 437.00473),
        (260.674774, 304.454315),
        (133.834061, 59.306578),
        (299.661682, 187.853912),
        (132.713699, 423.474304),
        (61.522741, 93.629761),
        (238.007233, 96.791336),
        (72.656311, 38.192729),
        (17.661069, 13.362175),
        (115.367172, 293.305939),
        (189.77124, 205.024155),
        (79.914759, 171.384918),
        (419.833801, 267.503899),
    ),
    pre_nms_limit=3000,
    post_nms_rois_inference=120,
    pad_proposals=False,
    roi_align="bins",
    pool_size=6,
    mask_pool_size=6,
    mask_shape=(24, 24),
    mask_border=1,
    detection_classes="all",
    detection_duplicate_threshold=0.6,
    detection_min_confidence=0.6,
    top_down_pyramid_size=128,
    post_nms_rois_training=300,
    train_rois_per_image=128,
    train_masks_per_image=32,
    mini_mask_shape=(112, 112),
    rpn_ignore_outside=True,
    use_box_rois=True,
)

#: The small network that comes with maskseg. Fewer proposals, soft suppression, voting and mask scoring: the same
#: boxes and better masks than with 120 proposals and greedy suppression, in less time (weights/README.md). Mask scoring
#: lowers the scores: 0.5 shows about as many right objects as 0.6 did without it, and fewer wrong ones.
LITE = MASK_RCNN2GO.replace(
    detail=True,
    roi_align="bins_clamped",
    post_nms_rois_inference=80,
    detection_nms_threshold=0.5,
    detection_suppression="soft",
    detection_soft_sigma=0.3,
    detection_voting_threshold=0.7,
    detection_mask_scoring=0.5,
    detection_min_confidence=0.5,
)

PRESETS = {"lite": LITE, "coco": COCO}
