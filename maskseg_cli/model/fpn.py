"""Feature pyramid: P2..P6 from a backbone's C2..C5 (https://arxiv.org/abs/1612.03144)."""

from __future__ import annotations

import keras


def build_fpn(map_channels: list[int], channels: int = 256) -> keras.Model:
    """Builds the neck: [C2, C3, C4, C5] -> [P2, P3, P4, P5, P6], strides 4, 8, 16, 32, 64.

    The top-down path adds the sums from before the 3x3 smoothing. P6 is P5 at every other position and is used for the
    region proposals only.

    Args:
        map_channels: channels of C2..C5.
        channels: channels of every output map (TOP_DOWN_PYRAMID_SIZE).
    """
    c2, c3, c4, c5 = (keras.Input((None, None, n)) for n in map_channels)
    conv = keras.layers.Conv2D
    sums = {5: conv(channels, 1, name="fpn_c5p5")(c5)}
    for level, lateral in ((4, c4), (3, c3), (2, c2)):
        up = keras.layers.UpSampling2D(2, name=f"fpn_p{level + 1}upsampled")(sums[level + 1])
        side = conv(channels, 1, name=f"fpn_c{level}p{level}")(lateral)
        sums[level] = keras.layers.Add(name=f"fpn_p{level}add")([up, side])
    maps = [conv(channels, 3, padding="same", name=f"fpn_p{level}")(sums[level]) for level in (2, 3, 4, 5)]
    maps.append(keras.layers.MaxPooling2D(1, strides=2, name="fpn_p6")(maps[-1]))
    return keras.Model([c2, c3, c4, c5], maps, name="fpn")
