"""Region-proposal network: for each anchor the probability of an object, and the deltas from the anchor to it.

Faster R-CNN (https://arxiv.org/abs/1506.01497), section 3.1. The same weights serve every level of a pyramid.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from maskseg_cli.model.mobile import inverted_residual


def build_conv_rpn(channels: int, anchors: int, anchor_stride: int = 1) -> keras.Model:
    """Matterport's head: a 3x3 convolution of 512, then two 1x1 convolutions.

    Args:
        channels: channels of the feature maps.
        anchors: anchors per cell.
        anchor_stride: cells from one anchor centre to the next.

    Returns:
        model: map (B, h, w, channels) -> logits (B, h * w * anchors, 2), (background, object), and deltas
        (B, h * w * anchors, 4), (dy, dx, log dh, log dw) before scaling.
    """
    feature_map = keras.Input((None, None, channels), name="input_rpn_feature_map")
    shared = keras.layers.Conv2D(
        512, 3, strides=anchor_stride, padding="same", activation="relu", name="rpn_conv_shared"
    )(feature_map)
    logits = keras.layers.Conv2D(2 * anchors, 1, name="rpn_class_raw")(shared)
    deltas = keras.layers.Conv2D(4 * anchors, 1, name="rpn_bbox_pred")(shared)
    outputs = [keras.layers.Reshape((-1, 2))(logits), keras.layers.Reshape((-1, 4))(deltas)]
    return keras.Model(feature_map, outputs, name="rpn_model")


def build_mobile_rpn(channels: int, anchors: int) -> keras.Model:
    """The small head: three inverted residuals, then two 1x1 convolutions.

    Returns:
        model: map (B, h, w, channels) -> logits (B, h * w * anchors, 1) of an object, and deltas
        (B, h * w * anchors, 4). The stored weights compute (dx, dy, dw, dh); the output is (dy, dx, dh, dw).
    """
    feature_map = keras.Input((None, None, channels), name="input_rpn_feature_map")
    x = feature_map
    for block in ("block3_4", "block3_5", "block3_6"):
        x = inverted_residual(x, f"rpn.{block}", channels)
    logits = keras.layers.Conv2D(anchors, 1, name="rpn.logits")(x)
    deltas = keras.layers.Conv2D(4 * anchors, 1, name="rpn.deltas")(x)
    deltas = keras.layers.Reshape((-1, 4))(deltas)
    deltas = keras.ops.take(deltas, [1, 0, 3, 2], axis=-1)
    return keras.Model(feature_map, [keras.layers.Reshape((-1, 1))(logits), deltas], name="rpn_model")


def objectness(logits: tf.Tensor) -> tf.Tensor:
    """Probability of an object, (...,), from two logits (softmax) or one (sigmoid) in the last axis."""
    if logits.shape[-1] == 2:
        return tf.nn.softmax(logits)[..., 1]
    return tf.sigmoid(logits)[..., 0]
