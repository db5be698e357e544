"""The region-proposal heads: order of the answers, shapes, probabilities."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.config import COCO
from maskseg_cli.model.anchors import image_anchors
from maskseg_cli.model.rpn import build_conv_rpn, build_mobile_rpn, objectness
from tests.model import naive
from tests.model.random_weights import fill


@pytest.fixture(scope="module")
def rpn() -> keras.Model:
    return fill(build_conv_rpn(5, 3, COCO))


def test_answers_follow_the_order_of_the_anchors(rpn: keras.Model) -> None:
    """Row by row, column by column, anchor by anchor; each with (background, object) or four deltas."""
    feature_map = np.random.default_rng(0).normal(size=(1, 4, 6, 5)).astype(np.float32)
    logits, deltas = (answer.numpy()[0] for answer in rpn(feature_map))
    shared = np.maximum(naive.conv(feature_map[0], *rpn.get_layer("rpn_conv_shared").get_weights(), pad=1), 0)
    for found, name, width in ((logits, "rpn_class_raw", 2), (deltas, "rpn_bbox_pred", 4)):
        wanted = naive.conv(shared, *rpn.get_layer(name).get_weights()).reshape(4, 6, 3, width)
        assert found.shape == (4 * 6 * 3, width)
        for row, column, anchor in np.ndindex(4, 6, 3):
            np.testing.assert_allclose(found[(row * 6 + column) * 3 + anchor], wanted[row, column, anchor], atol=1e-4)


@pytest.mark.parametrize("side", [64, 192])
def test_an_anchor_stride_leaves_as_many_answers_as_anchors(side: int) -> None:
    rpn = build_conv_rpn(5, 3, COCO.replace(rpn_anchor_stride=2))
    maps = [np.zeros((1, -(-side // stride), -(-side // stride), 5), np.float32) for stride in COCO.backbone_strides]
    answers = sum(rpn(one)[0].shape[1] for one in maps)
    assert answers == len(image_anchors(COCO.replace(rpn_anchor_stride=2), side, side))


def test_small_head_puts_y_before_x() -> None:
    """Its stored deltas are (dx, dy, dw, dh)."""
    rpn = fill(build_mobile_rpn(8, anchors=2))
    last = rpn.get_layer("rpn.deltas")
    last.set_weights([np.zeros((1, 1, 8, 8)), np.arange(8)])
    logits, deltas = rpn(np.ones((2, 3, 5, 8), np.float32))
    assert tuple(logits.shape) == (2, 3 * 5 * 2, 1)
    np.testing.assert_array_equal(deltas[0, :2], [[1, 0, 3, 2], [5, 4, 7, 6]])
    np.testing.assert_array_equal(deltas, np.tile(deltas[:1, :2], (2, 15, 1)))


def test_probability_of_an_object_from_two_logits_or_one() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (4, 6, 2)).astype(np.float32)
    np.testing.assert_allclose(objectness(tf.constant(logits)), naive.softmax(logits)[..., 1], rtol=1e-5)
    np.testing.assert_allclose(objectness(tf.constant(logits[..., :1])), naive.sigmoid(logits[..., 0]), rtol=1e-5)
