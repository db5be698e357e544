"""Selection of the layers that are trained."""

from __future__ import annotations

import re

import pytest

from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import UsageError
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training.layer_selection import LAYER_GROUPS, layer_pattern, select_layers, trainable_variables

RESNET = COCO.replace(
    backbone="resnet50", num_classes=4, top_down_pyramid_size=8, fpn_classif_fc_layers_size=16, name="tiny"
)


@pytest.fixture(scope="module")
def resnet() -> MaskRCNN:
    return MaskRCNN(RESNET)


@pytest.fixture(scope="module")
def mobile() -> MaskRCNN:
    return MaskRCNN(LITE)


def trunk_of(layers: list[str]) -> set[str]:
    return {name for name in layers if name.startswith(("conv", "res", "trunk"))}


def test_heads_of_a_resnet(resnet: MaskRCNN) -> None:
    layers = select_layers(resnet, "heads")
    assert not trunk_of(layers)
    # as Matterport's "heads": FPN, RPN, box and mask heads; batch normalisation stays as it is
    assert {"fpn_c5p5", "fpn_p2", "rpn_conv_shared", "mrcnn_class_conv1", "mrcnn_bbox_fc", "mrcnn_mask"} <= set(layers)
    assert not [name for name in layers if "bn" in name]


@pytest.mark.parametrize(("word", "first"), [("3+", 3), ("4+", 4), ("5+", 5)])
def test_later_parts_of_a_resnet(resnet: MaskRCNN, word: str, first: int) -> None:
    layers = select_layers(resnet, word)
    blocks = {int(name[3]) for name in trunk_of(layers)}
    assert blocks == set(range(first, 6))
    assert set(select_layers(resnet, "heads")) == set(layers) - trunk_of(layers)


def test_all_of_a_resnet_but_its_batch_normalisation(resnet: MaskRCNN) -> None:
    layers = select_layers(resnet, "all")
    assert {"conv1", "res2a_branch2a", "res5c_branch2c", "mrcnn_mask"} <= set(layers)
    names = {name.split("/")[0] for name in resnet.named_variables()}
    frozen = names - set(layers)
    assert frozen
    assert all(re.match(r"bn|mrcnn_.*bn", name) for name in frozen), frozen
    assert not [variable.name for variable in trainable_variables(resnet) if variable.name in ("gamma", "beta")]


def test_batch_normalisation_learns_where_the_config_says_so() -> None:
    model = MaskRCNN(RESNET.replace(train_bn=True))
    assert {"bn_conv1", "mrcnn_mask_bn1"} <= set(select_layers(model, "all"))
    layers = set(select_layers(model, "heads"))
    assert "mrcnn_mask_bn1" in layers
    assert "bn_conv1" not in layers


@pytest.mark.parametrize(
    ("word", "blocks"),
    [
        ("heads", set()),
        ("3+", {"block2_0", "block2_1", "block2_2", *(f"block3_{i}" for i in range(7))}),
        ("4+", {f"block3_{i}" for i in range(7)}),
        ("5+", {"block3_4", "block3_5", "block3_6"}),
    ],
)
def test_parts_of_the_small_network(mobile: MaskRCNN, word: str, blocks: set[str]) -> None:
    layers = select_layers(mobile, word)
    assert {name.split(".")[1] for name in trunk_of(layers)} == blocks
    assert {"rpn.logits", "box.class_logits", "mask.logits"} <= set(layers)


def test_all_of_the_small_network(mobile: MaskRCNN) -> None:
    layers = select_layers(mobile, "all")
    assert set(layers) == {name.split("/")[0] for name in mobile.named_variables()}
    assert len(trainable_variables(mobile)) == len(mobile.named_variables())


def test_heads_of_a_small_network_with_a_mask_head_of_the_other_family() -> None:
    model = MaskRCNN(LITE.replace(mask_head="unet", mask_shape=(12, 12)))
    layers = select_layers(model, "heads")
    mask_layers = {name.split("/")[0] for name in model.named_variables() if re.match("mrcnn_mask(?!.*bn)", name)}
    assert mask_layers
    assert mask_layers <= set(layers)


def test_a_selection_replaces_the_one_before(mobile: MaskRCNN) -> None:
    select_layers(mobile, "all")
    assert select_layers(mobile, r"mask\..*") == [
        layer.name for layer in [*mobile.mask_head.layers, *mobile.mask_upsampling.layers] if layer.weights
    ]
    assert {variable.path.split("/")[0].split(".")[0] for variable in trainable_variables(mobile)} == {"mask"}


def test_a_regular_expression_matches_whole_names(mobile: MaskRCNN) -> None:
    assert select_layers(mobile, r"rpn\.logits|box\.deltas") == ["rpn.logits", "box.deltas"]
    with pytest.raises(UsageError, match="No layer of this network is called 'rpn'"):
        select_layers(mobile, "rpn")


def test_a_broken_regular_expression_is_explained() -> None:
    with pytest.raises(UsageError, match=r"heads, 3\+, 4\+, 5\+, all or a regular expression"):
        layer_pattern("(mask", "mobile")


def test_names_are_the_same_for_both_families() -> None:
    assert list(LAYER_GROUPS["resnet"]) == list(LAYER_GROUPS["mobile"]) == ["heads", "3+", "4+", "5+", "all"]
