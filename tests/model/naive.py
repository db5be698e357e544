"""What the network's parts compute, in plain NumPy and float64: slow, obvious, and written for the tests alone.

Boxes are (y1, x1, y2, x2), images and maps (h, w, channels); there is no batch axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def iou(a: NDArray[Any], b: NDArray[Any]) -> Array:
    """Intersection over union of each box of `a` with each of `b`; 0 where one has no area."""
    result = np.zeros((len(a), len(b)))
    for i, (ay1, ax1, ay2, ax2) in enumerate(np.asarray(a, float)):
        for j, (by1, bx1, by2, bx2) in enumerate(np.asarray(b, float)):
            height, width = min(ay2, by2) - max(ay1, by1), min(ax2, bx2) - max(ax1, bx1)
            areas = (ay2 - ay1) * (ax2 - ax1), (by2 - by1) * (bx2 - bx1)
            if height > 0 and width > 0 and min(areas) > 0:
                result[i, j] = height * width / (sum(areas) - height * width)
    return result


def nms(boxes: NDArray[Any], scores: NDArray[Any], threshold: float, count: int) -> list[int]:
    """Greedy suppression: best score first, the lower index among equals."""
    overlaps = iou(boxes, boxes)
    kept: list[int] = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if len(kept) < count and all(overlaps[i, j] <= threshold for j in kept):
            kept.append(i)
    return kept


def is_clear(boxes: NDArray[Any], threshold: float, margin: float = 1e-5) -> bool:
    """Whether no two boxes overlap so near the threshold that float32 could decide the other way."""
    return bool((np.abs(iou(boxes, boxes) - threshold) > margin).all())


def decode(anchors: NDArray[Any], deltas: NDArray[Any], last_pixel: float = 0.0, limit: float = np.inf) -> Array:
    """Faster R-CNN's equation 2."""
    anchors, deltas = np.asarray(anchors, float), np.asarray(deltas, float)
    sizes = anchors[:, 2:] - anchors[:, :2] + last_pixel
    centres = anchors[:, :2] + sizes / 2 + deltas[:, :2] * sizes
    sizes = sizes * np.exp(np.minimum(deltas[:, 2:], limit))
    return np.concatenate([centres - sizes / 2, centres + sizes / 2 - last_pixel], axis=1)


def clip(boxes: Array, window: NDArray[Any]) -> Array:
    """Every side moved into the window (4,)."""
    return np.clip(boxes, np.tile(window[:2], 2), np.tile(window[2:], 2))


def conv(x: NDArray[Any], kernel: NDArray[Any], bias: NDArray[Any], stride: int = 1, pad: int = 0) -> Array:
    """A convolution after `pad` zeros on each side; kernel (kh, kw, in, out)."""
    return bias + sum(part @ kernel[i, j] for i, j, part in _shifted(x, kernel.shape, stride, pad))


def depthwise(x: NDArray[Any], kernel: NDArray[Any], bias: NDArray[Any], stride: int = 1, pad: int = 0) -> Array:
    """A convolution of each channel with its own kernel, (kh, kw, channels, 1)."""
    return bias + sum(part * kernel[i, j, :, 0] for i, j, part in _shifted(x, kernel.shape, stride, pad))


def _shifted(x: NDArray[Any], shape: tuple[int, ...], stride: int, pad: int) -> Iterator[tuple[int, int, Array]]:
    """For each place (i, j) of a kernel the values that it meets, one for each position of the result."""
    x = np.pad(np.asarray(x, float), [(pad, pad), (pad, pad), (0, 0)])
    height, width = (x.shape[0] - shape[0]) // stride + 1, (x.shape[1] - shape[1]) // stride + 1
    for i, j in np.ndindex(shape[0], shape[1]):
        yield i, j, x[i : i + stride * height : stride, j : j + stride * width : stride][:height, :width]


def transposed_conv(x: NDArray[Any], kernel: NDArray[Any], bias: NDArray[Any], stride: int, crop: int = 0) -> Array:
    """A transposed convolution, `crop` rows and columns cut from each side; kernel (kh, kw, out, in)."""
    kh, kw, channels, _ = kernel.shape
    height, width = x.shape[:2]
    result = np.zeros((stride * (height - 1) + kh, stride * (width - 1) + kw, channels)) + bias
    for i in range(height):
        for j in range(width):
            result[stride * i : stride * i + kh, stride * j : stride * j + kw] += kernel @ x[i, j]
    return result[crop : result.shape[0] - crop, crop : result.shape[1] - crop]


def sample(feature_map: NDArray[Any], y: float, x: float) -> Array:
    """The bilinear value at a position among the centres of the cells; zero beyond the first and the last."""
    height, width = feature_map.shape[:2]
    if not (0 <= y <= height - 1 and 0 <= x <= width - 1):
        return np.zeros(feature_map.shape[2])
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    upper = feature_map[top, left] * (1 - (x - left)) + feature_map[top, right] * (x - left)
    lower = feature_map[bottom, left] * (1 - (x - left)) + feature_map[bottom, right] * (x - left)
    return upper * (1 - (y - top)) + lower * (y - top)


def roi_align(
    feature_map: NDArray[Any], box: NDArray[Any], stride: int, size: int, samples: int = 2, clamped: bool = False
) -> Array:
    """Each of size x size bins is the mean of samples x samples; see `sample`.

    Args:
        feature_map: (h, w, c).
        box: (4,), pixels.
        clamped: beyond the last cells' centres their values go on for one more cell.
    """
    feature_map = np.asarray(feature_map, float)
    y1, x1, y2, x2 = (float(side) / stride for side in box)
    height, width = max(y2 - y1, 1.0), max(x2 - x1, 1.0)
    if clamped:
        feature_map = np.concatenate([feature_map, feature_map[-1:]], axis=0)
        feature_map = np.concatenate([feature_map, feature_map[:, -1:]], axis=1)
    offsets = (np.arange(size * samples) + 0.5) / (size * samples)
    fine = np.array([[sample(feature_map, y1 + v * height, x1 + u * width) for u in offsets] for v in offsets])
    return fine.reshape(size, samples, size, samples, -1).mean(axis=(1, 3))


def softmax(logits: NDArray[Any]) -> Array:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sigmoid(logits: NDArray[Any]) -> Array:
    """Element by element."""
    return 1 / (1 + np.exp(-np.asarray(logits, float)))
