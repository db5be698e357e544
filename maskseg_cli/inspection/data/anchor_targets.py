"""Which anchors training takes for objects and for background, by `training.rpn_targets`, over many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.molding import Molded, molded_window, target_scale
from maskseg_cli.inspection.data.survey import Survey
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.reporter import Reporter
from maskseg_cli.training.inputs import batch_shape, kept_rows, mold_boxes, mold_window
from maskseg_cli.training.matching import overlaps
from maskseg_cli.training.rpn_targets import rpn_targets

#: Pictures over which targets are counted: so many pairs of anchor and picture.
_MOST_PAIRS, _FEWEST = 30_000_000, 40


@dataclass(frozen=True, eq=False)
class PictureTargets:
    """The anchors of one picture as training takes them.

    Attributes:
        anchors: float32 (A, 4) in the network's frame.
        match: int32 (A,), 1 object, -1 background, 0 not trained on; see `rpn_targets.RPNTargets`.
        highest: float32 (A,), the IoU of each anchor with the object that it overlaps most.
        boxes: float32 (G, 4) of the objects in the same frame.
        best_iou: float32 (G,), of each object with the anchor that overlaps it most.
        rows: int (G,), which of the picture's objects these are.
        molded: place and size of the picture in the network's input; its pixels are zero.
    """

    anchors: NDArray[np.float32]
    match: NDArray[np.int32]
    highest: NDArray[np.float32]
    boxes: NDArray[np.float32]
    best_iou: NDArray[np.float32]
    rows: NDArray[np.intp]
    molded: Molded


@dataclass(frozen=True, eq=False)
class TargetCounts:
    """Anchors of many pictures.

    Attributes:
        images: int (I,), numbers of the pictures.
        positives, negatives: int (I,), sampled anchors.
        anchors: int (I,), all anchors.
        rows: int (G,), the survey's rows of the objects.
        best_iou: float32 (G,), of each object with its best anchor.
        sizes: float64 (G,), square root of each object's area in pixels of the network's input.
    """

    images: NDArray[np.intp]
    positives: NDArray[np.intp]
    negatives: NDArray[np.intp]
    anchors: NDArray[np.intp]
    rows: NDArray[np.intp]
    best_iou: NDArray[np.float32]
    sizes: NDArray[np.float64]


def picture_count(config: MaskRCNNConfig, total: int, anchors: int) -> int:
    """Over how many pictures targets are counted: fewer where a network has many anchors."""
    return min(total, max(_FEWEST, _MOST_PAIRS // max(1, anchors)))


def empty_molded(height: int, width: int, shape: tuple[int, int], config: MaskRCNNConfig) -> Molded:
    """What `molding.mold` gives for a picture of height x width, in an input of `shape`, without pixels and meta."""
    image = np.broadcast_to(np.float32(0), (*shape, 3))
    window = molded_window(height, width, config)
    return Molded(image, window, target_scale(height, width, config), (height, width, 3), np.zeros(0))


def scaled_sizes(survey: Survey, config: MaskRCNNConfig) -> NDArray[np.float64]:
    """The square root of each object's area in pixels of the network's input, float64 (N,)."""
    factors = [_linear_scale(int(height), int(width), config) for height, width in survey.sizes]
    return np.sqrt(survey.areas) * np.array([*factors, 0.0])[survey.image]


def _linear_scale(height: int, width: int, config: MaskRCNNConfig) -> float:
    top, left, bottom, right = molded_window(height, width, config)
    return float(np.sqrt((bottom - top) * (right - left) / (height * width)))


def picture_targets(
    boxes: NDArray[Any],
    class_ids: NDArray[Any],
    weights: NDArray[Any],
    size: tuple[int, int],
    config: MaskRCNNConfig,
    anchors_of: AnchorCache,
    seed: Sequence[int] = (0, 0),
) -> PictureTargets:
    """The targets of one picture, as a step of training on a batch of this picture alone computes them.

    Args:
        boxes: (G, 4), x1 y1 x2 y2 in half-open pixels of the picture.
        class_ids, weights: of these objects.
        size: height and width of the picture.
        config: of the network.
        anchors_of: its anchors.
        seed: of the sampling.
    """
    import tensorflow as tf

    shape = batch_shape([size], config)
    rows = kept_rows(boxes, config)
    molded = empty_molded(*size, shape, config)
    # The window of the picture itself, which padding up to the batch's shape does not change.
    frame_boxes = mold_boxes(boxes[rows], molded, config)
    window = mold_window(molded, config)
    anchors = anchors_of(*shape)
    ids, kept_weights = np.asarray(class_ids[rows], np.int32), np.asarray(weights[rows], np.float32)
    found = rpn_targets(
        tf.constant(anchors),
        tf.constant(frame_boxes),
        tf.constant(ids),
        config,
        tf.constant(list(seed), tf.int32),
        tf.constant(window),
        tf.constant(kept_weights),
    )
    objects = (ids > 0) & (kept_weights > 0)
    iou = overlaps(tf.constant(anchors), tf.constant(frame_boxes[objects]), LAST_PIXEL[config.box_frame]).numpy()
    usable: NDArray[np.bool_] = np.ones(len(anchors), bool)
    if config.rpn_ignore_outside:
        usable = _inside(anchors, window)
    best = iou[usable].max(axis=0, initial=0.0)
    # An object that no anchor inside the picture touches has the best of all, as in `rpn_targets`.
    best = np.where(best > 0, best, iou.max(axis=0, initial=0.0))
    highest = iou.max(axis=1, initial=0.0)
    return PictureTargets(anchors, found.match.numpy(), highest, frame_boxes[objects], best, rows[objects], molded)


def _inside(anchors: NDArray[np.float32], window: NDArray[np.float32]) -> NDArray[np.bool_]:
    inside = (anchors[:, :2] >= window[:2]) & (anchors[:, 2:] <= window[2:])
    return np.asarray(inside.all(axis=1), bool)


def count_targets(
    survey: Survey, images: Sequence[int], config: MaskRCNNConfig, seed: int = 0, reporter: Reporter | None = None
) -> TargetCounts:
    """Counts the targets of these pictures; the pictures themselves are not read.

    Args:
        survey: of the data set.
        images: numbers of pictures.
        config: of the network.
        seed: of the sampling.
        reporter: is shown the progress.
    """
    anchors_of = AnchorCache(config)
    sizes = scaled_sizes(survey, config)
    counts, rows, best = [], [], []
    with (reporter or Reporter()).progress(len(images), "image", "targets") as show:
        for done, image in enumerate(images, 1):
            own = survey.rows_of(image)
            height, width = (int(side) for side in survey.sizes[image])
            found = picture_targets(
                survey.boxes[own],
                survey.class_ids[own],
                survey.weights[own],
                (height, width),
                config,
                anchors_of,
                (seed, image),
            )
            counts.append(((found.match == 1).sum(), (found.match == -1).sum(), len(found.match)))
            rows.append(own[found.rows])
            best.append(found.best_iou)
            show(done)
    positives, negatives, anchors = np.array(counts, int).reshape(-1, 3).T
    all_rows = np.concatenate([np.zeros(0, int), *rows])
    all_best = np.concatenate([np.zeros(0, np.float32), *best])
    return TargetCounts(np.array(images, int), positives, negatives, anchors, all_rows, all_best, sizes[all_rows])
