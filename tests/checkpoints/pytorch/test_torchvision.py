"""torchvision's state dicts, of all versions, become the arrays of our network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.checkpoints.pytorch.families.layers import array_names
from maskseg_cli.coco_classes import COCO_91_CLASSES
from maskseg_cli.config.torch_presets import TORCHVISION, TORCHVISION_V2
from maskseg_cli.errors import MasksegError
from tests.checkpoints.pytorch.states import Arrays, published, read, renamed, with_deep_stage, without, zeros

OLD_NAMES = (
    *(
        (f".{blocks}_blocks.{level}.0.", f".{blocks}_blocks.{level}.")
        for blocks in ("inner", "layer")
        for level in range(4)
    ),
    ("rpn.head.conv.0.0.", "rpn.head.conv."),
    *((f"mask_head.{index}.0.", f"mask_head.mask_fcn{index + 1}.") for index in range(4)),
)


def with_classes(arrays: Arrays, classes: int) -> Arrays:
    predictor = "roi_heads.box_predictor."
    return arrays | {
        f"{predictor}cls_score.weight": zeros(classes, 1024),
        f"{predictor}cls_score.bias": zeros(classes),
        f"{predictor}bbox_pred.weight": zeros(4 * classes, 1024),
        f"{predictor}bbox_pred.bias": zeros(4 * classes),
        "roi_heads.mask_predictor.mask_fcn_logits.weight": zeros(classes, 256, 1, 1),
        "roi_heads.mask_predictor.mask_fcn_logits.bias": zeros(classes),
    }


def with_anchors(arrays: Arrays, anchors: int) -> Arrays:
    return arrays | {
        "rpn.head.cls_logits.weight": zeros(anchors, 256, 1, 1),
        "rpn.head.cls_logits.bias": zeros(anchors),
        "rpn.head.bbox_pred.weight": zeros(4 * anchors, 256, 1, 1),
        "rpn.head.bbox_pred.bias": zeros(4 * anchors),
    }


def test_the_published_networks(tmp_path: Path) -> None:
    first, second = read(tmp_path, published("torchvision-v1")), read(tmp_path, published("torchvision-v2"))
    assert first.config == TORCHVISION.replace(num_classes=91)
    assert second.config == TORCHVISION_V2.replace(num_classes=91)
    assert (first.kind, first.notes, second.notes) == ("torchvision", (), ())
    assert first.class_names == second.class_names == COCO_91_CLASSES
    for checkpoint in (first, second):
        assert sorted(checkpoint.arrays) == sorted(array_names(checkpoint.config))
        assert checkpoint.arrays["mrcnn_class_conv1/kernel"].shape == (7, 7, 256, 1024)
        assert checkpoint.arrays["mrcnn_bbox_fc/kernel"].shape == (1024, 4 * 91)


def test_shapes_are_those_of_the_network(tmp_path: Path) -> None:
    from maskseg_cli.checkpoints.assign import expected_shapes

    checkpoint = read(tmp_path, published("torchvision-v2"))  # the one with all kinds of layers
    assert {name: array.shape for name, array in checkpoint.arrays.items()} == expected_shapes(checkpoint.config)


def test_old_names(tmp_path: Path) -> None:
    old = renamed(published("torchvision-v1"), *OLD_NAMES)
    assert "backbone.fpn.inner_blocks.0.weight" in old
    assert "roi_heads.mask_head.mask_fcn4.bias" in old
    old["rpn.head.conv.bias"] = np.arange(256, dtype=np.float32)
    checkpoint = read(tmp_path, old)
    assert sorted(checkpoint.arrays) == sorted(read(tmp_path, published("torchvision-v1")).arrays)
    assert checkpoint.arrays["rpn_conv_shared/bias"][200] == 200


def test_own_classes_have_the_name_of_the_file(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, with_classes(published("torchvision-v1"), 3))
    assert (checkpoint.config.num_classes, checkpoint.config.name, checkpoint.class_names) == (3, "mine", None)
    assert len(checkpoint.notes) == 1
    assert "norm_epsilon=1e-5" in checkpoint.notes[0]


def test_batch_normalisation_that_was_trained_keeps_its_epsilon(tmp_path: Path) -> None:
    arrays = published("torchvision-v1")
    counters = {
        name.replace("running_var", "num_batches_tracked"): zeros(dtype="int64")
        for name in arrays
        if name.endswith("running_var")
    }
    checkpoint = read(tmp_path, with_classes(arrays | counters, 3))
    assert checkpoint.config == TORCHVISION.replace(num_classes=3, norm_epsilon=1e-5, name="mine")
    assert checkpoint.notes == ()


def test_resnet101_and_other_sizes(tmp_path: Path) -> None:
    arrays = with_deep_stage(published("torchvision-v1"), "backbone.body.layer3.")
    arrays |= {
        "roi_heads.box_head.fc6.weight": zeros(512, 256 * 25),
        "roi_heads.box_head.fc6.bias": zeros(512),
    }
    config = read(tmp_path, arrays).config
    assert (config.backbone, config.pool_size, config.fpn_classif_fc_layers_size) == ("resnet101", 5, 512)


@pytest.mark.parametrize(
    ("anchors", "ratios"), [(1, (1,)), (2, (2**0.5, 0.5**0.5)), (5, (4, 2, 1, 0.5, 0.25))], ids=str
)
def test_the_number_of_anchors_is_seen_and_their_ratios_are_said_to_be_a_guess(
    tmp_path: Path, anchors: int, ratios: tuple[float, ...]
) -> None:
    checkpoint = read(tmp_path, with_anchors(published("torchvision-v1"), anchors))
    assert checkpoint.config.rpn_anchor_ratios == pytest.approx(ratios, rel=1e-5)
    assert len(checkpoint.notes) == 1
    assert f"{anchors} anchors" in checkpoint.notes[0]
    assert "rpn_anchor_ratios" in checkpoint.notes[0]


def test_fifteen_anchors_are_five_scales_by_three_ratios(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, with_anchors(published("torchvision-v1"), 15))
    sizes = checkpoint.config.rpn_anchor_sizes
    assert len(sizes) == 15
    assert sizes[0] == pytest.approx((22.6274, 45.2548))  # width / height 2
    assert sizes[1] == pytest.approx((45.2548, 90.5097))
    assert sizes[5] == (32, 32)
    assert "rpn_anchor_sizes" in checkpoint.notes[0]


V1 = "backbone.body."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: without(a, "roi_heads.mask_"), "a Faster R-CNN of torchvision: it has no mask head"),
        (lambda a: without(a, f"{V1}layer3.5."), "5 blocks in the third stage"),
        (lambda a: without(a, f"{V1}layer3.5.conv1."), "1 array missing .*layer3.5.conv1.weight"),
        (lambda a: without(a, f"{V1}layer2.1.bn2."), "4 arrays missing.*layer2.1.bn2.weight"),
        (lambda a: a | {"roi_heads.extra.weight": zeros(3)}, r"1 array left over \(roi_heads.extra.weight\)"),
        (lambda a: without(a, "rpn.head.bbox_pred.weight"), "rpn.head.bbox_pred.weight is missing"),
        (lambda a: a | {"rpn.head.bbox_pred.weight": zeros(11, 256, 1, 1)}, "3 and 11 outputs"),
        (lambda a: a | {"rpn.head.bbox_pred.weight": zeros(11)}, "rpn.head.bbox_pred.weight has the shape 11"),
        (lambda a: a | {f"{V1}bn1.bias": zeros(64, dtype="int64")}, "bn1.bias in it holds int64"),
        (lambda a: a | {"roi_heads.box_head.fc6.weight": zeros(1024, 12545)}, "12545 inputs"),
        (lambda a: a | {f"{V1}layer1.0.conv2.weight": zeros(128, 4, 3, 3)}, "a ResNeXt"),
        (lambda a: a | {f"{V1}layer1.0.conv2.weight": zeros(128, 128, 3, 3)}, "a Wide ResNet"),
        (lambda a: {n: x for n, x in a.items() if ".conv3." not in n}, "ResNet-18"),
        (lambda a: renamed(a, (".inner_blocks.", ".fpn_inner")), "left over"),
        (lambda a: a | {"roi_heads.keypoint_head.0.weight": zeros(3)}, "a Keypoint R-CNN"),
    ],
)
def test_what_is_no_whole_mask_r_cnn_is_named(tmp_path: Path, change: object, sentence: str) -> None:
    arrays = change(published("torchvision-v1"))  # type: ignore[operator]
    with pytest.raises(MasksegError, match=sentence) as caught:
        read(tmp_path, arrays)
    assert str(caught.value).startswith(str(tmp_path / "mine.pth"))
    assert "\n" not in str(caught.value)
