"""ResNet-50 and ResNet-101 with Matterport's layer names (https://arxiv.org/abs/1512.03385).

With Matterport's options every convolution has a bias, also those before batch normalisation, and stride 2 sits in the
first 1x1 convolution of a stage (as in the paper), because the published weights were trained so. Networks from PyTorch
have no such bias and their own padding, and torchvision's have stride 2 in the 3x3 convolution.
"""

from __future__ import annotations

import string
from typing import Any

import keras

from maskseg_cli.config import MaskRCNNConfig

#: Residual blocks in stage 4; the other stages are the same in both.
STAGE_4_BLOCKS = {"resnet50": 6, "resnet101": 23}

#: Share of the stored statistics that batch normalisation keeps at each training step that updates them.
BATCH_NORM_MOMENTUM = 0.9


def batch_norm(name: str, epsilon: float = 1e-3) -> keras.layers.Layer:
    """Makes a layer of batch normalisation over the last axis; the default epsilon is Matterport's.

    Where it is trained (`train_bn`), the stored statistics follow the batches in ten steps, not in Keras's hundred.
    With a hundred, the initial statistics (a variance of 1, where 0.03 is right) would still have an effect after a
    short training, and the network would differ from the one that was trained.
    """
    return keras.layers.BatchNormalization(epsilon=epsilon, momentum=BATCH_NORM_MOMENTUM, name=name)


def normalized_conv(
    x: Any,
    filters: int,
    size: int,
    names: tuple[str, str],
    config: MaskRCNNConfig,
    stride: int = 1,
    relu: bool = True,
    padding: str = "same",
) -> Any:
    """A convolution, batch normalisation, and ReLU: map (B, h, w, c) -> (B, h / stride, w / stride, filters).

    Args:
        names: of the convolution and of the normalisation.
        config: conv_bias, norm_epsilon, symmetric_padding.
        padding: "same" or "valid".
    """
    if stride > 1 and size > 1 and config.symmetric_padding:
        x, padding = keras.layers.ZeroPadding2D(size // 2)(x), "valid"
    conv, norm = names
    layer = keras.layers.Conv2D(filters, size, strides=stride, padding=padding, use_bias=config.conv_bias, name=conv)
    x = batch_norm(norm, config.norm_epsilon)(layer(x))
    return keras.layers.Activation("relu")(x) if relu else x


def head_conv(
    x: Any,
    filters: int,
    size: int,
    names: tuple[str, str],
    config: MaskRCNNConfig,
    normalized: bool,
    padding: str = "same",
) -> Any:
    """A hidden layer of a head: a convolution and ReLU, with batch normalisation between or without (`normalized`)."""
    if normalized:
        return normalized_conv(x, filters, size, names, config, padding=padding)
    return keras.layers.Conv2D(filters, size, padding=padding, activation="relu", name=names[0])(x)


def bottleneck(
    x: Any, filters: int, stage: str, config: MaskRCNNConfig, stride: int = 1, shortcut: bool = False
) -> Any:
    """One residual block: 1x1 reduce, 3x3, 1x1 expand to 4 x `filters`, plus the input (ResNet, fig. 5).

    Args:
        x: feature map (B, h, w, c).
        filters: channels inside the block.
        stage: stage and letter, such as "3a".
        config: stride_in_1x1, and see `normalized_conv`.
        stride: of the block.
        shortcut: the input passes a 1x1 convolution (the first block of a stage).
    """
    first, second = (stride, 1) if config.stride_in_1x1 else (1, stride)

    def branch(x: Any, filters: int, size: int, name: str, stride: int, relu: bool) -> Any:
        names = (f"res{stage}_branch{name}", f"bn{stage}_branch{name}")
        return normalized_conv(x, filters, size, names, config, stride, relu)

    y = branch(x, filters, 1, "2a", first, True)
    y = branch(y, filters, 3, "2b", second, True)
    y = branch(y, 4 * filters, 1, "2c", 1, False)
    if shortcut:
        x = branch(x, 4 * filters, 1, "1", stride, False)
    return keras.layers.Activation("relu", name=f"res{stage}_out")(keras.layers.Add()([y, x]))


def build_resnet(config: MaskRCNNConfig) -> keras.Model:
    """Builds the backbone: image (B, H, W, channels) float32 -> [C1, C2, C3, C4, C5], strides 4, 4, 8, 16, 32.

    C1 is the stem after its pooling (64 channels); C2..C5 have 256, 512, 1024 and 2048 channels.

    Example:
        >>> build_resnet(MaskRCNNConfig(backbone="resnet50")).output_shape[-1]
        (None, None, None, 2048)
    """
    image = keras.Input((None, None, config.image_channel_count), name="input_image")
    x = keras.layers.ZeroPadding2D(3)(image)
    x = keras.layers.Conv2D(64, 7, strides=2, use_bias=config.conv_bias, name="conv1")(x)
    x = keras.layers.Activation("relu")(batch_norm("bn_conv1", config.norm_epsilon)(x))
    if config.symmetric_padding:
        # Zeros are as good as the infinitely small values of PyTorch's pooling: nothing is negative after ReLU.
        x = keras.layers.MaxPooling2D(3, strides=2)(keras.layers.ZeroPadding2D(1)(x))
    else:
        x = keras.layers.MaxPooling2D(3, strides=2, padding="same")(x)
    maps = [x]
    for stage, filters in ((2, 64), (3, 128), (4, 256), (5, 512)):
        blocks = {2: 3, 3: 4, 4: STAGE_4_BLOCKS[config.backbone], 5: 3}[stage]
        for letter in string.ascii_lowercase[:blocks]:
            first = letter == "a"
            stride = 2 if first and stage > 2 else 1
            x = bottleneck(x, filters, f"{stage}{letter}", config, stride, shortcut=first)
        maps.append(x)
    return keras.Model(image, maps, name=config.backbone)
