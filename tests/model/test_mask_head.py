"""The mask heads, computed once more by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.config import COCO
from maskseg_cli.model.mask_head import (
    build_fcn_mask_head,
    build_mask_upsampling,
    build_mobile_mask_head,
    class_logits,
)
from tests.model import naive
from tests.model.random_weights import fill
from tests.model.test_box_head import normalized


def test_convolutional_head() -> None:
    head = fill(build_fcn_mask_head(5, COCO.replace(num_classes=3, mask_pool_size=4)))
    weights = {layer.name: layer.get_weights() for layer in head.layers}
    x = pooled = np.random.default_rng(0).normal(size=(4, 4, 5)).astype(np.float32)
    for i in range(1, 5):
        x = np.maximum(normalized(head, f"mrcnn_mask_bn{i}", naive.conv(x, *weights[f"mrcnn_mask_conv{i}"], pad=1)), 0)
    x = np.maximum(naive.transposed_conv(x, *weights["mrcnn_mask_deconv"], stride=2), 0)
    wanted = naive.conv(x, *weights["mrcnn_mask"])
    found = head(pooled[None], training=False).numpy()[0]
    assert found.shape == (8, 8, 3)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_small_head_doubles_its_grid() -> None:
    assert build_mobile_mask_head(7, num_classes=3).output_shape == (None, 12, 12, 3)


def test_upsampling_is_a_transposed_convolution_without_its_border() -> None:
    model = fill(build_mask_upsampling())
    logits = np.random.default_rng(0).normal(size=(2, 5, 3, 1)).astype(np.float32)
    found = model(logits).numpy()
    assert found.shape == (2, 10, 6, 1)
    weights = model.get_layer("mask.logits_upsample").get_weights()
    for one, wanted in zip(found, logits, strict=True):
        np.testing.assert_allclose(one, naive.transposed_conv(wanted, *weights, stride=2, crop=1), atol=1e-5)


@pytest.mark.parametrize("rows", [0, 4])
def test_each_row_shows_its_class(rows: int) -> None:
    logits = np.random.default_rng(0).normal(size=(rows, 5, 3, 6)).astype(np.float32)
    class_ids = np.array([5, 0, 2, 2][:rows], np.int32)
    found = class_logits(tf.constant(logits), tf.constant(class_ids)).numpy()
    assert found.shape == (rows, 5, 3)
    for row, label in enumerate(class_ids):
        np.testing.assert_array_equal(found[row], logits[row, :, :, label])
