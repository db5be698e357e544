"""The small backbone: inverted residuals down to one stride-16 map.

Inverted residuals are MobileNetV2's (https://arxiv.org/abs/1801.04381), without the activation after the
depthwise convolution; the widths are Mask R-CNN2Go's. Batch normalisation is folded into the convolutions.
Padding is k // 2 zeros on each side, also for stride 2, where TensorFlow's "same" would shift the map by one pixel.
"""

from __future__ import annotations

from typing import Any

import keras

#: Expansion of a block's depthwise part, by default.
EXPANSION = 6

#: (block, output channels, stride, expansion) of the trunk, after the stem.
TRUNK_BLOCKS = (
    ("block0_0", 16, 1, 1),
    ("block1_0", 32, 2, 6),
    ("block1_1", 32, 1, 6),
    ("block2_0", 48, 2, 6),
    ("block2_1", 48, 1, 6),
    ("block2_2", 48, 1, 6),
    ("block3_0", 96, 2, 6),
    ("block3_1", 96, 1, 6),
    ("block3_2", 96, 1, 6),
    ("block3_3", 96, 1, 6),
    ("block3_4", 128, 1, 6),
    ("block3_5", 128, 1, 6),
    ("block3_6", 128, 1, 6),
)


def inverted_residual(
    x: Any, name: str, filters: int, stride: int = 1, add: bool | None = None, expansion: int = EXPANSION
) -> Any:
    """1x1 expand + ReLU, 3x3 depthwise, 1x1 project; plus the input where the shapes agree.

    Args:
        x: feature map (B, h, w, c).
        name: prefix of the layers' names: `name.expand`, `name.depthwise`, `name.project`.
        filters: output channels.
        stride: of the depthwise convolution.
        add: whether the input is added; None: where stride and channels allow it.
        expansion: channels of the depthwise part, as a multiple of c.
    """
    channels = x.shape[-1]
    y = keras.layers.Conv2D(expansion * channels, 1, activation="relu", name=f"{name}.expand")(x)
    if stride > 1:
        y = keras.layers.ZeroPadding2D(1)(y)
    padding = "same" if stride == 1 else "valid"
    y = keras.layers.DepthwiseConv2D(3, strides=stride, padding=padding, name=f"{name}.depthwise")(y)
    y = keras.layers.Conv2D(filters, 1, name=f"{name}.project")(y)
    if add is None:
        add = stride == 1 and channels == filters
    return keras.layers.Add(name=f"{name}.add")([x, y]) if add else y


def build_mobile_trunk(channels: int = 3) -> keras.Model:
    """The backbone as a model: image (B, H, W, channels) float32, 0..255 -> one map of stride 16, 128 channels.

    Any height and width: the map has ceil(H / 16) x ceil(W / 16) cells.
    """
    image = keras.Input((None, None, channels), name="input_image")
    x = keras.layers.ZeroPadding2D(1)(image)
    x = keras.layers.Conv2D(32, 3, strides=2, activation="relu", name="trunk.stem")(x)
    for block, filters, stride, expansion in TRUNK_BLOCKS:
        x = inverted_residual(x, f"trunk.{block}", filters, stride, expansion=expansion)
    return keras.Model(image, x, name="trunk")
