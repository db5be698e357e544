"""mmdetection's state dicts, of the versions 1 to 3, become the arrays of our network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.checkpoints.pytorch.families.layers import array_names
from maskseg_cli.checkpoints.pytorch.families.mmdetection_config import options_of_config, parse_config
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config.torch_presets import MMDETECTION, MMDETECTION_CAFFE
from maskseg_cli.errors import MasksegError
from tests.checkpoints.pytorch.states import Arrays, published, read, renamed, with_deep_stage, without, zeros

FROM_TORCHVISION = (
    ("backbone.fpn.inner_blocks.", "neck.lateral_convs."),
    ("backbone.fpn.layer_blocks.", "neck.fpn_convs."),
    *((f"_convs.{level}.0.", f"_convs.{level}.conv.") for level in range(4)),
    ("backbone.body.", "backbone."),
    ("rpn.head.conv.0.0.", "rpn_head.rpn_conv."),
    ("rpn.head.cls_logits", "rpn_head.rpn_cls"),
    ("rpn.head.bbox_pred", "rpn_head.rpn_reg"),
    ("roi_heads.box_head.fc6", "roi_head.bbox_head.shared_fcs.0"),
    ("roi_heads.box_head.fc7", "roi_head.bbox_head.shared_fcs.1"),
    ("roi_heads.box_predictor.cls_score", "roi_head.bbox_head.fc_cls"),
    ("roi_heads.box_predictor.bbox_pred", "roi_head.bbox_head.fc_reg"),
    *((f"roi_heads.mask_head.{index}.0.", f"roi_head.mask_head.convs.{index}.conv.") for index in range(4)),
    ("roi_heads.mask_predictor.conv5_mask", "roi_head.mask_head.upsample"),
    ("roi_heads.mask_predictor.mask_fcn_logits", "roi_head.mask_head.conv_logits"),
)


def network(classes: int = 80) -> Arrays:
    """mask-rcnn_r50_fpn; `classes` without the background."""
    arrays = renamed(published("torchvision-v1"), *FROM_TORCHVISION)
    counters = {
        name.replace("running_var", "num_batches_tracked"): zeros(dtype="int64")
        for name in arrays
        if name.endswith("running_var")
    }
    heads = {
        "bbox_head.fc_cls.weight": zeros(classes + 1, 1024),
        "bbox_head.fc_cls.bias": np.arange(classes + 1, dtype=np.float32),
        "bbox_head.fc_reg.weight": zeros(4 * classes, 1024),
        "bbox_head.fc_reg.bias": np.arange(4 * classes, dtype=np.float32),
        "mask_head.conv_logits.weight": zeros(classes, 256, 1, 1),
        "mask_head.conv_logits.bias": np.arange(1, classes + 1, dtype=np.float32),
    }
    return arrays | counters | {f"roi_head.{name}": array for name, array in heads.items()}


#: As mmengine writes it for mask-rcnn_r50_fpn, shortened to what is read.
NEW_CONFIG = """
model = dict(
    type='MaskRCNN',
    data_preprocessor=dict(mean=[103.53, 116.28, 123.675], std=[1.0, 1.0, 1.0], bgr_to_rgb=False),
    backbone=dict(type='ResNet', depth=50, style='caffe'),
    rpn_head=dict(
        anchor_generator=dict(type='AnchorGenerator', scales=[4], ratios=[0.5, 1.0, 2.0], strides=[4, 8, 16, 32, 64]),
        bbox_coder=dict(target_stds=[1.0, 2.0, 3.0, 4.0])),
    roi_head=dict(
        bbox_roi_extractor=dict(roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=2)),
        mask_roi_extractor=dict(roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=0)),
        bbox_head=dict(bbox_coder=dict(target_stds=[0.1, 0.2, 0.3, 0.4]))),
    test_cfg=dict(
        rpn=dict(nms_pre=500, max_per_img=300, min_bbox_size=2, nms=dict(type='nms', iou_threshold=0.6)),
        rcnn=dict(score_thr=0.05, nms=dict(type='nms', iou_threshold=0.4), max_per_img=50)))
test_pipeline = [
    dict(type='LoadImageFromFile', backend_args=None),
    dict(type='Resize', scale=(1000, 600), keep_ratio=True)]
