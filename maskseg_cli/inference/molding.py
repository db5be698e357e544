"""Molding: resizes, pads and normalizes pictures for the network, and keeps the numbers for the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.option_checks import SHORTEST_MULTIPLE
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.interpolation import interpolate

#: A picture is not enlarged beyond so many pixels: no photo needs it, only a line of 1 x 3000 or the like.
MAX_ENLARGED = 1 << 26

#: A pyramid adds each map to the next finer one, doubled: sides that are no multiple of this do not match.
PYRAMID_MULTIPLE = 32

#: By image_size_rounding.
_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "half_even": round,
    "half_up": lambda side: int(side + 0.5),
    "down": math.floor,
}


class Molded(NamedTuple):
    """One picture, ready for the network.

    Attributes:
        image: float32 array (H, W, 3), padded, mean subtracted, channels in the network's order.
        window: int (4,), (y1, x1, y2, x2): the picture without its padding, in half-open pixels of `image`.
        scale: resized size / original size, before the sides are rounded to whole pixels.
        original_shape: (h, w, channels) of the picture.
        meta: float64 (12 + classes,), Matterport's image_meta.
    """

    image: NDArray[np.float32]
    window: tuple[int, int, int, int]
    scale: float
    original_shape: tuple[int, int, int]
    meta: NDArray[np.float64]


def target_scale(height: int, width: int, config: MaskRCNNConfig) -> float:
    """The factor by which a picture of height x width pixels is resized.

    "square" and "pad64" never shrink a picture to reach image_min_dim; "square" shrinks it to keep within
    image_max_dim, "fit" and "shortest" do both for the short and the long side.
    """
    mode = config.image_resize_mode
    short, long = min(height, width), max(height, width)
    if mode == "none":
        return 1.0
    if mode == "shortest":
        return min(config.image_min_dim / short, config.image_max_dim / long)
    if mode == "fit":
        scale = config.image_min_dim / short
        return config.image_max_dim / long if round(long * scale) > config.image_max_dim else scale
    scale = max(1.0, config.image_min_dim / short)
    if config.image_min_scale:
        scale = max(scale, config.image_min_scale)
    if mode == "square" and round(long * scale) > config.image_max_dim:
        scale = config.image_max_dim / long
    return scale


def resize_and_pad(
    image: NDArray[np.uint8], config: MaskRCNNConfig
) -> tuple[NDArray[np.uint8], tuple[int, int, int, int], float]:
    """Matterport's `resize_image` for the modes square, pad64 and none.

    Args:
        image: uint8 array (h, w, 3).

    Returns:
        the padded picture uint8 (H, W, 3), its window (y1, x1, y2, x2) in half-open pixels, and the scale.

    Raises:
        UsageError: see `molded_shape`.

    Example:
        >>> config = MaskRCNNConfig(image_min_dim=64, image_max_dim=128)
        >>> padded, window, scale = resize_and_pad(np.zeros((256, 512, 3), np.uint8), config)
        >>> padded.shape, window, scale
        ((128, 128, 3), (32, 0, 96, 128), 0.25)
    """
    height, width = image.shape[:2]
    full_h, full_w = molded_shape(height, width, config)
    scale = target_scale(height, width, config)
    resized: NDArray[Any] = image
    if scale != 1:
        resized = interpolate(image, *resized_shape(height, width, config), config.image_interpolation)
    top, left, bottom, right = window = molded_window(height, width, config)
    padded = np.zeros((full_h, full_w, image.shape[2]), resized.dtype)
    padded[top:bottom, left:right] = resized
    return padded, window, scale


def resized_shape(height: int, width: int, config: MaskRCNNConfig) -> tuple[int, int]:
    """Height and width of a picture before padding, rounded by image_size_rounding, at least one pixel each."""
    scale, rounding = target_scale(height, width, config), _ROUNDINGS[config.image_size_rounding]
    return max(1, rounding(height * scale)), max(1, rounding(width * scale))


def fit_image(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    """Bilinear resize to float32.

    A picture that shrinks to a third or less is first averaged down to twice the size, against aliasing.

    Args:
        image: uint8 array (h, w, 3).

    Returns:
        float32 array (height, width, 3), 0..255.
    """
    h, w = image.shape[:2]
    if h >= 3 * height and w >= 3 * width:
        image = cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.resize(image.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def molded_shape(height: int, width: int, config: MaskRCNNConfig) -> tuple[int, int]:
    """Height and width of what the network gets for a picture of height x width pixels.

    Raises:
        UsageError: a picture of this shape would have to be enlarged beyond `MAX_ENLARGED`.
    """
    mode = config.image_resize_mode
    if mode == "square":
        return config.image_max_dim, config.image_max_dim
    h, w = resized_shape(height, width, config)
    multiple = {"pad64": 64, "shortest": SHORTEST_MULTIPLE}.get(mode, 1)
    h, w = -(-h // multiple) * multiple, -(-w // multiple) * multiple
    if h * w > max(MAX_ENLARGED, height * width):
        raise UsageError(
            f"A picture of {width} x {height} pixels would have to be enlarged to {w} x {h} for this network: "
            "a smaller size is needed, or the resize mode square, which keeps it within image_max_dim."
        )
    return h, w


def molded_window(height: int, width: int, config: MaskRCNNConfig) -> tuple[int, int, int, int]:
    """Where `mold` places a picture of height x width pixels: (y1, x1, y2, x2), half-open pixels of its result.

    Raises:
        UsageError: see `molded_shape`.
    """
    if config.image_resize_mode == "fit":
        return (0, 0, *molded_shape(height, width, config))
    if config.image_resize_mode == "shortest":
        return (0, 0, *resized_shape(height, width, config))
    full_h, full_w = molded_shape(height, width, config)
    scaled = target_scale(height, width, config) != 1
    h, w = resized_shape(height, width, config) if scaled else (height, width)
    top, left = (full_h - h) // 2, (full_w - w) // 2
    return top, left, top + h, left + w


def check_molded_shape(height: int, width: int, config: MaskRCNNConfig) -> None:
    """Raises UsageError when the network cannot take what `molded_shape` gives for some picture."""
    if config.neck == "fpn" and (height % PYRAMID_MULTIPLE or width % PYRAMID_MULTIPLE):
        raise UsageError(
            f"In the resize mode {config.image_resize_mode} this network takes pictures whose sides are multiples of "
            f"{PYRAMID_MULTIPLE}, not {width} x {height} pixels: use the mode square, pad64 or shortest."
        )


def mold(image: NDArray[np.uint8], config: MaskRCNNConfig) -> Molded:
    """Resizes, pads and shifts one picture for the network.

    Args:
        image: uint8 array (h, w, 3), channels in the network's order (`config.channel_order`).

    Raises:
        UsageError: see `molded_shape`.

    Example:
        >>> from maskseg_cli.config import LITE
        >>> molded = mold(np.zeros((300, 200, 3), np.uint8), LITE)
        >>> molded.image.shape, molded.window, molded.scale
        ((600, 400, 3), (0, 0, 600, 400), 2.0)
    """
    shape = (image.shape[0], image.shape[1], image.shape[2])
    step = 1 if config.channel_order == "RGB" else -1
    mean, std = config.mean_pixel[::step], config.std_pixel[::step]
    window = molded_window(*shape[:2], config)
    pixels: NDArray[Any]
    if config.image_resize_mode == "shortest":
        height, width = resized_shape(*shape[:2], config)
        pixels = interpolate(image, height, width, config.image_interpolation)
        scale = target_scale(*shape[:2], config)
    elif config.image_resize_mode == "fit":
        height, width = molded_shape(*shape[:2], config)
        pixels = fit_image(image, height, width)
        scale = target_scale(*shape[:2], config)
    else:
        pixels, _, scale = resize_and_pad(image, config)
    if any(mean):
        # float64 as in Matterport: in float32 the last bit of 320 of the 768 possible values would differ
        pixels = pixels.astype(np.float32) - np.array(mean)
    if std != (1, 1, 1):
        pixels = pixels / np.array(std)
    if config.image_resize_mode == "shortest":  # zeros on the right and at the bottom, after the normalisation
        full_h, full_w = molded_shape(*shape[:2], config)
        pixels = np.pad(pixels, [(0, full_h - pixels.shape[0]), (0, full_w - pixels.shape[1]), (0, 0)])
    meta = image_meta(shape, pixels.shape, window, scale, config.num_classes)
    return Molded(pixels.astype(np.float32), window, scale, shape, meta)


def image_meta(
    original_shape: tuple[int, ...],
    molded_shape: tuple[int, ...],
    window: tuple[int, int, int, int],
    scale: float,
    num_classes: int,
    image_id: int = 0,
) -> NDArray[np.float64]:
    """Matterport's image_meta: id, original shape, molded shape, window, scale, one place a class (zeros)."""
    return np.array([image_id, *original_shape, *molded_shape, *window, scale, *([0] * num_classes)], dtype=np.float64)
