"""The small backbone: its sizes, its blocks and its padding."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from maskseg_cli.model.mobile import TRUNK_BLOCKS, build_mobile_trunk, inverted_residual
from tests.model import naive


@pytest.fixture(scope="module")
def trunk() -> keras.Model:
    return build_mobile_trunk()


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 33), (64, 95), (97, 31)])
def test_the_map_has_a_cell_for_every_16_pixels_begun(trunk: keras.Model, size: tuple[int, int]) -> None:
    height, width = size
    shape = trunk(np.zeros((1, height, width, 3), np.float32)).shape
    assert tuple(shape) == (1, -(-height // 16), -(-width // 16), 128)


@pytest.mark.parametrize("size", [(8, 10), (9, 7)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_block_is_expand_depthwise_project(size: tuple[int, int], stride: int) -> None:
    """With one zero on each side: TensorFlow's "same" would put both on the far side for even sizes."""
    keras.utils.set_random_seed(3)
    x = keras.Input((*size, 4))
    block = keras.Model(x, inverted_residual(x, "b", 5, stride, expansion=2))
    rng = np.random.default_rng(0)
    for layer in block.layers:
        layer.set_weights([rng.normal(size=array.shape) for array in layer.get_weights()])
    image = rng.normal(size=(1, *size, 4)).astype(np.float32)
    wanted = np.maximum(naive.conv(image[0], *block.get_layer("b.expand").get_weights()), 0)
    wanted = naive.depthwise(wanted, *block.get_layer("b.depthwise").get_weights(), stride=stride, pad=1)
    wanted = naive.conv(wanted, *block.get_layer("b.project").get_weights())
    found = block(image).numpy()[0]
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-3)


def test_the_stem_pads_explicitly(trunk: keras.Model) -> None:
    layer = trunk.get_layer("trunk.stem")
    for size in ((12, 14), (13, 15)):
        image = np.random.default_rng(0).normal(size=(1, *size, 3)).astype(np.float32)
        found = keras.Model(trunk.input, layer.output)(image).numpy()[0]
        wanted = np.maximum(naive.conv(image[0], *layer.get_weights(), stride=2, pad=1), 0)
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_a_block_adds_its_input_where_the_shapes_agree() -> None:
    x = keras.Input((4, 4, 8))
    added = {
        "same": inverted_residual(x, "same", 8),
        "wider": inverted_residual(x, "wider", 9),
        "strided": inverted_residual(x, "strided", 8, stride=2),
    }
    layers = {name: [layer.name for layer in keras.Model(x, y).layers] for name, y in added.items()}
    assert [name for name, names in layers.items() if f"{name}.add" in names] == ["same"]


def test_blocks_of_the_trunk_that_add_their_input(trunk: keras.Model) -> None:
    names = {layer.name for layer in trunk.layers}
    adding = {block for block, *_ in TRUNK_BLOCKS if f"trunk.{block}.add" in names}
    assert adding == {"block1_1", "block2_1", "block2_2", "block3_1", "block3_2", "block3_3", "block3_5", "block3_6"}
