"""Region-proposal network: for each anchor the probability of an object, and the deltas from the anchor to it.

Faster R-CNN (https://arxiv.org/abs/1506.01497), section 3.1. The same weights serve every level of a pyramid.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.mobile import inverted_residual


def build_conv_rpn(channels: int, anchors: int, config: MaskRCNNConfig) -> keras.Model:
    """The paper's head: 3x3 convolutions (Matterport: one of 512 channels), then two 1x1 convolutions.

    Args:
        channels: channels of the feature maps.
        anchors: anchors per cell.
        config: rpn_convs, rpn_channels, rpn_logits; rpn_anchor_stride: cells from one anchor centre to the next.

    Returns:
        model: map (B, h, w, channels) -> logits (B, h * w * anchors, rpn_logits): (background, object) or object; and
        deltas (B, h * w * anchors, 4), (dy, dx, log dh, log dw) before scaling.
    """
    feature_map = keras.Input((None, None, channels), name="input_rpn_feature_map")
    x = feature_map
    for number in range(1, config.rpn_convs + 1):
        x = keras.layers.Conv2D(
            config.rpn_channels,
            3,
            strides=config.rpn_anchor_stride if number == 1 else 1,
            padding="same",
            activation="relu",
            name="rpn_conv_shared" if number == 1 else f"rpn_conv_shared{number}",
        )(x)
    logits = keras.layers.Conv2D(config.rpn_logits * anchors, 1, name="rpn_class_raw")(x)
    deltas = keras.layers.Conv2D(4 * anchors, 1, name="rpn_bbox_pred")(x)
    outputs = [keras.layers.Reshape((-1, config.rpn_logits))(logits), keras.layers.Reshape((-1, 4))(deltas)]
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
