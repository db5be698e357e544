"""A second implementation of the lite network in plain NumPy and float64, on the arrays of its weights file.

Written from the description of Mask R-CNN2Go's graph and independent of the package: other names, another order of
coordinates (boxes and deltas are x before y, as the arrays have them), one picture and one region at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.model import naive

Array = NDArray[np.float64]

#: Blocks of a stage, the strided ones, and those that add their input.
TRUNK = ["0_0", "1_0", "1_1", "2_0", "2_1", "2_2", "3_0", "3_1", "3_2", "3_3", "3_4", "3_5", "3_6"]
TRUNK_STRIDED = {"1_0", "2_0", "3_0"}
TRUNK_ADDING = {"1_1", "2_1", "2_2", "3_1", "3_2", "3_3", "3_5", "3_6"}
CELL = 16
POOL = 6
DELTA_LIMIT = np.log(1000 / 16)


class Found(NamedTuple):
    """Detections of one picture, best first; boxes x1 y1 x2 y2, first and last pixels."""

    boxes: Array
    class_ids: NDArray[np.int64]
    scores: Array
    masks: Array


class NumpyLite:
    """The network over a mapping of its arrays."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    def _conv(self, name: str, x: Array, **options: int) -> Array:
        return naive.conv(x, self.arrays[f"{name}/kernel"], self.arrays[f"{name}/bias"], **options)

    def _dense(self, name: str, x: Array) -> Array:
        return x @ self.arrays[f"{name}/kernel"] + self.arrays[f"{name}/bias"]

    def _transposed(self, name: str, x: Array, crop: int) -> Array:
        kernel, bias = self.arrays[f"{name}/kernel"], self.arrays[f"{name}/bias"]
        return naive.transposed_conv(x, kernel, bias, stride=2, crop=crop)

    def _block(self, name: str, x: Array, stride: int = 1, add: bool = False) -> Array:
        y = np.maximum(self._conv(f"{name}/expand", x), 0)
        kernel, bias = self.arrays[f"{name}/depthwise/kernel"], self.arrays[f"{name}/depthwise/bias"]
        y = self._conv(f"{name}/project", naive.depthwise(y, kernel, bias, stride, pad=1))
        return x + y if add else y

    def features(self, image: NDArray[Any]) -> Array:
        """Picture (h, w, 3), BGR, 0..255 -> map (h / 16, w / 16, 128)."""
        x = np.maximum(self._conv("trunk/stem", np.asarray(image, float), stride=2, pad=1), 0)
        for block in TRUNK:
            x = self._block(f"trunk/block{block}", x, 2 if block in TRUNK_STRIDED else 1, block in TRUNK_ADDING)
        return x

    def region_scores(self, features: Array) -> tuple[Array, Array]:
        """Probabilities (h, w, 15) and deltas (h, w, 15, 4), (dx, dy, dw, dh)."""
        x = features
        for block in ("3_4", "3_5", "3_6"):
            x = self._block(f"rpn/block{block}", x, add=True)
        deltas = self._conv("rpn/deltas", x)
        return naive.sigmoid(self._conv("rpn/logits", x)), deltas.reshape(*deltas.shape[:2], -1, 4)

    def proposals(self, features: Array, size: tuple[int, int], best: int, count: int) -> Array:
        """Boxes (P, 4), best first."""
        scores, deltas = self.region_scores(features)
        rows, columns = np.indices(scores.shape[:2])
        shifts = CELL * np.stack([columns, rows, columns, rows], axis=-1)[:, :, None]
        anchors = (self.arrays["rpn/anchors_xyxy"] + shifts).reshape(-1, 4)
        scores, deltas = scores.ravel(), deltas.reshape(-1, 4)
        order = np.argsort(-scores, kind="stable")[:best]
        boxes = self._clipped(naive.decode(anchors[order], deltas[order], 1.0, DELTA_LIMIT), size)
        return boxes[naive.nms(boxes, scores[order], 0.7, count)]

    @staticmethod
    def _clipped(boxes: Array, size: tuple[int, int]) -> Array:
        return naive.clip(boxes, np.array([0, 0, size[1] - 1, size[0] - 1]))

    @staticmethod
    def _pooled(features: Array, box: Array) -> Array:
        return naive.roi_align(features, box[[1, 0, 3, 2]], CELL, POOL)

    def _head(self, part: str, x: Array, stride: int) -> Array:
        x = self._block(f"{part}/block4_0", x, stride, add=stride == 1)
        x = self._block(f"{part}/block4_1", x, add=True)
        x = self._block(f"{part}/block4_2", x, add=True)
        return self._block(f"{part}/block4_3", x)

    def classify(self, features: Array, box: Array) -> tuple[Array, Array]:
        """Probabilities (classes,) and the box for each class (classes, 4), not yet clipped."""
        x = np.maximum(self._conv("box/conv1x1", self._head("box", self._pooled(features, box), 2)), 0).mean(
            axis=(0, 1)
        )
        deltas = self._dense("box/deltas", x).reshape(-1, 4) / [10, 10, 5, 5]
        return naive.softmax(self._dense("box/class_logits", x)), naive.decode(box[None], deltas, 1.0, DELTA_LIMIT)

    def mask(self, features: Array, box: Array, label: int) -> Array:
        """Probabilities (24, 24) of one class over a final box."""
        x = self._head("mask", self._pooled(features, box), 1)
        x = self._conv("mask/logits", np.maximum(self._transposed("mask/upsample", x, crop=0), 0))
        return naive.sigmoid(self._transposed("mask/logits_upsample", x, crop=1)[:, :, label])

    def __call__(self, image: NDArray[Any], best: int, count: int, min_score: float) -> Found:
        """Everything: at most `count` proposals from the `best` anchors, detections of at least `min_score`."""
        size = image.shape[0], image.shape[1]
        features = self.features(image)
        candidates = []
        for box in self.proposals(features, size, best, count):
            scores, refined = self.classify(features, box)
            refined = self._clipped(refined, size)
            candidates += [(scores[i], i, refined[i]) for i in range(1, len(scores)) if scores[i] >= min_score]
        kept = []
        for label in {label for _, label, _ in candidates}:
            own = [one for one in candidates if one[1] == label]
            rows = naive.nms(np.array([box for *_, box in own]), np.array([one[0] for one in own]), 0.3, len(own))
            kept += [own[i] for i in rows]
        kept.sort(key=lambda one: -one[0])
        masks = [self.mask(features, box, label) for _, label, box in kept]
        return Found(
            np.array([box for *_, box in kept]).reshape(-1, 4),
            np.array([label for _, label, _ in kept], int),
            np.array([score for score, *_ in kept]),
            np.array(masks).reshape(-1, 4 * POOL, 4 * POOL),
        )
