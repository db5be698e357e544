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
        pixels = _to_8_bits(pixels)
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


def used_bits(pixels: NDArray[Any]) -> int:
    """How many bits of 16 the colours of an array really use: 10, 12 or 14 as cameras give them, 8, or 16.

    A picture that is black for its whole range counts as 16.
    """
    if pixels.dtype != np.uint16 or not pixels.size:
        return 16
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    largest = int((pixels[..., :-1] if has_alpha else pixels).max())
    return next((bits for bits in (8, 10, 12, 14) if 0 < largest < 2**bits), 16)


def _to_8_bits(pixels: NDArray[Any]) -> NDArray[Any]:
    scaled = cv2.convertScaleAbs(pixels, alpha=255 / (2 ** used_bits(pixels) - 1))
    scaled = scaled.reshape(pixels.shape)
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):  # alpha has a range of its own
        alpha = pixels[..., -1]
        full = 2 ** used_bits(alpha) - 1
        scaled[..., -1] = cv2.convertScaleAbs(alpha, alpha=255 / full).reshape(alpha.shape)
    return scaled


def _on_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8], premultiplied: bool) -> NDArray[np.uint8]:
    if (alpha == 255).all() or not alpha.any():
        return colour
    white = (255 - alpha)[..., None]
    if premultiplied:  # libtiff has already multiplied colour with alpha
        return np.asarray(cv2.add(colour, np.repeat(white, 3, axis=2)), np.uint8)
    # At most 255 * 255 + 127: fits into 16 bits, and is right to the nearest integer.
    product = colour.astype(np.uint16) * alpha[..., None] + np.uint16(255) * white + np.uint16(127)
    return (product // 255).astype(np.uint8)
