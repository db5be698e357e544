"""Test-time augmentation: several views of one picture through the network, their outputs averaged.

Every view proposes regions; all views then classify the best of all regions, so that for each region and class
there is one probability and one box per view to average, and nothing has to be matched afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.inference.box_arithmetic import Array
from maskseg_cli.inference.detection import decode_all_classes, detect_decoded_boxes
from maskseg_cli.inference.engine import Segmented, Stages
from maskseg_cli.inference.proposals import propose
from maskseg_cli.inference.suppression import greedy_nms

if TYPE_CHECKING:
    from maskseg_cli.inference.test_time_augmentation import ViewInput

#: Regions that all views classify, as a multiple of post_nms_rois_inference.
REGION_FACTOR = 2


def into_view(boxes: Array, frame: Array) -> Array:
    """Transforms boxes (..., 4) from the first view's frame to another view's; `frame` is float32 (2, 4)."""
    return _ordered(boxes * frame[0] + frame[1])


def from_view(boxes: Array, frame: Array) -> Array:
    """The inverse of `into_view`."""
    return _ordered((boxes - frame[1]) / frame[0])


def _ordered(boxes: Array) -> Array:
    """Exchanges the x coordinates of mirrored boxes, whose larger one comes first."""
    near, far = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([np.minimum(near, far), np.maximum(near, far)], axis=-1)


def segment_views(
    stages: Stages, views: Sequence[ViewInput], window: NDArray[np.float32], config: MaskRCNNConfig
) -> Segmented:
    """Segments one picture.

    Args:
        stages: computes the network's parts.
        views: the result is in the first one's frame; its own `frame` is therefore (1, 0).
        window: float32 (4,), the picture without its padding in the first view.
        config: the options of the network.
    """
    maps, boxes, scores = zip(*(_propose_in_view(stages, view, config) for view in views), strict=True)
    regions = _merge(np.concatenate(boxes), np.concatenate(scores), config)
    if not len(regions):
        regions = np.zeros((1, 4), np.float32)  # the heads do not take an empty batch; nothing is found in it
    inputs = list(zip(views, maps, strict=True))
    outputs = [_classify_in_view(stages, one, regions, view.frame, config) for view, one in inputs]
    probabilities, refined = (_mean(part) for part in zip(*outputs, strict=True))
    found = detect_decoded_boxes(refined, probabilities, window, config)
    masks = np.zeros((0, *config.mask_shape), np.float32)
    if len(found.class_ids):
        drawn = []
        for view, one in inputs:
            index = np.zeros(len(found.boxes), np.int32)
            mask = stages.masks(one, into_view(found.boxes, view.frame), index, found.class_ids)
            drawn.append(mask[:, :, ::-1] if view.mirrored else mask)
        masks = _mean(drawn)
    return Segmented(found.boxes, found.class_ids, found.scores, masks, np.zeros_like(found.class_ids))


def _propose_in_view(stages: Stages, view: ViewInput, config: MaskRCNNConfig) -> tuple[Any, Array, Array]:
    """Computes a view's maps, its proposals (P, 4) in the first view's frame, and their objectness (P,)."""
    maps, objectness, deltas = stages.features(view.image)
    shape = (view.image.shape[1], view.image.shape[2])
    boxes, rows = propose(objectness[0], deltas[0], view.anchors, shape, config, view.window)
    real = rows >= 0  # without the rows of zeros that pad Matterport's proposals
    return maps, from_view(boxes[real], view.frame), objectness[0][rows[real]]


def _merge(boxes: Array, scores: Array, config: MaskRCNNConfig) -> Array:
    """Selects the best regions (R, 4) from the proposals of all views, without duplicates."""
    return boxes[greedy_nms(boxes, scores, config.rpn_nms_threshold, REGION_FACTOR * config.post_nms_rois_inference)]


def _classify_in_view(
    stages: Stages, maps: Any, regions: Array, frame: Array, config: MaskRCNNConfig
) -> tuple[Array, Array]:
    """Computes probabilities (R, classes) and refined boxes (R, classes, 4), both in the first view's frame."""
    boxes = into_view(regions, frame)
    probabilities, deltas = stages.classify(maps, boxes, np.zeros(len(boxes), np.int32))
    return probabilities, from_view(decode_all_classes(boxes, deltas, config), frame)


def _mean(parts: Sequence[Array]) -> Array:
    return np.mean(np.stack(parts), axis=0, dtype=np.float32)
