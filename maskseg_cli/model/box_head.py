"""Box head: classifies each region and refines its box (Fast R-CNN, https://arxiv.org/abs/1504.08083)."""

from __future__ import annotations

import keras

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.mobile import detail_path, inverted_residual
from maskseg_cli.model.resnet import head_conv


def build_fc_box_head(channels: int, config: MaskRCNNConfig) -> keras.Model:
    """The paper's head: fully connected layers, written as convolutions, before the two outputs.

    torchvision's second version has 3x3 convolutions before these.

    Args:
        channels: channels of the pooled features.
        config: pool_size; num_classes, with the background; box_head_convs, box_head_fcs;
            fpn_classif_fc_layers_size: units of a fully connected layer; head_norm, and see `normalized_conv`.

    Returns:
        model: (N, pool_size, pool_size, channels) -> class logits (N, classes) and deltas (N, classes, 4),
        (dy, dx, log dh, log dw) before scaling.
    """
    features = keras.Input((config.pool_size, config.pool_size, channels), name="roi_align_classifier")
    x = features
    for number in range(1, config.box_head_convs + 1):
        names = (f"mrcnn_box_conv{number}", f"mrcnn_box_bn{number}")
        x = head_conv(x, channels, 3, names, config, normalized=config.head_norm != "none")
    for number in range(1, config.box_head_fcs + 1):
        names = (f"mrcnn_class_conv{number}", f"mrcnn_class_bn{number}")
        size = config.pool_size if number == 1 else 1
        width = config.fpn_classif_fc_layers_size
        x = head_conv(x, width, size, names, config, normalized=config.head_norm == "all", padding="valid")
    x = keras.layers.Flatten(name="pool_squeeze")(x)
    logits = keras.layers.Dense(config.num_classes, name="mrcnn_class_logits")(x)
    deltas = keras.layers.Dense(4 * config.num_classes, name="mrcnn_bbox_fc")(x)
    deltas = keras.layers.Reshape((config.num_classes, 4))(deltas)
    return keras.Model(features, [logits, deltas], name="box_head")


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
