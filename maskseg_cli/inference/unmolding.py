"""Unmolding: converts the network's boxes and small masks to `Detections` in pixels of the original picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.inference.interpolation import bilinear_resize
from maskseg_cli.inference.molding import Molded
from maskseg_cli.model.box_frames import LAST_PIXEL, denormalize_boxes, normalize_boxes

#: A pixel belongs to the object from this probability on.
MASK_THRESHOLD = 0.5


def unmold(
    boxes: NDArray[np.float32],
    class_ids: NDArray[np.int32],
    scores: NDArray[np.float32],
    masks: NDArray[np.float32],
    molded: Molded,
    config: MaskRCNNConfig,
    class_names: tuple[str, ...] = (),
) -> Detections:
    """Makes the detections of one picture from the network's output.

    Args:
        boxes: (N, 4), (y1, x1, y2, x2) in the network's frame.
        class_ids: (N,).
        scores: (N,).
        masks: (N, h, w), probabilities over each box.
        molded: the picture after `mold`.
        config: the network's options: box_frame decides how boxes are converted, mask_paste and mask_border how masks
            are drawn.
        class_names: index -> name, for the `Detections`.

    Returns:
        the objects in their order, without those that have no pixel.
    """
    size = molded.original_shape[:2]
    pixels: NDArray[Any]
    paste: Callable[[Any, Any, tuple[int, int]], MaskCrop]
    if config.box_frame == "normalized":
        pixels = unmold_normalized_boxes(boxes, molded)
    else:
        pixels = unmold_pixel_boxes(boxes, molded, LAST_PIXEL[config.box_frame])
    kind = config.mask_paste or ("box" if config.box_frame == "normalized" else "centers")
    if kind == "box":
        paste = paste_in_box
    elif kind == "expanded":
        paste = paste_expanded
    else:
        paste = partial(paste_with_border, border=config.mask_border)
    solid = (pixels[:, 2] > pixels[:, 0]) & (pixels[:, 3] > pixels[:, 1])
    crops = [paste(mask, box, size) for mask, box in zip(masks[solid], pixels[solid], strict=True)]
    xyxy = np.ascontiguousarray(pixels[solid][:, [1, 0, 3, 2]], dtype=np.float32)
    return Detections(
        xyxy,
        class_ids[solid].astype(np.int32),
        scores[solid].astype(np.float32),
        tuple(crops),
        size,
        class_names,
    )


def unmold_normalized_boxes(boxes: NDArray[np.float32], molded: Molded) -> NDArray[np.int32]:
    """Converts Matterport's boxes: relative to the window, then whole pixels of the original picture, int32 (N, 4)."""
    height, width = molded.image.shape[:2]
    window = normalize_boxes(np.array(molded.window)[None], height, width)[0]
    y1, x1, y2, x2 = window
    shift = np.array([y1, x1, y1, x1])
    scale = np.array([y2 - y1, x2 - x1, y2 - y1, x2 - x1])
    # a window one pixel high has no extent here: every box begins and ends on that pixel
    relative = np.divide(boxes - shift, scale, out=np.zeros(boxes.shape, np.float32), where=scale > 0)
    return denormalize_boxes(relative, *molded.original_shape[:2])


def unmold_pixel_boxes(boxes: NDArray[np.float32], molded: Molded, last: float = 1.0) -> NDArray[np.float64]:
    """First and last pixels of the molded picture -> half-open pixels of the original, float64 (N, 4).

    With `last` 0 the boxes of the molded picture are half-open, too. The scale applies to the last pixel itself; the
    step from it to the end of the box is one pixel of the original. The result is clipped to the picture.
    """
    top, left, bottom, right = molded.window
    height, width = molded.original_shape[:2]
    scale_y, scale_x = (bottom - top) / height, (right - left) / width
    pixels = (boxes - [top, left, top, left]) / [scale_y, scale_x, scale_y, scale_x] + [0, 0, last, last]
    return np.clip(pixels, 0, [height, width, height, width])