"""

#: As mmdetection 2 wrote it, with the anchors of 2.0.
OLD_CONFIG = """/home/user/mask_rcnn_r50_fpn.py
model = dict(
    backbone=dict(type='ResNet', style='pytorch'),
    rpn_head=dict(anchor_scales=[8], anchor_ratios=[0.5, 1.0, 2.0], anchor_strides=[4, 8, 16, 32, 64],
                  target_stds=[1.0, 1.0, 1.0, 1.0]))
test_cfg = dict(rpn=dict(nms_pre=1000, max_num=900, nms_thr=0.7), rcnn=dict(nms=dict(type='soft_nms', iou_thr=0.5)))
img_norm_cfg = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
data = dict(test=dict(pipeline=[
    dict(type='MultiScaleFlipAug', img_scale=(1333, 640), flip=False,
         transforms=[dict(type='Resize', keep_ratio=False), dict(type='Normalize', **img_norm_cfg)])]))
"""


def test_the_published_networks(tmp_path: Path) -> None:
    for arrays, backbone in ((network(), "resnet50"), (with_deep_stage(network(), "backbone.layer3."), "resnet101")):
        checkpoint = read(tmp_path, arrays)
        assert checkpoint.config == MMDETECTION.replace(backbone=backbone)
        assert (checkpoint.kind, checkpoint.class_names) == ("mmdetection", COCO_CLASSES)
        assert sorted(checkpoint.arrays) == sorted(array_names(checkpoint.config))
        assert checkpoint.arrays["mrcnn_class_logits/bias"][:3].tolist() == [80, 0, 1]
        assert checkpoint.arrays["mrcnn_bbox_fc/bias"][:8].tolist() == [0, 0, 0, 0, 1, 0, 3, 2]
        assert checkpoint.arrays["mrcnn_mask/bias"][:3].tolist() == [0, 1, 2]
        assert len(checkpoint.notes) == 1
        assert "caffe" in checkpoint.notes[0]


def test_the_style_caffe_of_the_note_is_the_preset(tmp_path: Path) -> None:
    from maskseg_cli.config.overrides import parse_settings

    note = read(tmp_path, network()).notes[0]
    settings = [part.rstrip(".") for part in note.split() if "=" in part]
    assert len(settings) == 4
    assert MMDETECTION.replace(**parse_settings(settings), name=MMDETECTION_CAFFE.name) == MMDETECTION_CAFFE


def test_version_1_had_the_background_first(tmp_path: Path) -> None:
    old = renamed(network(), ("roi_head.", ""))
    old |= {
        "bbox_head.fc_reg.weight": zeros(4 * 81, 1024),
        "bbox_head.fc_reg.bias": np.arange(4 * 81, dtype=np.float32),
        "mask_head.conv_logits.weight": zeros(81, 256, 1, 1),
        "mask_head.conv_logits.bias": np.arange(81, dtype=np.float32),
    }
    checkpoint = read(tmp_path, old)
    assert checkpoint.arrays["mrcnn_class_logits/bias"].tolist() == list(range(81))
    assert checkpoint.arrays["mrcnn_bbox_fc/bias"][:8].tolist() == [1, 0, 3, 2, 5, 4, 7, 6]
    assert checkpoint.arrays["mrcnn_mask/bias"].tolist() == list(range(81))
    assert any("mmdetection 1" in note for note in checkpoint.notes)


@pytest.mark.parametrize(
    "meta",
    [{"CLASSES": ("a", "b")}, {"dataset_meta": {"classes": ["a", "b"]}}, {"dataset_meta": {"CLASSES": ["a", "b"]}}],
)
def test_class_names_of_the_file(tmp_path: Path, meta: dict[str, Any]) -> None:
    checkpoint = read(tmp_path, network(2), {"meta": meta})
    assert checkpoint.class_names == ("background", "a", "b")
    assert checkpoint.config.name == "mine"
    wrong = read(tmp_path, network(3), {"meta": meta})
    assert wrong.class_names is None
    assert "names 2 classes, and its network has 3" in wrong.notes[-1]


def test_one_class_whose_name_is_a_text(tmp_path: Path) -> None:
    assert read(tmp_path, network(1), {"meta": {"CLASSES": "cat"}}).class_names == ("background", "cat")


def test_options_of_the_config_in_the_file(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, network(), {"meta": {"cfg": NEW_CONFIG}})
    assert checkpoint.notes == ()
    assert checkpoint.config == MMDETECTION_CAFFE.replace(
        rpn_anchor_scales=(16, 32, 64, 128, 256),
        rpn_bbox_std_dev=(2, 1, 4, 3),
        bbox_std_dev=(0.2, 0.1, 0.4, 0.3),
        roi_samples=2,
        mask_pool_size=7,
        mask_shape=(14, 14),
        pre_nms_limit=500,
        rpn_min_size=2,
        post_nms_rois_inference=300,
        rpn_nms_threshold=0.6,
        detection_nms_threshold=0.4,
        detection_max_instances=50,
        image_max_dim=1000,
        image_min_dim=600,
    )


def test_options_of_an_old_config(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, network(), {"meta": {"config": OLD_CONFIG}})
    assert checkpoint.config == MMDETECTION.replace(post_nms_rois_inference=900, image_min_dim=640)
    assert ["proportions" in note for note in checkpoint.notes] == [True, False]
    assert "Soft-NMS" in checkpoint.notes[1]


def test_a_config_is_not_run(tmp_path: Path) -> None:
    text = (
        f"model = dict(backbone=dict(style='caffe'), x=open({str(tmp_path / 'made')!r}, 'w'))\n__import__('os').abort()"
    )
    assert parse_config(text) == {"model": {"backbone": {"style": "caffe"}, "x": None}}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model =",
        "x" * (1 << 21),
        "a = " + "[" * 500,
        "a = " + "-" * 50_000 + "1",
        "\0",
        "\ud800",
        "a = 1" * 9,
        "a = 9" + "9" * 9000,
        "a = f" + "(1)" * 9000,
        "a = b" + ".c" * 9000,
    ],
    ids=range(11),
)
def test_a_config_that_cannot_be_read_is_said(text: str) -> None:
    notes: list[str] = []
    assert options_of_config(text, notes) == (False, {})
    assert ["cannot be read" in note for note in notes] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "model = dict(rpn_head=dict(anchor_generator=dict(scales=[0], ratios=[1])))",
        "model = dict(rpn_head=dict(anchor_generator=dict(scales=[1e300], ratios=[1e300])))",
        "model = dict(rpn_head=dict(anchor_generator=dict(scales=['a'], ratios=None, strides=3)))",
        "model = dict(rpn_head=[1], roi_head=4, test_cfg=dict(rpn=[], rcnn='x'))",
        "model = 5\ntest_pipeline = [3, None, dict(type='Resize', scale='big'), dict(type='Resize', scale=(1,))]",
        "img_norm_cfg = dict(mean=[1, 2], std=1, to_rgb=3)",
    ],
)
def test_values_of_another_kind_are_left_out(text: str) -> None:
    assert options_of_config(text, []) == (False, {})


def test_values_out_of_range_end_in_a_sentence(tmp_path: Path) -> None:
    for text in (
        "test_pipeline = [dict(type='Resize', scale=(10**9, 7))]\nmodel = dict(test_cfg=dict(rpn=dict(nms_pre=-3)))",
        "model = dict(rpn_head=dict(anchor_generator=dict(scales=[8, 9], ratios=[1.0], strides=[4, 8, 16, 32, 64])))",
        "test_pipeline = [dict(type='Resize', scale=(100000, 7))]",
    ):
        with pytest.raises(MasksegError, match="describes a network that maskseg cannot build"):
            read(tmp_path, network(), {"meta": {"cfg": text}})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: without(a, "roi_head.mask_head."), "a Faster R-CNN of mmdetection"),
        (lambda a: renamed(a, ("bbox_head.", "bbox_head.0.")), "a Cascade R-CNN"),
        (lambda a: a | {"roi_head.semantic_head.convs.0.conv.weight": zeros(2)}, "a Hybrid Task Cascade"),
        (lambda a: a | {"roi_head.mask_iou_head.fcs.0.weight": zeros(2)}, "a Mask Scoring R-CNN"),
        (lambda a: a | {"neck.fpn_convs.4.conv.weight": zeros(2)}, "another pyramid"),
        (lambda a: a | {"roi_head.mask_head.convs.0.gn.weight": zeros(2)}, "group normalisation"),
        (lambda a: a | {"backbone.layer2.0.conv2.conv_offset.weight": zeros(2)}, "deformable"),
        (lambda a: {"bbox_head.retina_cls.weight": zeros(2), "backbone.conv1.weight": zeros(2)}, "RetinaNet"),
    ],
)
def test_other_networks_are_named(tmp_path: Path, change: object, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        read(tmp_path, change(network()))  # type: ignore[operator]
