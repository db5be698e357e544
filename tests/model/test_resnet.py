"""The ResNets: shapes, names, strides."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from maskseg_cli.config import COCO
from maskseg_cli.model.resnet import batch_norm, bottleneck, build_resnet
from tests.model import naive

RESNET50 = COCO.replace(backbone="resnet50")


@pytest.fixture(scope="module")
def resnet50() -> keras.Model:
    keras.utils.set_random_seed(1)
    return build_resnet(RESNET50)


def test_maps_have_their_strides_and_channels(resnet50: keras.Model) -> None:
    maps = resnet50(np.zeros((2, 64, 96, 3), np.float32))
    assert [tuple(one.shape) for one in maps] == [
        (2, 16, 24, 64),
        (2, 16, 24, 256),
        (2, 8, 12, 512),
        (2, 4, 6, 1024),
        (2, 2, 3, 2048),
    ]


def test_maps_of_odd_pictures_are_rounded_up(resnet50: keras.Model) -> None:
    maps = resnet50(np.zeros((1, 65, 33, 3), np.float32))
    assert [tuple(one.shape[1:3]) for one in maps] == [(17, 9), (17, 9), (9, 5), (5, 3), (3, 2)]


@pytest.mark.parametrize(("backbone", "depth", "last"), [("resnet50", 50, "f"), ("resnet101", 101, "w")])
def test_depth(backbone: str, depth: int, last: str) -> None:
    """Its name counts the fully connected layer, which is not here, and leaves out the four shortcuts."""
    layers = build_resnet(COCO.replace(backbone=backbone)).layers
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in layers) == depth - 1 + 4
    names = [layer.name for layer in layers]
    assert f"res4{last}_branch2c" in names
    assert f"res4{chr(ord(last) + 1)}_branch2c" not in names


def test_stride_2_sits_in_the_first_convolution_and_in_the_shortcut(resnet50: keras.Model) -> None:
    strided = {layer.name for layer in resnet50.layers if getattr(layer, "strides", None) == (2, 2)}
    names = {name for name in strided if name.startswith("res")}
    assert names == {f"res{stage}a_branch{part}" for stage in (3, 4, 5) for part in ("2a", "1")}


def test_the_stem_pads_explicitly(resnet50: keras.Model) -> None:
    image = np.random.default_rng(0).normal(size=(1, 12, 15, 3)).astype(np.float32)
    layer = resnet50.get_layer("conv1")
    found = keras.Model(resnet50.input, layer.output)(image).numpy()[0]
    np.testing.assert_allclose(found, naive.conv(image[0], *layer.get_weights(), stride=2, pad=3), atol=1e-4)


def test_a_block_adds_its_input_before_the_last_activation() -> None:
    """With a last convolution of zeros nothing but the input is left, its negative part cut."""
    x = keras.Input((4, 4, 8))
    block = keras.Model(x, bottleneck(x, 2, "9b", RESNET50))
    block.get_layer("res9b_branch2c").set_weights([np.zeros((1, 1, 2, 8)), np.zeros(8)])
    image = np.random.default_rng(0).normal(size=(1, 4, 4, 8)).astype(np.float32)
    np.testing.assert_allclose(block(image), np.maximum(image, 0), atol=1e-6)


def test_batch_normalisation_uses_its_stored_statistics(resnet50: keras.Model) -> None:
    layer = resnet50.get_layer("bn_conv1")
    assert layer.epsilon == 1e-3
    image = np.random.default_rng(1).normal(size=(1, 64, 64, 3)).astype(np.float32)
    before = [variable.numpy() for variable in layer.variables]
    resnet50(image, training=False)
    for variable, old in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_a_short_training_leaves_the_statistics_of_its_batches() -> None:
    features = np.random.default_rng(2).normal(0.3, 0.2, (8, 14, 14, 4)).astype(np.float32)
    layer = batch_norm("mrcnn_mask_bn1")
    for _ in range(100):
        trained = layer(features, training=True)
    # with Keras's own momentum variances would be ten times too large
    np.testing.assert_allclose(layer(features, training=False), trained, atol=0.01)
