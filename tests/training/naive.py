"""Plain implementations on boxes, with which the targets are compared."""

from __future__ import annotations

import numpy as np

from maskseg_cli.model.box_frames import LAST_PIXEL

#: The width of the pictures of `scene`, in each frame.
EXTENT = {"normalized": 1.0, "pixels": 200.0}


def iou(a: np.ndarray, b: np.ndarray, last: float) -> float:
    shared = intersection(a, b, last)
    both = area(a, last) + area(b, last)
    return shared / (both - shared) if shared else 0.0


def intersection(a: np.ndarray, b: np.ndarray, last: float) -> float:
    height = min(a[2], b[2]) - max(a[0], b[0]) + last
    width = min(a[3], b[3]) - max(a[1], b[1]) + last
    return float(max(height, 0) * max(width, 0))


def area(a: np.ndarray, last: float) -> float:
    return float((a[2] - a[0] + last) * (a[3] - a[1] + last))


def ignored(box: np.ndarray, regions: np.ndarray, last: float) -> bool:
    return any(
        iou(box, region, last) >= 0.001 or intersection(box, region, last) >= 0.5 * area(box, last)
        for region in regions
    )


def encode(reference: np.ndarray, box: np.ndarray, last: float) -> list[float]:
    """(dy, dx, log dh, log dw)."""
    deltas = []
    for near in (0, 1):
        size = reference[near + 2] - reference[near] + last
        own = box[near + 2] - box[near] + last
        deltas.append((box[near] + own / 2 - reference[near] - size / 2) / size)
    for near in (0, 1):
        size = reference[near + 2] - reference[near] + last
        deltas.append(np.log((box[near + 2] - box[near] + last) / size))
    return deltas


def random_boxes(rng: np.random.Generator, count: int, extent: float, sides: tuple[float, float]) -> np.ndarray:
    """float32 (count, 4), sides as shares of the picture."""
    near = rng.uniform(-0.1, 0.8, (count, 2))
    return (np.hstack([near, near + rng.uniform(*sides, (count, 2))]) * extent).astype(np.float32)


def scene(seed: int, frame: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes (G, 4), their classes with crowds and padding among them, and boxes around them that fit more or less."""
    rng = np.random.default_rng(seed)
    extent = EXTENT[frame]
    boxes = random_boxes(rng, int(rng.integers(0, 6)), extent, (0.1, 0.5))
    class_ids = rng.choice([-2, -1, 0, 1, 2, 3], len(boxes), p=[0.1, 0.1, 0.1, 0.3, 0.2, 0.2]).astype(np.int32)
    boxes[class_ids == 0] = 0
    near = [box + rng.normal(0, 0.08 * (box[2] - box[0]), (12, 4)) for box in boxes[class_ids != 0]]
    around = np.concatenate([*near, random_boxes(rng, 20, extent, (0.02, 0.6))]).astype(np.float32)
    around[:, 2:] = np.maximum(around[:, 2:], around[:, :2] + 0.01 * extent)
    return boxes, class_ids, rng.permutation(around)


def last_pixel(frame: str) -> float:
    return LAST_PIXEL[frame]
