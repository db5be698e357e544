"""The small backbone: inverted residuals down to one stride-16 map.

Inverted residuals are MobileNetV2's (https://arxiv.org/abs/1801.04381), without the activation after the
depthwise convolution; the widths are Mask R-CNN2Go's. Batch normalisation is folded into the convolutions.
Padding is k // 2 zeros on each side, also for stride 2, where TensorFlow's "same" would shift the map by one pixel.
"""

from __future__ import annotations

from typing import Any

import keras

from maskseg_cli.config.mask_rcnn_config import DETAIL_STRIDE

#: Channels of a block's depthwise part, as a multiple of its input's.
EXPANSION = 6

#: (block, output channels, stride) of the trunk, after the stem; the first block does not expand.
TRUNK_BLOCKS = (
    ("block0_0", 16, 1),
    ("block1_0", 32, 2),
    ("block1_1", 32, 1),
    ("block2_0", 48, 2),
    ("block2_1", 48, 1),
    ("block2_2", 48, 1),
    ("block3_0", 96, 2),
    ("block3_1", 96, 1),
    ("block3_2", 96, 1),
    ("block3_3", 96, 1),
    ("block3_4", 128, 1),
    ("block3_5", 128, 1),
    ("block3_6", 128, 1),
)


#: Channels of the detail path's depthwise part, as a multiple of its input's.
DETAIL_EXPANSION = 2


def inverted_residual(x: Any, name: str, filters: int, stride: int = 1, expansion: int = EXPANSION) -> Any:
    """1x1 expand + ReLU, 3x3 depthwise, 1x1 project; plus the input where stride and channels allow it.

    Args:
        x: feature map (B, h, w, c).
        name: prefix of the layers' names: `name.expand`, `name.depthwise`, `name.project`.
        filters: output channels.
        stride: of the depthwise convolution.
        expansion: channels of the depthwise part, as a multiple of c.
    """
    channels = x.shape[-1]
    y = keras.layers.Conv2D(expansion * channels, 1, activation="relu", name=f"{name}.expand")(x)
    if stride > 1:
        y = keras.layers.ZeroPadding2D(1)(y)
    padding = "same" if stride == 1 else "valid"
    y = keras.layers.DepthwiseConv2D(3, strides=stride, padding=padding, name=f"{name}.depthwise")(y)
    y = keras.layers.Conv2D(filters, 1, name=f"{name}.project")(y)
    if stride > 1 or channels != filters:
        return y
    return keras.layers.Add(name=f"{name}.add")([x, y])


def detail_path(x: Any, name: str, filters: int) -> Any:
    """Connection from the map of stride 8 to the heads: an inverted residual with small initial output.

    Its last kernel is initialised with small values: added to features of about the size of its input (such as the
    trunk's maps), it changes them by a tenth at first, so that a trained network to which it is added still works.

    Args:
        x: features (N, p, p, c) pooled from that map.
        name: prefix of the layers' names, as in `inverted_residual`.
        filters: output channels.
    """
    normal = keras.initializers.RandomNormal
    wide = DETAIL_EXPANSION * x.shape[-1]
    y = keras.layers.Conv2D(wide, 1, activation="relu", kernel_initializer="he_normal", name=f"{name}.expand")(x)
    third = normal(stddev=1 / 3)  # Nine values are added: the output has the size of the input.
    y = keras.layers.DepthwiseConv2D(3, padding="same", depthwise_initializer=third, name=f"{name}.depthwise")(y)
    return keras.layers.Conv2D(filters, 1, kernel_initializer=normal(stddev=0.01), name=f"{name}.project")(y)


def build_mobile_trunk(channels: int = 3, detail: bool = False) -> keras.Model:
    """Builds the backbone: image (B, H, W, channels) float32, 0..255 -> one map of stride 16, 128 channels.

    Any height and width: the map has ceil(H / 16) x ceil(W / 16) cells.

    Args:
        channels: of the image.
        detail: whether the last map of stride 8, with 48 channels, is a second output.

    Example:
        >>> build_mobile_trunk().compute_output_shape((1, 400, 601, 3))
        (1, 25, 38, 128)
    """
    image = keras.Input((None, None, channels), name="input_image")
    x = keras.layers.ZeroPadding2D(1)(image)
    x = keras.layers.Conv2D(32, 3, strides=2, activation="relu", name="trunk.stem")(x)
    fine, scale = None, 2
    for block, filters, stride in TRUNK_BLOCKS:
        x = inverted_residual(x, f"trunk.{block}", filters, stride, expansion=1 if block == "block0_0" else EXPANSION)
        scale *= stride
        fine = x if scale == DETAIL_STRIDE else fine
    return keras.Model(image, [x, fine] if detail else x, name="trunk")
