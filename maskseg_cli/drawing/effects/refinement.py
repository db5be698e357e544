"""`refined`: fits the edge of a mask to the picture; `Refinement`: a transform that does it for all objects of a frame.

The network's masks have 24 x 24 or 28 x 28 cells for an object of any size, so their edges miss the object's by about a
cell. A guided filter (He, Sun and Tang, https://arxiv.org/abs/1505.00996, in its fast form) describes the mask near its
edge as a linear function of the colours around each pixel, and so moves the edge to where the colours change.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.drawing.effects.mattes import Picture
from maskseg_cli.frame import Frame
from maskseg_cli.soft_mask import SoftMaskCrop

#: Radius of the filter, and how far the edge may move, as a share of the object's size (the root of its box's area).
#: Chosen with `benchmarks/refine.py`.
REACH = 0.05

#: Variance of colours, which lie in 0..1, below which an area counts as even.
EVEN = 1e-4

#: Longer side of the small picture on which the function of colours is found.
_SMALL = 192

#: How much steeper the edge of alpha is than the filter's.
_STEEP = 3.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Refinement:
    """A transform that fits the masks of a frame to its picture. Boxes and scores stay.

    Args:
        choose: the objects whose masks are refined.
    """

    choose: Choice = EVERYTHING

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """See `Transform`."""
        if not len(detections):
            return detections
        keep = self.choose.keep(detections).tolist()
        masks = tuple(
            refined(frame.image, mask) if one else mask for mask, one in zip(detections.masks, keep, strict=True)
        )
        return dataclasses.replace(detections, masks=masks)


def refined(image: Picture, mask: MaskCrop) -> MaskCrop:
    """Fits the edge of a mask to the picture.

    Args:
        image: uint8 (H, W, 3), BGR.
        mask: inside the picture.

    Returns:
        a soft mask; the mask itself where it is too small for a better one (under 8 pixels wide or high), or where
        nothing of it would be left.
    """
    height, width = mask.bitmap.shape
    if min(height, width) < 8 or not mask.bitmap.any():
        return mask
    reach = max(2, round(REACH * math.sqrt(height * width)))
    top, left = max(0, mask.top - 2 * reach), max(0, mask.left - 2 * reach)
    bottom = min(image.shape[0], mask.top + height + 2 * reach)
    right = min(image.shape[1], mask.left + width + 2 * reach)
    hard = np.zeros((bottom - top, right - left), np.uint8)
    hard[mask.top - top :, mask.left - left :][:height, :width] = mask.bitmap
    near, inside = _band(hard, reach)
    soft = guided(np.ascontiguousarray(image[top:bottom, left:right]), hard, reach)
    steep = cv2.convertScaleAbs(np.clip((soft - 0.5) * _STEEP + 0.5, 0, 1), alpha=255)
    alpha = np.where(inside, np.uint8(255), np.where(near, steep, np.uint8(0)))
    result = SoftMaskCrop.from_alpha(top, left, np.asarray(alpha, np.uint8))
    return result if result.bitmap.any() else mask


def guided(image: Picture, mask: NDArray[np.uint8], radius: int) -> Floats:
    """The mask as a linear function of the colours around each pixel.

    Args:
        image: uint8 (h, w, 3).
        mask: uint8 (h, w) of 0 and 1.
        radius: of the surroundings, in pixels.

    Returns:
        float32 (h, w), about 0 to 1.
    """
    height, width = mask.shape
    scale = min(1.0, _SMALL / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
    shares = np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    weights = _linear_function(small, shares, max(1, round(radius * scale)))
    weights = np.asarray(cv2.resize(weights, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return (weights[:, :, :3] * image).sum(axis=2) / np.float32(255) + weights[:, :, 3]


def _linear_function(image: Floats, mask: Floats, radius: int) -> Floats:
    """Weights of blue, green, red and 1, float32 (h, w, 4), by least squares around each pixel, then averaged."""

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.boxFilter(values, -1, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT), np.float32)

    means, mask_mean = mean(image), mean(mask)
    products = mean(image * mask[:, :, None]) - means * mask_mean[:, :, None]
    blue, green, red = cv2.split(image)
    bb, gg, rr = mean(blue * blue), mean(green * green), mean(red * red)
    bg, br, gr = mean(blue * green), mean(blue * red), mean(green * red)
    b, g, r = cv2.split(means)
    even = np.float32(EVEN)
    bb, gg, rr = bb - b * b + even, gg - g * g + even, rr - r * r + even
    bg, br, gr = bg - b * g, br - b * r, gr - g * r
    # The inverse of a symmetric 3 x 3 matrix at each pixel, by its cofactors.
    c00, c01, c02 = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    c11, c12, c22 = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    determinant = bb * c00 + bg * c01 + br * c02
    x, y, z = cv2.split(products)
    weights = np.dstack([c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z])
    weights = np.asarray(weights / determinant[:, :, None], np.float32)
    offset = mask_mean - (weights * means).sum(axis=2)
    return mean(np.asarray(np.dstack([weights, offset]), np.float32))


def _band(mask: NDArray[np.uint8], reach: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels at most `reach` beyond the mask, and those at least so far inside it, bool (h, w) each."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(mask, kernel) > 0, cv2.erode(mask, kernel) > 0
