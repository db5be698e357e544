"""Box head: classifies each region and refines its box (Fast R-CNN, https://arxiv.org/abs/1504.08083)."""

from __future__ import annotations

import keras

from maskseg_cli.model.mobile import detail_path, inverted_residual
from maskseg_cli.model.resnet import batch_norm


def build_fc_box_head(channels: int, num_classes: int, pool_size: int = 7, width: int = 1024) -> keras.Model:
    """Matterport's head: two fully connected layers, written as convolutions, before the two outputs.

    Args:
        channels: channels of the pooled features.
        num_classes: classes with the background.
        pool_size: rows and columns of the pooled features.
        width: units of the two layers (FPN_CLASSIF_FC_LAYERS_SIZE).

    Returns:
        model: (N, pool_size, pool_size, channels) -> class logits (N, classes) and deltas (N, classes, 4),
        (dy, dx, log dh, log dw) before scaling.
    """
    features = keras.Input((pool_size, pool_size, channels), name="roi_align_classifier")
    x = keras.layers.Conv2D(width, pool_size, name="mrcnn_class_conv1")(features)
    x = keras.layers.Activation("relu")(batch_norm("mrcnn_class_bn1")(x))
    x = keras.layers.Conv2D(width, 1, name="mrcnn_class_conv2")(x)
    x = keras.layers.Activation("relu")(batch_norm("mrcnn_class_bn2")(x))
    x = keras.layers.Flatten(name="pool_squeeze")(x)
    logits = keras.layers.Dense(num_classes, name="mrcnn_class_logits")(x)
    deltas = keras.layers.Dense(4 * num_classes, name="mrcnn_bbox_fc")(x)
    return keras.Model(features, [logits, keras.layers.Reshape((num_classes, 4))(deltas)], name="box_head")


def build_mobile_box_head(
    channels: int, num_classes: int, pool_size: int = 6, detail_channels: int | None = None
) -> keras.Model:
    """The small head: four inverted residuals, a 1x1 convolution and the mean over the grid before the two outputs.

    Shapes as in `build_fc_box_head`. The stored weights compute (dx, dy, dw, dh); the output is (dy, dx, dh, dw).
    With `detail_channels` a second input, (N, pool_size, pool_size, detail_channels) pooled from the map of stride 8,
    is added to the first after `detail_path`.
    """
    features = keras.Input((pool_size, pool_size, channels), name="roi_align_classifier")
    inputs, x = features, features
    if detail_channels is not None:
        fine = keras.Input((pool_size, pool_size, detail_channels), name="roi_align_classifier_detail")
        inputs = [features, fine]
        x = keras.layers.Add()([features, detail_path(fine, "box.detail", channels)])
    x = inverted_residual(x, "box.block4_0", 128, stride=2)
    x = inverted_residual(x, "box.block4_1", 128)
    x = inverted_residual(x, "box.block4_2", 128)
    x = inverted_residual(x, "box.block4_3", 160)
    x = keras.layers.Conv2D(160, 1, activation="relu", name="box.conv1x1")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    logits = keras.layers.Dense(num_classes, name="box.class_logits")(x)
    deltas = keras.layers.Dense(4 * num_classes, name="box.deltas")(x)
    deltas = keras.ops.take(keras.layers.Reshape((num_classes, 4))(deltas), [1, 0, 3, 2], axis=-1)
    return keras.Model(inputs, [logits, deltas], name="box_head")
