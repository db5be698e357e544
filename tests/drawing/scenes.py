"""Detections for the tests of the renderer: chosen by hand, and any that hypothesis can think of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop

NAMES = ("background", "person", "zebra", "dog")


def detections_of(
    masks: Sequence[NDArray[Any]],
    class_ids: Sequence[int] | None = None,
    scores: Sequence[float] | None = None,
    names: Sequence[str] = NAMES,
    tracker_id: Sequence[int] | None = None,
    image_size: tuple[int, int] | None = None,
) -> Detections:
    """Objects of these full-size masks, each with the box of its pixels."""
    crops = [MaskCrop.from_full(mask) for mask in masks]
    boxes = [(c.left, c.top, c.left + c.bitmap.shape[1], c.top + c.bitmap.shape[0]) for c in crops]
    n = len(crops)
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(class_ids if class_ids is not None else [1] * n, np.int32),
        np.array(scores if scores is not None else [0.987] * n, np.float32),
        tuple(crops),
        image_size or masks[0].shape,  # type: ignore[arg-type]
        tuple(names),
        None if tracker_id is None else np.array(tracker_id, np.int32),
    )


def rectangle(height: int, width: int, x1: int, y1: int, x2: int, y2: int) -> NDArray[np.bool_]:
    """A full-size mask that is True in one rectangle, x2 and y2 exclusive."""
    mask = np.zeros((height, width), dtype=bool)
    mask[y1:y2, x1:x2] = True
    return mask


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """A picture in which every changed pixel shows."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def near(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """All pixels within this distance (along rows and columns) of the mask."""
    kernel = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels that differ, bool (H, W)."""
    return (before != after).any(axis=2)


@st.composite
def any_detections(draw: st.DrawFn, max_side: int = 60, max_count: int = 8) -> Detections:
    """Crops of any size at any place, empty and one-pixel ones too, with boxes that need not fit them."""
    height, width = draw(st.integers(1, max_side)), draw(st.integers(1, max_side))
    n = draw(st.integers(0, max_count))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crops, boxes = [], []
    for _ in range(n):
        x1, x2 = sorted((draw(st.integers(0, width)), draw(st.integers(0, width))))
        y1, y2 = sorted((draw(st.integers(0, height)), draw(st.integers(0, height))))
        density = draw(st.sampled_from((0.0, 0.3, 0.7, 1.0)))
        crops.append(MaskCrop(y1, x1, random.random((y2 - y1, x2 - x1)) < density))
        boxes.append([value + draw(st.floats(-3, 3)) for value in (x1, y1, x2, y2)])
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([draw(st.integers(1, 3)) for _ in range(n)], np.int32),
        np.array([draw(st.floats(0, 1)) for _ in range(n)], np.float32),
        tuple(crops),
        (height, width),
        NAMES,
    )
