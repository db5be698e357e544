"""The box heads, computed once more by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import COCO
from maskseg_cli.model.box_head import build_fc_box_head, build_mobile_box_head
from tests.model import naive
from tests.model.random_weights import fill


def normalized(model: keras.Model, name: str, x: NDArray[Any]) -> NDArray[np.float64]:
    gamma, beta, mean, variance = model.get_layer(name).get_weights()
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def test_fully_connected_head() -> None:
    head = fill(build_fc_box_head(5, COCO.replace(num_classes=3, pool_size=4, fpn_classif_fc_layers_size=8)))
    pooled = np.random.default_rng(0).normal(size=(2, 4, 4, 5)).astype(np.float32)
    logits, deltas = (answer.numpy() for answer in head(pooled, training=False))
    assert logits.shape == (2, 3)
    assert deltas.shape == (2, 3, 4)
    weights = {layer.name: layer.get_weights() for layer in head.layers}
    for row in range(2):
        x = naive.conv(pooled[row], *weights["mrcnn_class_conv1"])
        x = np.maximum(normalized(head, "mrcnn_class_bn1", x), 0)
        x = np.maximum(normalized(head, "mrcnn_class_bn2", naive.conv(x, *weights["mrcnn_class_conv2"])), 0).ravel()
        kernel, bias = weights["mrcnn_class_logits"]
        np.testing.assert_allclose(logits[row], x @ kernel + bias, atol=1e-5)
        kernel, bias = weights["mrcnn_bbox_fc"]
        np.testing.assert_allclose(deltas[row], (x @ kernel + bias).reshape(3, 4), atol=1e-5)


def test_small_head_puts_y_before_x() -> None:
    """Its stored deltas are (dx, dy, dw, dh) for each class."""
    head = fill(build_mobile_box_head(6, num_classes=2))
    head.get_layer("box.deltas").set_weights([np.zeros((160, 8)), np.arange(8)])
    logits, deltas = head(np.ones((3, 6, 6, 6), np.float32))
    assert tuple(logits.shape) == (3, 2)
    np.testing.assert_array_equal(deltas, np.tile([[[1, 0, 3, 2], [5, 4, 7, 6]]], (3, 1, 1)))
