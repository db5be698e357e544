"""The feature pyramid, computed once more by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.config import COCO
from maskseg_cli.model.fpn import build_fpn
from tests.model import naive


@pytest.fixture(scope="module")
def fpn() -> keras.Model:
    keras.utils.set_random_seed(2)
    model = build_fpn([2, 3, 4, 5], COCO.replace(top_down_pyramid_size=6))
    for layer in model.layers:  # biases too
        layer.set_weights([np.random.default_rng(1).normal(size=array.shape) for array in layer.get_weights()])
    return model


def test_the_top_down_path_adds_sums_from_before_the_smoothing(fpn: keras.Model) -> None:
    rng = np.random.default_rng(0)
    maps = [rng.normal(size=(1, 16 >> i, 24 >> i, 2 + i)).astype(np.float32) for i in range(4)]
    found = [one.numpy()[0] for one in fpn(maps)]

    def conv(name: str, x: NDArray[np.float64], pad: int = 0) -> NDArray[np.float64]:
        return naive.conv(x, *fpn.get_layer(name).get_weights(), pad=pad)

    total = conv("fpn_c5p5", maps[3][0])
    np.testing.assert_allclose(found[3], conv("fpn_p5", total, pad=1), atol=1e-3)
    for level in (4, 3, 2):
        total = total.repeat(2, axis=0).repeat(2, axis=1) + conv(f"fpn_c{level}p{level}", maps[level - 2][0])
        np.testing.assert_allclose(found[level - 2], conv(f"fpn_p{level}", total, pad=1), atol=1e-3)
    np.testing.assert_array_equal(found[4], found[3][::2, ::2])


def test_all_maps_have_the_same_channels(fpn: keras.Model) -> None:
    assert [one.shape[-1] for one in fpn.outputs] == [6] * 5
