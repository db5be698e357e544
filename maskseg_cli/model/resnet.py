"""ResNet-50 and ResNet-101 with Matterport's layer names (https://arxiv.org/abs/1512.03385).

Every convolution has a bias, also those before batch normalisation, and stride 2 sits in the first 1x1
convolution of a stage (as in the paper), because the published weights were trained so.
"""

from __future__ import annotations

import string
from typing import Any

import keras

#: Residual blocks in stage 4; the other stages are the same in both.
STAGE_4_BLOCKS = {"resnet50": 6, "resnet101": 23}

#: Share of the stored statistics that batch normalisation keeps at each training step that updates them.
BATCH_NORM_MOMENTUM = 0.9


def batch_norm(name: str) -> keras.layers.Layer:
    """Makes a layer of batch normalisation with Matterport's options (epsilon 1e-3, axis last).

    Where it is trained (`train_bn`), the stored statistics follow the batches in ten steps, not in Keras's hundred.
    With a hundred, the initial statistics (a variance of 1, where 0.03 is right) would still have an effect after a
    short training, and the network would differ from the one that was trained.
    """
    return keras.layers.BatchNormalization(epsilon=1e-3, momentum=BATCH_NORM_MOMENTUM, name=name)


def bottleneck(x: Any, filters: int, stage: str, stride: int = 1, shortcut: bool = False) -> Any:
    """One residual block: 1x1 reduce, 3x3, 1x1 expand to 4 x `filters`, plus the input (ResNet, fig. 5).

    Args:
        x: feature map (B, h, w, c).
        filters: channels inside the block.
        stage: stage and letter, such as "3a".
        stride: of the first convolution and of the shortcut.
        shortcut: the input passes a 1x1 convolution (the first block of a stage).
    """
    conv = keras.layers.Conv2D
    y = conv(filters, 1, strides=stride, name=f"res{stage}_branch2a")(x)
    y = keras.layers.Activation("relu")(batch_norm(f"bn{stage}_branch2a")(y))
    y = conv(filters, 3, padding="same", name=f"res{stage}_branch2b")(y)
    y = keras.layers.Activation("relu")(batch_norm(f"bn{stage}_branch2b")(y))
    y = conv(4 * filters, 1, name=f"res{stage}_branch2c")(y)
    y = batch_norm(f"bn{stage}_branch2c")(y)
    if shortcut:
        x = conv(4 * filters, 1, strides=stride, name=f"res{stage}_branch1")(x)
        x = batch_norm(f"bn{stage}_branch1")(x)
    return keras.layers.Activation("relu", name=f"res{stage}_out")(keras.layers.Add()([y, x]))


def build_resnet(backbone: str, channels: int = 3) -> keras.Model:
    """Builds the backbone: image (B, H, W, channels) float32 -> [C1, C2, C3, C4, C5], strides 4, 4, 8, 16, 32.

    C1 is the stem after its pooling (64 channels); C2..C5 have 256, 512, 1024 and 2048 channels.

    Example:
        >>> build_resnet("resnet50").output_shape[-1]
        (None, None, None, 2048)
    """
    image = keras.Input((None, None, channels), name="input_image")
    x = keras.layers.ZeroPadding2D(3)(image)
    x = keras.layers.Conv2D(64, 7, strides=2, name="conv1")(x)
    x = keras.layers.Activation("relu")(batch_norm("bn_conv1")(x))
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same")(x)
    maps = [x]
    for stage, filters in ((2, 64), (3, 128), (4, 256), (5, 512)):
        blocks = {2: 3, 3: 4, 4: STAGE_4_BLOCKS[backbone], 5: 3}[stage]
        for letter in string.ascii_lowercase[:blocks]:
            first = letter == "a"
            stride = 2 if first and stage > 2 else 1
            x = bottleneck(x, filters, f"{stage}{letter}", stride, shortcut=first)
        maps.append(x)
    return keras.Model(image, maps, name=backbone)
