"""`MaskRCNNConfig`: its defaults, its checks, its copies."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskseg_cli.config import COCO, LITE, LOSSES, MASK_RCNN2GO, PRESETS, MaskRCNNConfig
from maskseg_cli.errors import UsageError


def test_presets() -> None:
    assert PRESETS == {"lite": LITE, "coco": COCO}
    assert COCO.image_shape == (1024, 1024, 3)
    assert LITE.image_shape == (None, None, 3)
    assert (COCO.batch_size, COCO.image_meta_size) == (1, 93)
    assert len(LITE.rpn_anchor_sizes) == 15


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_dicts_read_back(preset: MaskRCNNConfig) -> None:
    assert MaskRCNNConfig(**preset.to_dict()) == preset
    assert MaskRCNNConfig(**json.loads(json.dumps(preset.to_dict()))) == preset


def test_replace_leaves_the_original() -> None:
    changed = COCO.replace(detection_min_confidence=0.5, num_classes=3)
    assert (changed.detection_min_confidence, COCO.detection_min_confidence) == (0.5, 0.7)
    assert changed.image_meta_size == 15
    with pytest.raises(dataclasses.FrozenInstanceError):
        COCO.num_classes = 3  # type: ignore[misc]
    assert changed.loss_weights is not COCO.loss_weights


def test_values_take_the_type_of_their_option() -> None:
    config = MaskRCNNConfig(
        backbone_strides=[4, 8.0, np.int64(16)],  # type: ignore[arg-type]
        mean_pixel=np.array([1.5, 2, 3]),  # type: ignore[arg-type]
        rpn_anchor_sizes=[[1, 2.5]],  # type: ignore[arg-type]
        image_min_dim=np.int32(640),  # type: ignore[arg-type]
        train_bn=np.bool_(True),  # type: ignore[arg-type]
        bbox_delta_limit=2,
    )
    assert config.backbone_strides == (4, 8, 16)
    assert all(type(stride) is int for stride in config.backbone_strides)
    assert config.mean_pixel == (1.5, 2, 3)
    assert config.rpn_anchor_sizes == ((1, 2.5),)
    assert type(config.image_min_dim) is int
    assert config.train_bn is True
    assert json.loads(json.dumps(config.to_dict()))["image_min_dim"] == 640


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("image_min_dim", "800", "image_min_dim is a whole number, not '800'."),
        ("image_min_dim", 800.5, "image_min_dim is a whole number, not 800.5."),
        ("image_min_dim", True, "image_min_dim is a whole number, not True."),
        ("detection_min_confidence", None, "detection_min_confidence is a number, not None."),
        ("detection_min_confidence", float("nan"), "detection_min_confidence is a number, not nan."),
        ("train_bn", 1, "train_bn is yes or no, not 1."),
        ("backbone", 50, "backbone is a text, not 50."),
        ("mean_pixel", [1, 2], "mean_pixel is a list of 3 numbers, not [1, 2]."),
        ("mean_pixel", 0, "mean_pixel is a list of 3 numbers, not 0."),
        ("mask_shape", [28, 28.5], "mask_shape is a list of 2 whole numbers, not [28, 28.5]."),
        ("rpn_anchor_scales", "32", "rpn_anchor_scales is a list of numbers, not '32'."),
        ("rpn_anchor_sizes", [[1]], "rpn_anchor_sizes is a list of lists of 2 numbers, not [[1]]."),
        ("bbox_delta_limit", "no", "bbox_delta_limit is a number or none, not 'no'."),
        ("loss_weights", [1], "loss_weights is a table of names and numbers, not [1]."),
        (
            "loss_weights",
            {"mrcnn_mask_los": 1},
            "loss_weights has no 'mrcnn_mask_los' (did you mean mrcnn_mask",
        ),
        ("compute_backbone_shape", 3, "compute_backbone_shape is none, not 3."),
        ("backbone", "vgg", "backbone is one of resnet50, resnet101, mobile, not 'vgg'."),
        ("image_resize_mode", "crop", "image_resize_mode is one of square, pad64, none, fit, shortest, not 'crop'."),
        (
            "image_max_dim",
            1000,
            "image_max_dim must be a multiple of 64 in the resize mode square, not 1000.",
        ),
        ("detection_min_confidence", 1.5, "detection_min_confidence lies between 0 and 1, not 1.5."),
        ("rpn_nms_threshold", -0.1, "rpn_nms_threshold lies between 0 and 1, not -0.1."),
        ("num_classes", 0, "num_classes must be at least 1, not 0."),
        ("pool_size", -7, "pool_size must be at least 1, not -7."),
        ("bbox_std_dev", [0.1, 0, 0.1, 0.1], "bbox_std_dev holds numbers above 0 only"),
        ("rpn_anchor_sizes", [[1, -2]], "rpn_anchor_sizes holds numbers above 0 only"),
        ("image_mindim", 5, "There is no option 'image_mindim' (did you mean image_min_dim"),
        ("IMAGE_MIN_DIM", 5, "There is no option 'IMAGE_MIN_DIM' (did you mean image_min_dim"),
    ],
)
def test_wrong_values_get_a_sentence(option: str, value: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match="^" + re.escape(sentence)):
        COCO.replace(**{option: value})


def test_pad64_wants_multiples_of_64() -> None:
    with pytest.raises(UsageError, match="image_min_dim must be a multiple of 64 in the resize mode pad64"):
        COCO.replace(image_resize_mode="pad64")
    assert COCO.replace(image_resize_mode="pad64", image_min_dim=832).image_shape == (None, None, 3)


def test_display_prints(capsys: pytest.CaptureFixture[str]) -> None:
    COCO.display()
    assert capsys.readouterr().out.startswith("Configurations:\nBACKBONE                       resnet101\n")


def test_the_preset_is_what_its_weights_were_made_for(shared: Path) -> None:
    """Anchors that do not fit the weights would find objects, but fewer and at the wrong size."""
    from maskseg_cli.checkpoints import read_checkpoint

    assert read_checkpoint(shared / "weights/lite-init.npz").config == MASK_RCNN2GO


def test_losses_that_are_not_named_count_once() -> None:
    weights = MaskRCNNConfig(loss_weights={"rpn_bbox_loss": 2}).loss_weights
    assert weights == {**MaskRCNNConfig().loss_weights, "rpn_bbox_loss": 2.0}
    assert list(weights) == list(LOSSES)
