"""Converts decoded pixels of any depth and number of channels to 8-bit BGR, and turns pictures upright."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

#: Pixels that are converted at a time.
_STRIP = 2**20


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

    It works on some rows at a time: the intermediate arrays of a whole picture of floating point would take several
    times the picture's memory.

    Args:
        pixels: gray, gray and alpha, BGR or BGRA.
        name: of the picture, for messages.
        premultiplied: the colours are multiplied with alpha already.

    Raises:
        MasksegError: other numbers, or another number of channels.
    """
    if pixels.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        raise MasksegError(
            f"{name} holds {pixels.dtype} numbers, which is no kind of photo: save it with 8 or 16 bits."
        )
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels not in (1, 2, 3, 4):
        raise MasksegError(f"{name} has {channels} channels; a photo has 1 to 4.")
    if pixels.dtype == np.uint8 and channels == 3:
        return np.ascontiguousarray(pixels)
    pixels = pixels.reshape(height, width, channels)
    has_alpha = channels in (2, 4)
    colour_to_8_bits = _to_8_bits(pixels[..., :-1] if has_alpha else pixels, pixels)
    alpha_to_8_bits = _to_8_bits(pixels[..., -1:], pixels) if has_alpha else colour_to_8_bits
    blends = has_alpha and _has_transparency(alpha_to_8_bits(part[..., -1]) for part in _strips(pixels))
    result = np.empty((height, width, 3), np.uint8)
    for part, target in zip(_strips(pixels), _strips(result), strict=True):
        colour = colour_to_8_bits(part[..., :3] if channels > 2 else part[..., :1])
        if blends:
            colour = np.ascontiguousarray(np.broadcast_to(colour, target.shape))
            colour = _on_white(colour, alpha_to_8_bits(part[..., -1]), premultiplied)
        target[:] = colour
    return result


def used_bits(pixels: NDArray[Any]) -> int:
    """How many bits of 16 the colours of an array really use: 10, 12 or 14 as cameras give them, 8, or 16.

    A picture that is black for its whole range counts as 16.
    """
    if pixels.dtype != np.uint16 or not pixels.size:
        return 16
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return _bits_of(pixels[..., :-1] if has_alpha else pixels)


def _bits_of(channels: NDArray[Any]) -> int:
    largest = int(channels.max()) if channels.size else 0
    return next((bits for bits in (8, 10, 12, 14) if 0 < largest < 2**bits), 16)


def _strips(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Some rows at a time, as views."""
    rows = max(1, _STRIP // max(1, pixels.shape[1]))
    for top in range(0, pixels.shape[0], rows):
        yield pixels[top : top + rows]


def _to_8_bits(channels: NDArray[Any], pixels: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[np.uint8]]:
    """The conversion of strips to 8 bits.

    Args:
        channels: those of the picture that decide the range of 16-bit numbers.
        pixels: the whole picture, which decides that of floating point.
    """
    if pixels.dtype == np.uint8:
        return lambda part: part
    if pixels.dtype == np.uint16:
        factor = 255 / (2 ** _bits_of(channels) - 1)

        def scaled(part: NDArray[Any]) -> NDArray[np.uint8]:
            return np.asarray(cv2.convertScaleAbs(np.ascontiguousarray(part), alpha=factor), np.uint8).reshape(
                part.shape
            )

        return scaled
    largest = max((_finite(part).max() for part in _strips(pixels) if part.size), default=2)
    scale = 255 if largest <= 1 else 1
    return lambda part: np.clip(np.rint(_finite(part) * scale), 0, 255).astype(np.uint8)


def _finite(part: NDArray[Any]) -> NDArray[Any]:
    return np.nan_to_num(part, nan=0, posinf=255, neginf=0)


def _has_transparency(alphas: Iterable[NDArray[np.uint8]]) -> bool:
    """Whether alpha is neither 255 everywhere nor 0 everywhere."""
    is_opaque, is_empty = True, True
    for alpha in alphas:
        is_opaque = is_opaque and bool((alpha == 255).all())
        is_empty = is_empty and not alpha.any()
        if not is_opaque and not is_empty:
            return True
    return False


def _on_white(colour: NDArray[np.uint8], alpha: NDArray[np.uint8], premultiplied: bool) -> NDArray[np.uint8]:
    white = (255 - alpha)[..., None]
    if premultiplied:  # libtiff has already multiplied colour with alpha
        return np.asarray(cv2.add(colour, np.repeat(white, 3, axis=2)), np.uint8)
    # At most 255 * 255 + 127: fits into 16 bits, and is right to the nearest integer.
    product = colour.astype(np.uint16) * alpha[..., None] + np.uint16(255) * white + np.uint16(127)
    return (product // 255).astype(np.uint8)


def on_white(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blends BGRA with white: uint8 (H, W, 4) -> (H, W, 3)."""
    colour = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2BGR), np.uint8)
    alpha = image[:, :, 3]
    if alpha.min() == 255:
        return colour
    weight = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    # colour * alpha + white * (1 - alpha), rounded
    return np.asarray(cv2.add(cv2.multiply(colour, weight, scale=1 / 255), cv2.bitwise_not(weight)), np.uint8)
