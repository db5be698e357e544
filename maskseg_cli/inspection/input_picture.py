"""`input_picture`: the network's input as a picture that people can look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig


def input_picture(
    image: NDArray[np.float32], config: MaskRCNNConfig, window: tuple[int, int, int, int] | None = None
) -> NDArray[np.uint8]:
    """The network's input without its normalisation, uint8 (H, W, 3) BGR.

    Args:
        image: float32 (H, W, 3), as `molding.mold` makes it.
        config: of the network.
        window: y1 x1 y2 x2 of the photo: the padding around it becomes black, which with the mean would be gray in
            some networks; None: the padding is shown like the photo.
    """
    is_rgb = config.channel_order == "RGB"
    std, mean = (np.array(part[:: 1 if is_rgb else -1], np.float32) for part in (config.std_pixel, config.mean_pixel))
    pixels = image * std + mean
    if window is not None:
        top, left, bottom, right = window
        outside = np.ones(pixels.shape[:2], bool)
        outside[top:bottom, left:right] = False
        pixels[outside] = 0
    picture = np.rint(pixels.clip(0, 255)).astype(np.uint8)
    return np.ascontiguousarray(picture[:, :, ::-1]) if is_rgb else picture
