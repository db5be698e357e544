"""detectron2's config.yaml gives options; what maskseg does not compute ends in a sentence that names the key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maskseg_cli.config.cell_anchors import anchor_options
from maskseg_cli.config.detectron2_config import options_of_detectron2
from maskseg_cli.config.overrides import read_config_file, read_others
from maskseg_cli.config.torch_presets import DETECTRON2
from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.inference.model_options import EVERYDAY

#: What detectron2's trainer writes for mask_rcnn_R_50_FPN_3x, shortened to what is read and to what could disturb.
CONFIG = """
CUDNN_BENCHMARK: false
DATASETS:
  TRAIN: !!python/tuple
  - mine_train
INPUT:
  FORMAT: BGR
  MAX_SIZE_TEST: 1333
  MIN_SIZE_TEST: 800
MODEL:
  ANCHOR_GENERATOR:
    ANGLES:
    - - -90
      - 0
      - 90
    ASPECT_RATIOS:
    - - 0.5
      - 1.0
      - 2.0
    NAME: DefaultAnchorGenerator
    OFFSET: 0.0
    SIZES:
    - - 32
    - - 64
    - - 128
    - - 256
    - - 512
  BACKBONE:
    FREEZE_AT: 2
    NAME: build_resnet_fpn_backbone
  FPN:
    FUSE_TYPE: sum
    IN_FEATURES: [res2, res3, res4, res5]
  MASK_ON: true
  META_ARCHITECTURE: GeneralizedRCNN
  PIXEL_MEAN: [103.53, 116.28, 123.675]
  PIXEL_STD: [1.0, 1.0, 1.0]
  PROPOSAL_GENERATOR:
    MIN_SIZE: 0
    NAME: RPN
  RESNETS:
    DEFORM_ON_PER_STAGE: [false, false, false, false]
    DEPTH: 50
    NUM_GROUPS: 1
    STRIDE_IN_1X1: true
  ROI_BOX_HEAD:
    BBOX_REG_WEIGHTS: [10.0, 10.0, 5.0, 5.0]
    POOLER_RESOLUTION: 7
    POOLER_SAMPLING_RATIO: 0
    POOLER_TYPE: ROIAlignV2
  ROI_HEADS:
    NAME: StandardROIHeads
    NMS_THRESH_TEST: 0.5
    NUM_CLASSES: 3
    SCORE_THRESH_TEST: 0.7
  ROI_MASK_HEAD:
    NAME: MaskRCNNConvUpsampleHead
    POOLER_RESOLUTION: 14
    POOLER_SAMPLING_RATIO: 0
    POOLER_TYPE: ROIAlignV2
  RPN:
    BBOX_REG_WEIGHTS: [1.0, 1.0, 1.0, 1.0]
    IN_FEATURES: [p2, p3, p4, p5, p6]
    NMS_THRESH: 0.7
    POST_NMS_TOPK_TEST: 1000
    PRE_NMS_TOPK_TEST: 1000
TEST:
  DETECTIONS_PER_IMAGE: 100
VERSION: 2
"""


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value  # type: ignore[no-any-return]


def test_the_published_config_is_the_preset(tmp_path: Path) -> None:
    path = written(tmp_path, CONFIG)
    options = read_config_file(path)
    assert DETECTRON2.replace(**options) == DETECTRON2
    assert {"mean_pixel", "rpn_anchor_scales", "stride_in_1x1", "roi_aligned", "backbone"} <= set(options)
    assert read_others(path, EVERYDAY) == {}  # its MODEL is no --model


def test_other_values(tmp_path: Path) -> None:
    text = """
MODEL:
  PIXEL_STD: [57.375, 57.12, 58.395]
  RESNETS: {DEPTH: 101, STRIDE_IN_1X1: false}
  ANCHOR_GENERATOR: {SIZES: [[16], [32], [64], [128], [256]], ASPECT_RATIOS: [[0.2, 1, 4]]}
  PROPOSAL_GENERATOR: {MIN_SIZE: 3}
  RPN: {BBOX_REG_WEIGHTS: [1, 2, 4, 5], PRE_NMS_TOPK_TEST: 300, NMS_THRESH: 0.6}
  ROI_HEADS: {NMS_THRESH_TEST: 0.3}
  ROI_BOX_HEAD: {BBOX_REG_WEIGHTS: [10, 20, 5, 4], POOLER_TYPE: ROIAlign, POOLER_SAMPLING_RATIO: 2}
  ROI_MASK_HEAD: {POOLER_RESOLUTION: 7}