def paste_in_box(mask: NDArray[np.float32], box: NDArray[np.int32], size: tuple[int, int]) -> MaskCrop:
    """Matterport's `unmold_mask`: the mask resized to the whole pixels of its box, then cut at the threshold.

    Args:
        mask: float32 (h, w), probabilities.
        box: int (4,), (y1, x1, y2, x2).
        size: (height, width) of the picture.
    """
    y1, x1, y2, x2 = (int(side) for side in box)
    bitmap = bilinear_resize(mask, y2 - y1, x2 - x1).astype(np.float32) >= MASK_THRESHOLD
    return _inside(y1, x1, bitmap, size)


def paste_with_border(
    mask: NDArray[np.float32], box: NDArray[np.float64], size: tuple[int, int], border: int = 1
) -> MaskCrop:
    """The mask drawn over its box with sub-pixel accuracy.

    A pixel belongs to the object when its centre lies in the box, and the mask, bilinear between the centres of its
    cells, reaches the threshold there.

    Args:
        mask: float32 (h, w), probabilities.
        box: float (4,), (y1, x1, y2, x2), half-open pixels.
        size: (height, width) of the picture.
        border: cells of zero around the mask, towards which its outermost half cells fade; 0: they do not fade.

    Example:
        >>> crop = paste_with_border(np.ones((24, 24), np.float32), np.array([2.5, 3, 6.4, 9]), (20, 30))
        >>> crop.top, crop.left, crop.bitmap.shape, crop.area
        (2, 3, (4, 6), 24)
    """
    y1, x1, y2, x2 = box
    cell_y, cell_x = (y2 - y1) / mask.shape[0], (x2 - x1) / mask.shape[1]
    top, left = max(0, math.ceil(y1 - 0.5)), max(0, math.ceil(x1 - 0.5))
    bottom, right = min(size[0], math.floor(y2 + 0.5)), min(size[1], math.floor(x2 + 0.5))
    if bottom <= top or right <= left:
        return MaskCrop(top, left, np.zeros((0, 0), bool))
    # pixel centre -> position among the centres of the mask's cells
    to_mask = np.array(
        [
            [1 / cell_x, 0, (left + 0.5 - x1) / cell_x - 0.5],
            [0, 1 / cell_y, (top + 0.5 - y1) / cell_y - 0.5],
        ]
    )
    soft = cv2.warpAffine(
        mask,
        to_mask,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT if border else cv2.BORDER_REPLICATE,
        borderValue=0,
    )
    return MaskCrop(top, left, soft >= MASK_THRESHOLD)


def paste_expanded(mask: NDArray[np.float32], box: NDArray[Any], size: tuple[int, int]) -> MaskCrop:
    """torchvision's way: a border of one zero cell, the box enlarged as much and cut off to whole pixels, resized.

    Args:
        mask: float32 (h, w), probabilities.
        box: float (4,), (y1, x1, y2, x2), half-open pixels.
        size: (height, width) of the picture.
    """
    padded = np.pad(mask, 1)
    grown = np.array(padded.shape, np.float64) / mask.shape
    box = np.asarray(box, np.float64)
    centre, half = (box[2:] + box[:2]) * 0.5, (box[2:] - box[:2]) * 0.5 * grown
    # Truncated towards zero, and the last pixel belongs to the box.
    (y1, x1), (y2, x2) = (int(side) for side in centre - half), (int(side) for side in centre + half)
    soft = cv2.resize(padded, (max(1, x2 - x1 + 1), max(1, y2 - y1 + 1)), interpolation=cv2.INTER_LINEAR)
    return _inside(y1, x1, np.asarray(soft) >= MASK_THRESHOLD, size)


def _inside(top: int, left: int, bitmap: NDArray[Any], size: tuple[int, int]) -> MaskCrop:
    """A crop without what lies outside the picture."""
    height, width = bitmap.shape
    y1, x1 = max(0, top), max(0, left)
    y2, x2 = min(size[0], top + height), min(size[1], left + width)
    return MaskCrop(y1, x1, bitmap[y1 - top : max(y1, y2) - top, x1 - left : max(x1, x2) - left])
