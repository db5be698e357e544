"""Detection layer: turns classified proposals into final boxes, one for each object."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.boxes import LAST_PIXEL, clip_boxes, decode_boxes, pairwise_iou

#: Most candidates of one non-maximum suppression: its table of overlaps grows with the square of their number.
MAX_CANDIDATES = 3000


class DetectedBoxes(NamedTuple):
    """Final boxes of one image, best first.

    Attributes:
        boxes: float tensor (D, 4) in the network's frame.
        class_ids: int32 tensor (D,), never 0.
        scores: float tensor (D,).
        rows: int32 tensor (D,), the index of each box's proposal.
    """

    boxes: tf.Tensor
    class_ids: tf.Tensor
    scores: tf.Tensor
    rows: tf.Tensor


def detect_boxes(
    proposals: tf.Tensor,
    probabilities: tf.Tensor,
    deltas: tf.Tensor,
    window: tf.Tensor,
    config: MaskRCNNConfig,
) -> DetectedBoxes:
    """Refines, clips and filters the proposals of one image, and suppresses duplicates.

    With detection_classes "best" (Matterport) a proposal yields at most one detection, of its most probable class;
    with "all" one for each class whose probability reaches the threshold.

    Args:
        proposals: float tensor (P, 4) in the network's frame.
        probabilities: float tensor (P, classes), rows add up to 1, background first.
        deltas: float tensor (P, classes, 4), before scaling by bbox_std_dev.
        window: float tensor (4,), the picture without its padding: boxes are clipped to it.
        config: detection_min_confidence (0: no threshold), detection_nms_threshold, detection_max_instances;
            detection_duplicate_threshold, where one object must not be found as two classes.

    Returns:
        at most detection_max_instances boxes, clipped to the window; boxes clipped to no area stay.
    """
    pairs = _candidates(probabilities, config)
    boxes = decode_boxes(
        tf.gather(proposals, pairs[:, 0]),
        tf.gather_nd(deltas, pairs) * tf.constant(config.bbox_std_dev, tf.float32),
        config.bbox_delta_limit,
        LAST_PIXEL[config.box_frame],
    )
    return _suppress(boxes, tf.gather_nd(probabilities, pairs), pairs, window, config)


def detect_decoded_boxes(
    boxes: tf.Tensor, probabilities: tf.Tensor, window: tf.Tensor, config: MaskRCNNConfig
) -> DetectedBoxes:
    """`detect_boxes` for boxes that are refined already, such as means over several views of one image.

    Args:
        boxes: float tensor (P, classes, 4) in the network's frame: the refined box of each proposal for each class.
        probabilities: float tensor (P, classes).
        window: float tensor (4,).
        config: as in `detect_boxes`.
    """
    pairs = _candidates(probabilities, config)
    return _suppress(tf.gather_nd(boxes, pairs), tf.gather_nd(probabilities, pairs), pairs, window, config)


def decode_all_classes(proposals: tf.Tensor, deltas: tf.Tensor, config: MaskRCNNConfig) -> tf.Tensor:
    """Converts proposals (P, 4) and deltas (P, classes, 4) before scaling to boxes (P, classes, 4), not clipped."""
    scaled = deltas * tf.constant(config.bbox_std_dev, tf.float32)
    return decode_boxes(proposals[:, None], scaled, config.bbox_delta_limit, LAST_PIXEL[config.box_frame])


def _candidates(probabilities: tf.Tensor, config: MaskRCNNConfig) -> tf.Tensor:
    """int32 tensor (N, 2): the (proposal, class) pairs that can become detections."""
    choose = _best_classes if config.detection_classes == "best" else _all_classes
    return tf.stack(choose(probabilities, config.detection_min_confidence), axis=1)


def _suppress(
    boxes: tf.Tensor, scores: tf.Tensor, pairs: tf.Tensor, window: tf.Tensor, config: MaskRCNNConfig
) -> DetectedBoxes:
    """Clips refined boxes (N, 4) and keeps one for each object."""
    rows, class_ids = tf.unstack(pairs, axis=1)
    boxes = clip_boxes(boxes, window)
    limit, duplicates = config.detection_max_instances, config.detection_duplicate_threshold
    # Before the limit is applied, so that a second class of an object does not displace another object.
    count = limit if duplicates is None else tf.size(scores)
    # A second box on an object may raise AP, but in the picture it looks like a second object.
    within = (
        config.detection_nms_threshold if duplicates is None else min(config.detection_nms_threshold, duplicates / 2)
    )
    kept = class_wise_nms(boxes, scores, class_ids, count, within)
    if duplicates is not None:
        best, best_scores = tf.gather(boxes, kept), tf.gather(scores, kept)
        kept = tf.gather(kept, tf.image.non_max_suppression(best, best_scores, limit, duplicates))
    return DetectedBoxes(*(tf.gather(part, kept) for part in (boxes, class_ids, scores, rows)))


def _best_classes(probabilities: tf.Tensor, threshold: float) -> tuple[tf.Tensor, tf.Tensor]:
    class_ids = tf.argmax(probabilities, axis=1, output_type=tf.int32)
    keep = class_ids > 0
    if threshold > 0:
        keep &= tf.reduce_max(probabilities, axis=1) >= threshold
    rows = tf.cast(tf.where(keep)[:, 0], tf.int32)
    return rows, tf.gather(class_ids, rows)


def _all_classes(probabilities: tf.Tensor, threshold: float) -> tuple[tf.Tensor, tf.Tensor]:
    objects = probabilities[:, 1:]
    flat = tf.reshape(objects, [-1])
    best = tf.math.top_k(flat, tf.minimum(MAX_CANDIDATES, tf.size(flat)))
    chosen = tf.boolean_mask(best.indices, best.values >= threshold)
    classes = tf.shape(objects)[1]
    return chosen // classes, chosen % classes + 1


def class_wise_nms(
    boxes: tf.Tensor, scores: tf.Tensor, class_ids: tf.Tensor, count: int | tf.Tensor, threshold: float
) -> tf.Tensor:
    """Non-maximum suppression within each class, for all classes in one call.

    Args:
        boxes: float tensor (N, 4).
        scores: float tensor (N,); among equal ones the lower index is kept.
        class_ids: int32 tensor (N,).
        count: largest number of boxes in all.
        threshold: a box is removed when its IoU with a better one of its class is above this.

    Returns:
        int32 tensor of the kept indices, best score first.

    Example:
        >>> boxes = tf.constant([[0.0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
        >>> class_wise_nms(boxes, tf.constant([0.5, 0.9, 0.7]), tf.constant([1, 1, 2]), 10, 0.3).numpy().tolist()
        [1, 2]
    """
    same = class_ids[:, None] == class_ids[None, :]
    overlaps = tf.where(same, pairwise_iou(boxes, boxes), 0.0)
    return tf.image.non_max_suppression_overlaps(overlaps, scores, count, threshold)
