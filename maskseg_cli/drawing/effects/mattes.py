"""Mattes: the share of each pixel that belongs to objects, with smooth edges; and blending by them."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.soft_mask import SoftMaskCrop

#: A picture, uint8 (H, W, 3), BGR; a matte, uint8 (H, W): 255 on objects, 0 beside them.
Picture = NDArray[np.uint8]
Matte = NDArray[np.uint8]

#: A part of a picture: rows and columns.
Region = tuple[slice, slice]


def feathered(mask: MaskCrop, size: tuple[int, int]) -> tuple[int, int, Matte]:
    """The mask of one object with an edge about two pixels wide.

    Args:
        mask: inside the picture; the alpha of a `SoftMaskCrop` is taken as it is.
        size: (height, width) of the picture.

    Returns:
        top and left of the matte in the picture, and the matte, uint8. It reaches a pixel beyond the mask, but not
        beyond the picture, at whose border the object is cut off sharply.
    """
    if isinstance(mask, SoftMaskCrop):
        return mask.top, mask.left, mask.alpha
    height, width = mask.bitmap.shape
    if not height or not width:
        return mask.top, mask.left, np.zeros((0, 0), np.uint8)
    above, before = min(1, mask.top), min(1, mask.left)
    below, behind = min(1, size[0] - mask.top - height), min(1, size[1] - mask.left - width)
    hard = np.ascontiguousarray(mask.bitmap).view(np.uint8) * np.uint8(255)
    padded = cv2.copyMakeBorder(hard, above, below, before, behind, cv2.BORDER_CONSTANT, value=0)
    soft = np.asarray(cv2.blur(padded, (3, 3), borderType=cv2.BORDER_REPLICATE), np.uint8)
    return mask.top - above, mask.left - before, soft


def matte_of(masks: Iterable[MaskCrop], size: tuple[int, int]) -> Matte:
    """The matte of all objects together, of the whole picture."""
    matte = np.zeros(size, np.uint8)
    for mask in masks:
        top, left, soft = feathered(mask, size)
        if soft.size:
            region = matte[top : top + soft.shape[0], left : left + soft.shape[1]]
            cv2.max(region, soft, dst=region)
    return matte


def region_of(masks: Iterable[MaskCrop], size: tuple[int, int], margin: int = 1) -> Region | None:
    """The smallest part of the picture that holds all masks and `margin` pixels around them; None without any."""
    boxes = [
        (mask.top, mask.left, mask.top + mask.bitmap.shape[0], mask.left + mask.bitmap.shape[1])
        for mask in masks
        if mask.bitmap.size
    ]
    if not boxes:
        return None
    tops, lefts, bottoms, rights = zip(*boxes, strict=True)
    return (
        slice(max(0, min(tops) - margin), min(size[0], max(bottoms) + margin)),
        slice(max(0, min(lefts) - margin), min(size[1], max(rights) + margin)),
    )


def regions_of(masks: Iterable[MaskCrop], size: tuple[int, ...]) -> list[Region]:
    """The part of the picture, `size` (height, width), around each mask that is not empty; they may overlap."""
    return [one for mask in masks if (one := region_of([mask], (size[0], size[1]))) is not None]


def blend(below: Picture, above: Picture, alpha: Matte) -> Picture:
    """`above` where alpha is 255, `below` where it is 0, and a mixture between; at most one level off.

    Example:
        >>> black, white = np.zeros((1, 3, 3), np.uint8), np.full((1, 3, 3), 255, np.uint8)
        >>> blend(black, white, np.array([[0, 100, 255]], np.uint8))[0, :, 0].tolist()
        [0, 100, 255]
    """
    weights = cv2.merge([alpha, alpha, alpha])
    mixed = cv2.multiply(below, cv2.bitwise_not(weights), scale=1 / 255)
    return np.asarray(cv2.add(mixed, cv2.multiply(above, weights, scale=1 / 255), dst=mixed), np.uint8)


def with_objects(below: Picture, above: Picture, matte: Matte, masks: Iterable[MaskCrop]) -> Picture:
    """`blend`, where the matte is 0 beyond these masks: only around them anything is computed.

    Args:
        below: its own array, not shared with anything: it is changed, and returned.
    """
    regions = regions_of(masks, matte.shape)
    # All parts before any is written: regions may overlap.
    parts = [blend(*(np.ascontiguousarray(array[one]) for array in (below, above, matte))) for one in regions]
    for region, part in zip(regions, parts, strict=True):
        below[region] = part
    return below
