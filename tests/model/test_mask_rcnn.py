"""The whole network: its variables' names, and that its stages fit together."""

from __future__ import annotations

import numpy as np
import pytest

from maskseg_cli.config import COCO, LITE
from maskseg_cli.errors import MasksegError
from maskseg_cli.inference.engine import Segmented
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.mask_rcnn import MaskRCNN
from tests.model.random_weights import fill
from tests.parity.make_matterport_weights import inventory
from tests.small_networks import SMALL_MATTERPORT, small_matterport

SMALL_LITE = LITE.replace(num_classes=4, post_nms_rois_inference=8, detection_min_confidence=0.01)


@pytest.mark.parametrize("backbone", ["resnet50", "resnet101"])
def test_variables_are_those_of_matterports_files(backbone: str) -> None:
    named = MaskRCNN(COCO.replace(backbone=backbone)).named_variables()
    wanted = {weight.name.removesuffix(":0"): weight.shape for _, layer in inventory(backbone, 81) for weight in layer}
    assert {name: tuple(variable.shape) for name, variable in named.items()} == wanted


def test_sizes_of_the_pyramid_and_the_head_reach_every_layer() -> None:
    named = MaskRCNN(SMALL_MATTERPORT).named_variables()
    layers = inventory("resnet50", num_classes=3, pyramid=8, fc=16)
    wanted = {weight.name.removesuffix(":0"): weight.shape for _, layer in layers for weight in layer}
    assert {name: tuple(variable.shape) for name, variable in named.items()} == wanted


def test_names_of_the_small_network() -> None:
    model = MaskRCNN(LITE)
    named = model.named_variables()
    assert len(named) == len(model.variables)
    assert {name.split(".")[0] for name in named} == {"trunk", "rpn", "box", "mask"}
    for name in ("trunk.block0_0.expand/kernel", "rpn.logits/bias", "mask.logits_upsample/kernel"):
        assert name in named
    assert named["trunk.block1_0.depthwise/kernel"].shape == (3, 3, 96, 1)


def small_lite() -> MaskRCNN:
    model = MaskRCNN(SMALL_LITE)
    for seed, stage in enumerate(model.stages):
        fill(stage, seed)
    return model


def run(model: MaskRCNN, images: np.ndarray) -> Segmented:
    config = model.config
    height, width = images.shape[1:3]
    far = (height - 1, width - 1) if config.box_frame == "pixels" else (1, 1)
    windows = np.tile(np.array([0, 0, *far], np.float32), (len(images), 1))
    return TensorFlowEngine(model).run(images, AnchorCache(config)(height, width), windows)


@pytest.fixture(scope="module", params=[small_matterport, small_lite])
def network(request: pytest.FixtureRequest) -> MaskRCNN:
    return request.param()


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 60, (count, 64, 64, 3)).astype(np.float32)


def test_answers_of_a_batch_say_which_image_they_belong_to(network: MaskRCNN) -> None:
    images = pictures(2)
    found = run(network, images)
    count = len(found.boxes)
    assert count > 2
    assert [part.shape[0] for part in found] == [count] * 5
    assert found.masks.shape[1:] == network.config.mask_shape
    index = found.image_index
    assert set(index) == {0, 1}
    assert (np.diff(index) >= 0).all()
    for image in range(2):
        # next to a twin rather than alone: one float32 step can decide about a row at the far edge of a map
        twins = run(network, images[[image, image]])
        rows, wanted = index == image, twins.image_index == image
        np.testing.assert_array_equal(found.class_ids[rows], twins.class_ids[wanted])
        np.testing.assert_allclose(found.boxes[rows], twins.boxes[wanted], atol=1e-3)
        np.testing.assert_allclose(found.scores[rows], twins.scores[wanted], atol=1e-4)
        inside = (found.boxes[rows][:, 2:] < 1).all(axis=1) | (network.config.box_frame == "pixels")
        masks, wanted_masks = found.masks[rows][inside], twins.masks[wanted][inside]
        np.testing.assert_allclose(masks, wanted_masks, atol=1e-3)


def test_masks_are_probabilities_and_scores_fall(network: MaskRCNN) -> None:
    found = run(network, pictures(1))
    masks, scores = found.masks, found.scores
    assert 0 <= masks.min() < masks.max() <= 1
    assert (np.diff(scores) <= 0).all()
    assert found.class_ids.min() >= 1


def test_a_picture_without_objects(network: MaskRCNN) -> None:
    """Also for heads whose convolutions refuse a batch of none."""
    config = network.config
    network.config = config.replace(detection_min_confidence=1)
    try:
        found = run(network, pictures(1))
    finally:
        network.config = config
    assert [tuple(part.shape) for part in found] == [(0, 4), (0,), (0,), (0, *config.mask_shape), (0,)]


def test_batch_normalisation_follows_train_bn(network: MaskRCNN) -> None:
    """Without it training and inference see the same features."""
    images = pictures(1)
    np.testing.assert_array_equal(network.features(images, training=True)[0], network.features(images)[0])


def test_train_bn_uses_the_statistics_of_the_batch() -> None:
    model = small_matterport(train_bn=True)
    images = pictures(1)
    assert np.abs(model.features(images, training=True)[0] - model.features(images)[0]).max() > 1e-3


def test_options_that_tensorflow_refuses() -> None:
    """Each alone is possible; together they describe no network."""
    with pytest.raises(MasksegError, match=r"TensorFlow cannot build the network .*filters"):
        MaskRCNN(COCO.replace(rpn_anchor_ratios=()))
    with pytest.raises(MasksegError, match="TensorFlow cannot build the network"):
        MaskRCNN(COCO.replace(backbone="mobile"))
