"""detectron2's state dicts become the arrays of our network, and what their buffers say becomes options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.checkpoints.pytorch.families.layers import array_names
from maskseg_cli.coco_classes import COCO_CLASSES
from maskseg_cli.config.torch_presets import DETECTRON2
from maskseg_cli.errors import MasksegError
from tests.checkpoints.pytorch.states import Arrays, published, read, renamed, with_deep_stage, without, zeros

R50 = "detectron2-r50"
ANCHORS = "proposal_generator.anchor_generator.cell_anchors."


def cell_anchors(*levels: tuple[tuple[float, ...], tuple[float, ...]]) -> Arrays:
    """The buffers for sizes and ratios (height / width), as detectron2 computes them."""
    found: Arrays = {}
    for level, (sizes, ratios) in enumerate(levels):
        boxes = []
        for size in sizes:
            for ratio in ratios:
                width = (size**2 / ratio) ** 0.5
                boxes.append([-width / 2, -ratio * width / 2, width / 2, ratio * width / 2])
        found[f"{ANCHORS}{level}"] = np.array(boxes, np.float32)
    return found


def pixels(mean: list[float], std: list[float]) -> Arrays:
    return {name: np.reshape(np.float32(v), (3, 1, 1)) for name, v in (("pixel_mean", mean), ("pixel_std", std))}


def test_the_published_networks(tmp_path: Path) -> None:
    for arrays, backbone in (
        (published(R50), "resnet50"),
        (with_deep_stage(published(R50), "backbone.bottom_up.res4."), "resnet101"),
    ):
        checkpoint = read(tmp_path, arrays)
        assert checkpoint.config == DETECTRON2.replace(backbone=backbone)
        assert (checkpoint.kind, checkpoint.class_names, checkpoint.notes) == ("detectron2", COCO_CLASSES, ())
        assert sorted(checkpoint.arrays) == sorted(array_names(checkpoint.config))
        assert checkpoint.arrays["mrcnn_bbox_fc/kernel"].shape == (1024, 4 * 81)
        assert checkpoint.arrays["mrcnn_mask/kernel"].shape == (1, 1, 256, 81)


def test_buffers_are_no_weights(tmp_path: Path) -> None:
    arrays = published(R50) | pixels([103.53, 116.28, 123.675], [1, 1, 1])
    arrays |= cell_anchors(*(((size,), (0.5, 1, 2)) for size in (32, 64, 128, 256, 512)))
    checkpoint = read(tmp_path, arrays)
    assert checkpoint.config == DETECTRON2
    assert checkpoint.notes == ()


def test_the_other_head_of_a_panoptic_network_is_said_to_be_unused(tmp_path: Path) -> None:
    checkpoint = read(tmp_path, published(R50) | {"sem_seg_head.predictor.weight": zeros(54, 128, 1, 1)})
    assert checkpoint.config == DETECTRON2
    assert len(checkpoint.notes) == 1
    assert "semantic segmentation" in checkpoint.notes[0]


def test_anchors_of_the_file(tmp_path: Path) -> None:
    def options(*levels: Any) -> dict[str, Any]:
        buffers = cell_anchors(*levels)
        count = len(buffers[f"{ANCHORS}0"])
        head = "proposal_generator.rpn_head."
        shapes = {
            f"{head}objectness_logits.weight": zeros(count, 256, 1, 1),
            f"{head}objectness_logits.bias": zeros(count),
            f"{head}anchor_deltas.weight": zeros(4 * count, 256, 1, 1),
            f"{head}anchor_deltas.bias": zeros(4 * count),
        }
        checkpoint = read(tmp_path, published(R50) | shapes | buffers)
        assert checkpoint.notes == ()
        return checkpoint.config.to_dict()

    own = options(*(((size,), (1 / 3, 1, 3, 5)) for size in (8, 16, 32, 64, 100)))
    assert own["rpn_anchor_scales"] == (8, 16, 32, 64, 100)
    assert own["rpn_anchor_ratios"] == (3, 1, 1 / 3, 0.2)
    same = options(*[((32, 64), (1, 4))] * 5)
    assert same["rpn_anchor_sizes"] == ((32, 32), (64, 16), (64, 64), (128, 32))
    with pytest.raises(MasksegError, match="several scales on each level"):
        options(*(((size, 1.3 * size), (1,)) for size in (32, 64, 128, 256, 512)))
    with pytest.raises(MasksegError, match="anchors for 3 maps"):
        options(*(((size,), (1,)) for size in (32, 64, 128)))


@pytest.mark.parametrize(
    ("boxes", "sentence"),
    [
        (zeros(3, 5), r"not of the shape \(anchors, 4\)"),
        (np.array([[0, 0, 0, 0]] * 3), "without an area"),
        (np.array([[0, 0, 32, 32]] * 3), "about the corner"),
        (np.array([[-16, -16, 16, 16]]), "3 anchors in each cell, and 1 are described"),
    ],
)
def test_anchors_that_cannot_be_had_are_named(tmp_path: Path, boxes: NDArray[Any], sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        read(tmp_path, published(R50) | {f"{ANCHORS}{level}": boxes for level in range(5)})


def test_pixel_statistics_are_in_the_order_of_the_input(tmp_path: Path) -> None:
    config = read(tmp_path, published(R50) | pixels([10, 20, 30], [1, 2, 3])).config
    assert (config.channel_order, config.mean_pixel, config.std_pixel) == ("BGR", (30, 20, 10), (3, 2, 1))
    checkpoint = read(tmp_path, published(R50) | pixels([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]))
    config = checkpoint.config
    assert (config.channel_order, config.mean_pixel) == ("RGB", (123.675, 116.28, 103.53))
    assert (config.std_pixel, config.stride_in_1x1) == ((58.395, 57.12, 57.375), False)
    assert [("channel_order" in note, "stride_in_1x1" in note) for note in checkpoint.notes] == [
        (True, False),
        (False, True),
    ]


def test_values_of_own_classes(tmp_path: Path) -> None:
    predictor, mask = "roi_heads.box_predictor.", "roi_heads.mask_head.predictor."
    arrays = published(R50) | {
        f"{predictor}cls_score.weight": np.repeat(np.float32([[1], [2], [9]]), 1024, axis=1),
        f"{predictor}cls_score.bias": np.float32([1, 2, 9]),
        f"{predictor}bbox_pred.weight": zeros(4, 1024),  # boxes that do not depend on the class
        f"{predictor}bbox_pred.bias": np.arange(4, dtype=np.float32),
        f"{mask}weight": zeros(2, 256, 1, 1),
        f"{mask}bias": np.float32([5, 6]),
    }
    checkpoint = read(tmp_path, arrays)
    assert (checkpoint.config.num_classes, checkpoint.class_names, len(checkpoint.notes)) == (3, None, 1)
    assert "config.yaml" in checkpoint.notes[0]
    assert checkpoint.arrays["mrcnn_class_logits/kernel"][5].tolist() == [9, 1, 2]
    assert checkpoint.arrays["mrcnn_bbox_fc/bias"].tolist() == [1, 0, 3, 2] * 3
    assert checkpoint.arrays["mrcnn_bbox_fc/kernel"].shape == (1024, 12)
    assert checkpoint.arrays["mrcnn_mask/bias"].tolist() == [0, 5, 6]


def test_normalised_heads_and_pyramid(tmp_path: Path) -> None:
    def norms(*modules: str, width: int = 256) -> Arrays:
        ends = ("weight", "bias", "running_mean", "running_var")
        return {f"{module}.norm.{end}": zeros(width) for module in modules for end in ends}

    masks = [f"roi_heads.mask_head.mask_fcn{number}" for number in (1, 2, 3, 4)]
    pyramid = [f"backbone.fpn_{kind}{level}" for kind in ("lateral", "output") for level in (2, 3, 4, 5)]
    arrays = without(published(R50), *(f"{module}.bias" for module in (*masks, *pyramid)))
    arrays |= norms(*masks, *pyramid)
    arrays |= {"roi_heads.box_head.conv1.weight": zeros(256, 256, 3, 3)} | norms("roi_heads.box_head.conv1")
    arrays["proposal_generator.rpn_head.conv.conv1.weight"] = zeros(256, 256, 3, 3)
    arrays["proposal_generator.rpn_head.conv.conv1.bias"] = zeros(256)
    arrays = renamed(arrays, ("rpn_head.conv.weight", "rpn_head.conv.conv0.weight"))
    arrays = renamed(arrays, ("rpn_head.conv.bias", "rpn_head.conv.conv0.bias"))
    config = read(tmp_path, arrays).config
    assert (config.head_norm, config.fpn_norm, config.box_head_convs, config.rpn_convs) == ("convolutions", True, 1, 2)
    with pytest.raises(MasksegError, match="group normalisation"):
        read(tmp_path, {name: array for name, array in arrays.items() if not name.endswith(("ing_mean", "ing_var"))})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda a: without(a, "roi_heads.mask_head."), "a Faster R-CNN of detectron2"),
        (lambda a: renamed(a, ("box_head.", "box_head.0.")), "a Cascade R-CNN"),
        (lambda a: renamed(a, ("backbone.bottom_up.", "backbone.")), "without a pyramid"),
        (lambda a: a | {"roi_heads.mask_head.point_head.fc1.weight": zeros(2, 2)}, "a PointRend"),
        (lambda a: a | {"roi_heads.keypoint_head.conv_fcn1.weight": zeros(2, 2)}, "a Keypoint R-CNN"),
        (lambda a: a | {"backbone.bottom_up.res5.0.conv2_offset.weight": zeros(18, 4, 3, 3)}, "deformable"),
        (lambda a: a | {"backbone.bottom_up.res2.0.conv2.weight": zeros(256, 8, 3, 3)}, "a ResNeXt"),
        (
            lambda a: without(a, "proposal_generator.", "roi_heads.") | {"head.cls_subnet.0.weight": zeros(2)},
            "one stage .RetinaNet",
        ),
    ],
)
def test_other_networks_are_named(tmp_path: Path, change: object, sentence: str) -> None:
    with pytest.raises(MasksegError, match=sentence):
        read(tmp_path, change(published(R50)))  # type: ignore[operator]


def test_the_config_beside_the_file_is_read(tmp_path: Path) -> None:
    arrays = published(R50) | pixels([10, 20, 30], [1, 1, 1])
    (tmp_path / "config.yaml").write_text(
        "MODEL: {PIXEL_MEAN: [1, 2, 3], ROI_HEADS: {SCORE_THRESH_TEST: 0.7}, RESNETS: {STRIDE_IN_1X1: false}}\n"
        "INPUT: {FORMAT: RGB, MIN_SIZE_TEST: 640}\n"
    )
    checkpoint = read(tmp_path, arrays)
    assert checkpoint.config == DETECTRON2.replace(
        channel_order="RGB", mean_pixel=(1, 2, 3), stride_in_1x1=False, image_min_dim=640
    )
    assert checkpoint.provenance["options_from"] == "config.yaml"
    assert len(checkpoint.notes) == 1
    assert "SCORE_THRESH_TEST 0.7" in checkpoint.notes[0]

    (tmp_path / "mine.yaml").write_text("_BASE_: ../Base.yaml\nMODEL: {RESNETS: {DEPTH: 50}}\n")  # nearer to mine.pth
    checkpoint = read(tmp_path, arrays)
    assert checkpoint.config == DETECTRON2.replace(mean_pixel=(30, 20, 10))
    assert "Base.yaml" in checkpoint.notes[0]

    (tmp_path / "mine.yaml").write_text("MODEL: {RESNETS: {NUM_GROUPS: 32}}\n")
    with pytest.raises(MasksegError, match=r"In .*mine.yaml: MODEL.RESNETS.NUM_GROUPS is 32"):
        read(tmp_path, arrays)


@pytest.mark.parametrize("text", ["version: 3\n", "services: {web: 1}\n", "a: [1", "\0\xff"])
def test_other_files_beside_it_do_not_count(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_bytes(text.encode("latin-1"))
    (tmp_path / "mine.yaml").mkdir()
    assert read(tmp_path, published(R50)).config == DETECTRON2


def test_anchors_that_the_config_and_the_shapes_contradict(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("MODEL: {ANCHOR_GENERATOR: {ASPECT_RATIOS: [[0.5, 1]]}}\n")
    with pytest.raises(MasksegError, match="3 anchors in each cell, and 2 are described"):
        read(tmp_path, published(R50))
