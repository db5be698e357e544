"""Mask head: the object's outline inside each detected box (Mask R-CNN, https://arxiv.org/abs/1703.06870, fig. 4)."""

from __future__ import annotations

import keras
import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.mobile import detail_path, inverted_residual
from maskseg_cli.model.resnet import head_conv


def build_fcn_mask_head(channels: int, config: MaskRCNNConfig) -> keras.Model:
    """The paper's head: 3x3 convolutions of 256 channels, a transposed convolution, a 1x1 convolution.

    Args:
        channels: channels of the pooled features.
        config: mask_pool_size, num_classes, mask_head_convs; head_norm, and see `normalized_conv`.

    Returns:
        model: (N, mask_pool_size, mask_pool_size, channels) -> logits (N, 2 * mask_pool_size, 2 * mask_pool_size,
        classes).
    """
    features = keras.Input((config.mask_pool_size, config.mask_pool_size, channels), name="roi_align_mask")
    x = features
    for number in range(1, config.mask_head_convs + 1):
        names = (f"mrcnn_mask_conv{number}", f"mrcnn_mask_bn{number}")
        x = head_conv(x, 256, 3, names, config, normalized=config.head_norm != "none")
    x = keras.layers.Conv2DTranspose(256, 2, strides=2, activation="relu", name="mrcnn_mask_deconv")(x)
    logits = keras.layers.Conv2D(config.num_classes, 1, name="mrcnn_mask")(x)
    return keras.Model(features, logits, name="mask_head")


def build_mobile_mask_head(
    channels: int, num_classes: int, pool_size: int = 6, detail_channels: int | None = None
) -> keras.Model:
    """The small head: four inverted residuals, a transposed convolution, a 1x1 convolution.

    With `detail_channels` a second input, (N, 2 * pool_size, 2 * pool_size, detail_channels) pooled from the map of
    stride 8, is added to the doubled features after `detail_path`: a skip connection at the resolution of the outlines.

    Returns:
        model: (N, pool_size, pool_size, channels) -> logits (N, 2 * pool_size, 2 * pool_size, classes), still to
        be doubled by `build_mask_upsampling`.
    """
    features = keras.Input((pool_size, pool_size, channels), name="roi_align_mask")
    x = inverted_residual(features, "mask.block4_0", 128)
    x = inverted_residual(x, "mask.block4_1", 128)
    x = inverted_residual(x, "mask.block4_2", 128)
    x = inverted_residual(x, "mask.block4_3", 160)
    x = keras.layers.Conv2DTranspose(128, 2, strides=2, name="mask.upsample")(x)
    inputs = features
    if detail_channels is not None:
        fine = keras.Input((2 * pool_size, 2 * pool_size, detail_channels), name="roi_align_mask_detail")
        inputs = [features, fine]
        x = keras.layers.Add()([x, detail_path(fine, "mask.detail", 128)])
    x = keras.layers.Activation("relu")(x)
    logits = keras.layers.Conv2D(num_classes, 1, name="mask.logits")(x)
    return keras.Model(inputs, logits, name="mask_head")


def build_mask_upsampling() -> keras.Model:
    """Doubles one class's logits by a 4x4 transposed convolution: (N, h, w, 1) -> (N, 2h, 2w, 1).

    The network was trained with one such kernel for each class, all equal and without cross terms: to upsample only the
    channel of the class gives the same numbers.
    """
    logits = keras.Input((None, None, 1))
    doubled = keras.layers.Conv2DTranspose(1, 4, strides=2, padding="same", name="mask.logits_upsample")(logits)
    return keras.Model(logits, doubled, name="mask_upsampling")


def class_logits(logits: tf.Tensor, class_ids: tf.Tensor) -> tf.Tensor:
    """Selects from logits (N, h, w, classes) the channel of each row's class (N,): (N, h, w)."""
    # To gather along the last axis with a batch dimension is slow on a CPU; transposed it is a plain copy.
    channels_first = tf.transpose(logits, (0, 3, 1, 2))
    return tf.gather(channels_first, class_ids, batch_dims=1)
