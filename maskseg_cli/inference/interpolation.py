"""Resizing of pictures for the network: the interpolations of the libraries that networks were trained with."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def interpolate(image: NDArray[np.uint8], height: int, width: int, kind: str) -> NDArray[Any]:
    """Resizes a picture as `MaskRCNNConfig.image_interpolation` says.

    Args:
        image: uint8 array (h, w, c), c at most 4.
        kind: "matterport", "float", "pillow" or "opencv".

    Returns:
        (height, width, c) in 0..255: uint8; float32 for "float", whose values are not rounded.

    Example:
        >>> interpolate(np.array([[[0], [3]]], np.uint8), 1, 3, "float").ravel().tolist()
        [0.0, 1.5, 3.0]
    """
    if kind == "matterport":
        # astype truncates, as Matterport's last step does
        return bilinear_resize(image, height, width).astype(np.uint8)
    if kind == "pillow":
        return _pillow_resize(image, height, width)
    source = image.astype(np.float32) if kind == "float" else np.ascontiguousarray(image)
    resized = cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR)
    return resized.reshape(height, width, image.shape[2])  # OpenCV drops a single channel


def bilinear_resize(image: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Matterport's resize: bilinear in float64 without anti-aliasing, zero outside, within the input's own range.

    Args:
        image: array (h, w) or (h, w, c); float32 stays float32, everything else becomes float64.

    Returns:
        float array (height, width[, c]) of values in the input's units.
    """
    # SciPy takes a moment to load; only networks of Matterport's family need it.
    from skimage.transform import resize

    shape = (height, width, *image.shape[2:])
    return resize(image, shape, order=1, mode="constant", cval=0, clip=True, preserve_range=True, anti_aliasing=False)


def _pillow_resize(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Pillow's bilinear filter, channel by channel where there are more or fewer than three."""
    from PIL import Image

    def resized(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture = Image.fromarray(np.ascontiguousarray(part))
        return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))

    if image.shape[2] == 3:
        return resized(image)
    return np.stack([resized(image[:, :, channel]) for channel in range(image.shape[2])], axis=-1)
