"""Masks that move with a box: moved, scaled, interpolated between two frames, and voted on by neighbouring frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.tracking.mask_overlap import mask_iou

Box = NDArray[np.floating]

#: A box that changes by less than this share of its size moves its mask without scaling it.
_SAME_SIZE = 0.02


def clipped_box(box: Box, image_size: tuple[int, int]) -> NDArray[np.float32]:
    """The part of a box inside a picture of (height, width), float32 (4,)."""
    height, width = image_size
    return np.clip(np.asarray(box, np.float32), 0, np.array([width, height, width, height], np.float32))


def bounds(mask: MaskCrop) -> NDArray[np.float64]:
    """The smallest box around the pixels of a mask, x1 y1 x2 y2; it has some."""
    rows, columns = np.flatnonzero(mask.bitmap.any(axis=1)), np.flatnonzero(mask.bitmap.any(axis=0))
    top, left = mask.top + rows[0], mask.left + columns[0]
    return np.array([left, top, mask.left + columns[-1] + 1, mask.top + rows[-1] + 1], float)


def moved_mask(mask: MaskCrop, start: Box, end: Box, image_size: tuple[int, int]) -> MaskCrop:
    """The mask as it moves and grows with its box from `start` to `end`, x1 y1 x2 y2, cut at the picture's edges."""
    h, w = mask.bitmap.shape
    if h == 0 or w == 0:
        return mask
    x1, y1, x2, y2 = (float(v) for v in start)
    u1, v1, u2, v2 = (float(v) for v in end)
    across = (u2 - u1) / max(x2 - x1, 1e-6)
    down = (v2 - v1) / max(y2 - y1, 1e-6)
    bitmap = mask.bitmap
    if abs(across - 1) <= _SAME_SIZE and abs(down - 1) <= _SAME_SIZE:
        # The centre decides, so that noise of one edge moves the mask by half of it only.
        left = mask.left + round((u1 + u2 - x1 - x2) / 2)
        top = mask.top + round((v1 + v2 - y1 - y2) / 2)
    else:
        left = round(u1 + (mask.left - x1) * across)
        top = round(v1 + (mask.top - y1) * down)
        right = max(left + 1, round(u1 + (mask.left + w - x1) * across))
        bottom = max(top + 1, round(v1 + (mask.top + h - y1) * down))
        height, width = image_size
        if right - left > 2 * width + 64 or bottom - top > 2 * height + 64:  # a wild box: nothing of use can be drawn
            return MaskCrop(0, 0, np.zeros((0, 0), bool))
        scaled = cv2.resize(bitmap.view(np.uint8), (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
        bitmap = np.asarray(scaled).view(np.bool_)
    return _cut(bitmap, top, left, image_size)


def between_masks(
    masks: tuple[MaskCrop, MaskCrop], boxes: tuple[Box, Box], share: float, box: Box, image_size: tuple[int, int]
) -> MaskCrop:
    """The mask of an object between two frames: both masks move into the box in between, and their outlines blend.

    Args:
        masks, boxes: of the frame before and of the frame after.
        share: 0 at the frame before, 1 at the frame after.
        box: of the object in between.
        image_size: (height, width).
    """
    before = moved_mask(masks[0], boxes[0], box, image_size)
    after = moved_mask(masks[1], boxes[1], box, image_size)
    stack = _stacked([before, after])
    if stack is None:
        return before if share < 0.5 else after
    top, left, (a, b) = stack
    if not a.any() or not b.any():
        return before if share < 0.5 else after
    blended = (1 - share) * _signed_distance(a) + share * _signed_distance(b)
    return MaskCrop(top, left, blended > 0)


def voted_mask(mask: MaskCrop, others: Sequence[MaskCrop]) -> MaskCrop:
    """The majority of a mask and two of neighbouring frames, where those agree with each other better than with it.

    A mask that one frame alone gets wrong is corrected so, and one that really changes stays as it is.

    Args:
        mask: of the frame.
        others: of two other frames, moved to the object's place in this one.
    """
    first, second = others
    areas = mask.area, first.area, second.area
    agreed = mask_iou(first, second, (areas[1], areas[2]))
    alone = max(mask_iou(first, mask, (areas[1], areas[0])), mask_iou(second, mask, (areas[2], areas[0])))
    if agreed <= alone:
        return mask
    stack = _stacked([mask, first, second])
    if stack is None:
        return mask
    top, left, (own, a, b) = stack
    majority = (own & (a | b)) | (a & b)
    return MaskCrop(top, left, majority.view(np.bool_)) if majority.any() else mask


def _stacked(masks: Sequence[MaskCrop]) -> tuple[int, int, list[NDArray[np.uint8]]] | None:
    """Masks on one canvas that holds all of them: its top, its left, and uint8 arrays; None where there is no pixel."""
    with_pixels = [mask for mask in masks if mask.bitmap.size]
    if not with_pixels:
        return None
    top, left = min(mask.top for mask in with_pixels), min(mask.left for mask in with_pixels)
    bottom = max(mask.top + mask.bitmap.shape[0] for mask in with_pixels)
    right = max(mask.left + mask.bitmap.shape[1] for mask in with_pixels)
    canvases = []
    for mask in masks:
        canvas = np.zeros((bottom - top, right - left), np.uint8)
        h, w = mask.bitmap.shape
        y, x = mask.top - top, mask.left - left
        if mask.bitmap.size:
            canvas[y : y + h, x : x + w] = mask.bitmap
        canvases.append(canvas)
    return top, left, canvases


def _signed_distance(mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distance of each pixel from the outline: positive inside, negative outside."""
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    outside = cv2.distanceTransform(1 - padded, cv2.DIST_L2, 3)
    return np.asarray((inside - outside)[1:-1, 1:-1], np.float32)


def _cut(bitmap: NDArray[np.bool_], top: int, left: int, image_size: tuple[int, int]) -> MaskCrop:
    """A crop without its part outside the picture."""
    height, width = image_size
    h, w = bitmap.shape
    y1, y2, x1, x2 = max(0, top), min(height, top + h), max(0, left), min(width, left + w)
    if y1 >= y2 or x1 >= x2:
        return MaskCrop(0, 0, np.zeros((0, 0), bool))
    return MaskCrop(y1, x1, bitmap[y1 - top : y2 - top, x1 - left : x2 - left])