INPUT: {MIN_SIZE_TEST: 600, MAX_SIZE_TEST: 1000}
TEST: {DETECTIONS_PER_IMAGE: 20}
"""
    options = read_config_file(written(tmp_path, text, "mine.yml"))
    assert DETECTRON2.replace(**options) == DETECTRON2.replace(
        std_pixel=(58.395, 57.12, 57.375),
        backbone="resnet101",
        stride_in_1x1=False,
        rpn_anchor_scales=(16, 32, 64, 128, 256),
        rpn_anchor_ratios=(5, 1, 0.25),
        rpn_min_size=3,
        rpn_bbox_std_dev=(0.5, 1, 0.2, 0.25),
        pre_nms_limit=300,
        rpn_nms_threshold=0.6,
        detection_nms_threshold=0.3,
        bbox_std_dev=(0.05, 0.1, 0.25, 0.2),
        roi_aligned=False,
        roi_samples=2,
        mask_pool_size=7,
        mask_shape=(14, 14),
        image_min_dim=600,
        image_max_dim=1000,
        detection_max_instances=20,
    )


def test_pixels_have_the_order_of_the_format() -> None:
    document = {"MODEL": {"PIXEL_MEAN": [1, 2, 3]}, "INPUT": {"FORMAT": "RGB"}}
    assert options_of_detectron2(document) == {
        "channel_order": "RGB",
        "mean_pixel": (1, 2, 3),
        "std_pixel": (1, 1, 1),
    }
    assert options_of_detectron2({"MODEL": {"PIXEL_MEAN": [1, 2, 3]}})["mean_pixel"] == (3, 2, 1)


def test_anchors_of_one_list_are_on_every_level() -> None:
    anchors = nested("MODEL.ANCHOR_GENERATOR", {"SIZES": [[32, 64]], "ASPECT_RATIOS": [[1, 4]]})
    assert options_of_detectron2(anchors)["rpn_anchor_sizes"] == ((32, 32), (64, 16), (64, 64), (128, 32))


def test_anchors_that_no_options_describe() -> None:
    with pytest.raises(UsageError, match="several scales on each level"):
        anchor_options([[(8, 8), (9, 9)], [(16, 16), (18, 18)]])
    with pytest.raises(UsageError, match=r"between 0\.1 and 100000 pixels"):
        anchor_options([[(1e-9, 8)]])


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("MODEL.RESNETS.NUM_GROUPS", 32, "NUM_GROUPS is 32, and maskseg has 1 only"),
        ("MODEL.RESNETS.DEPTH", 152, "DEPTH is 152, and maskseg has 50 and 101 only"),
        ("MODEL.BACKBONE.NAME", "build_resnet_backbone", "build_resnet_fpn_backbone only"),
        ("MODEL.META_ARCHITECTURE", "RetinaNet", "META_ARCHITECTURE is RetinaNet"),
        ("MODEL.ROI_HEADS.NAME", "CascadeROIHeads", "StandardROIHeads only"),
        ("MODEL.RESNETS.DEFORM_ON_PER_STAGE", [False, True, True, True], "DEFORM_ON_PER_STAGE is"),
        ("MODEL.ANCHOR_GENERATOR.OFFSET", 0.5, "OFFSET is 0.5"),
        ("MODEL.ANCHOR_GENERATOR.SIZES", [[32], [64]], "one for each of 5 maps"),
        ("MODEL.ANCHOR_GENERATOR.SIZES", [["big"]], "positive numbers"),
        ("MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS", 3, "positive numbers"),
        ("MODEL.PIXEL_MEAN", [1, 2], "not a list of 3 numbers"),
        ("MODEL.PIXEL_STD", "x", "not a list of 3 numbers"),
        ("MODEL.RPN.BBOX_REG_WEIGHTS", [1, 1, 0, 1], "above 0"),
        ("MODEL.RPN.NMS_THRESH", {"a": 1}, "NMS_THRESH is a table, not a number"),
        ("INPUT.FORMAT", "YUV-BT.601", "BGR and RGB only"),
        ("INPUT.MIN_SIZE_TEST", 0, "MIN_SIZE_TEST is 0"),
    ],
)
def test_what_maskseg_does_not_compute_is_named(key: str, value: object, sentence: str) -> None:
    document = {"MODEL": {}} | nested(key, value)
    with pytest.raises(UsageError, match=sentence):
        options_of_detectron2(document)


def test_both_heads_pool_alike() -> None:
    document = {"MODEL": {"ROI_BOX_HEAD": {"POOLER_TYPE": "ROIAlignV2"}, "ROI_MASK_HEAD": {"POOLER_TYPE": "ROIAlign"}}}
    with pytest.raises(UsageError, match="POOLER_TYPE of ROI_BOX_HEAD and ROI_MASK_HEAD differ"):
        options_of_detectron2(document)


def test_yaml_with_options_of_the_network(tmp_path: Path) -> None:
    path = written(tmp_path, "detection_min_confidence: 0.6\nimage_resize_mode: none\nmax-detections: 3\n")
    assert read_config_file(path, EVERYDAY) == {"detection_min_confidence": 0.6, "image_resize_mode": "none"}
    assert read_others(path, EVERYDAY) == {"max_detections": 3}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: !!python/object/apply:os.system ['touch made']", "line 1: could not determine a constructor"),
        ("a: [1\nb: 2", "line 2"),
        ("- 1", "holds no table"),
        ("a: " + "[" * 3000, "brackets in brackets|line 1"),
        ("a: " + "9" * 6000, "a value in it cannot be read"),
        ("a: 2001-99-99", "a value in it cannot be read"),
        ("a: 1\n" * 70_000, "more than 262,144 characters"),
        ("\x1b: 1", "not a YAML file"),
    ],
    ids=range(8),
)
def test_yaml_that_cannot_be_read_ends_in_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence) as caught:
        read_config_file(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_aliases_that_unfold_without_an_end(tmp_path: Path) -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}]\n"
        for old, new in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
    )
    with pytest.raises(UsageError, match="There is no option 'a'"):
        read_config_file(written(tmp_path, text))
    text = text.replace("z: ", "image_min_dim: ").replace("a:", "name: 3\nq1:")
    with pytest.raises(UsageError):
        read_config_file(written(tmp_path, f"{text}\nMODEL: {{PIXEL_MEAN: *z, RPN: {{NMS_THRESH: *z}}}}"))
