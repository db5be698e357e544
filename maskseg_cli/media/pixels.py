"""Converts decoded pixels of any depth and number of channels to 8-bit BGR, and turns pictures upright."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError


def turn_upright(image: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undoes EXIF's orientation 1..8 of an array (H, W, ...): 5 to 8 swap height and width."""
    if orientation in (5, 6, 7, 8):
        image = image.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def to_bgr(pixels: NDArray[Any], name: str, premultiplied: bool) -> NDArray[np.uint8]:
    """Converts an array (H, W) or (H, W, 1 to 4) of 8 or 16 bits or floating point to uint8 (H, W, 3).

    Args:
        pixels: gray, gray and alpha, BGR or BGRA.
        name: of the picture, for messages.
        premultiplied: the colours are multiplied with alpha already.

    Raises:
        MasksegError: other numbers, or another number of channels.
    """
    if pixels.dtype == np.uint16:
        pixels = cv2.convertScaleAbs(pixels, alpha=255 / 65535)
    elif pixels.dtype in (np.float32, np.float64):
        pixels = np.nan_to_num(pixels, nan=0, posinf=255, neginf=0)
        scale = 255 if pixels.size and pixels.max() <= 1 else 1
        pixels = np.clip(np.rint(pixels * scale), 0, 255).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        raise MasksegError(
            f"{name} holds {pixels.dtype} numbers, which is no kind of photo: save it with 8 or 16 bits."
        )
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels not in (1, 2, 3, 4):
        raise MasksegError(f"{name} has {channels} channels; a photo has 1 to 4.")
    if channels <= 2:  # gray, or gray and alpha
        gray = pixels.reshape(*pixels.shape[:2], channels)[..., :1]
        colour = np.ascontiguousarray(np.broadcast_to(gray, (*pixels.shape[:2], 3)))
    else:
        colour = np.ascontiguousarray(pixels[..., :3])
    return colour if channels in (1, 3) else _on_white(colour, pixels[..., -1], premultiplied)


def _on_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8], premultiplied: bool) -> NDArray[np.uint8]:
    if (alpha == 255).all() or not alpha.any():
        return colour
    white = (255 - alpha)[..., None]
    if premultiplied:  # libtiff has already multiplied colour with alpha
        return np.asarray(cv2.add(colour, np.repeat(white, 3, axis=2)), np.uint8)
    # At most 255 * 255 + 127: fits into 16 bits, and is right to the nearest integer.
    product = colour.astype(np.uint16) * alpha[..., None] + np.uint16(255) * white + np.uint16(127)
    return (product // 255).astype(np.uint8)
