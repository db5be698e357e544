"""Feature pyramid: P2..P6 from a backbone's C2..C5 (https://arxiv.org/abs/1612.03144)."""

from __future__ import annotations

from typing import Any

import keras

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.resnet import normalized_conv


def build_fpn(map_channels: list[int], config: MaskRCNNConfig) -> keras.Model:
    """Builds the neck: [C2, C3, C4, C5] -> [P2, P3, P4, P5, P6], strides 4, 8, 16, 32, 64.

    The top-down path adds the sums from before the 3x3 smoothing. P6 is P5 at every other position and is used for the
    region proposals only.

    Args:
        map_channels: channels of C2..C5.
        config: top_down_pyramid_size: channels of every output map; fpn_norm; for that, see `normalized_conv`.
    """
    c2, c3, c4, c5 = (keras.Input((None, None, n)) for n in map_channels)
    channels = config.top_down_pyramid_size

    def conv(x: Any, size: int, name: str) -> Any:
        if config.fpn_norm:
            return normalized_conv(x, channels, size, (name, f"{name}_bn"), config, relu=False)
        return keras.layers.Conv2D(channels, size, padding="same", name=name)(x)

    sums = {5: conv(c5, 1, "fpn_c5p5")}
    for level, lateral in ((4, c4), (3, c3), (2, c2)):
        up = keras.layers.UpSampling2D(2, name=f"fpn_p{level + 1}upsampled")(sums[level + 1])
        side = conv(lateral, 1, f"fpn_c{level}p{level}")
        sums[level] = keras.layers.Add(name=f"fpn_p{level}add")([up, side])
    maps = [conv(sums[level], 3, f"fpn_p{level}") for level in (2, 3, 4, 5)]
    maps.append(keras.layers.MaxPooling2D(1, strides=2, name="fpn_p6")(maps[-1]))
    return keras.Model([c2, c3, c4, c5], maps, name="fpn")
