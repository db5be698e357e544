"""Targets of the region-proposal network for the anchors of one picture.

Faster R-CNN (https://arxiv.org/abs/1506.01497), section 3.1.2, with Matterport's rules for crowds and sampling.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.model.box_frames import LAST_PIXEL
from maskseg_cli.model.boxes import encode_boxes
from maskseg_cli.training.matching import best_object, in_ignored_region, overlaps, random_choice

#: An anchor is an object at this IoU with a box or more; background where its IoU with every box is below the other.
OBJECT_IOU = 0.7
BACKGROUND_IOU = 0.3


class RPNTargets(NamedTuple):
    """Targets for every anchor.

    Attributes:
        match: int32 (A,), 1 object, -1 background, 0 neutral (not trained on).
        deltas: float32 (A, 4), divided by rpn_bbox_std_dev; zeros where `match` is not 1.
    """

    match: tf.Tensor
    deltas: tf.Tensor


def rpn_targets(
    anchors: tf.Tensor,
    boxes: tf.Tensor,
    class_ids: tf.Tensor,
    config: MaskRCNNConfig,
    seed: tf.Tensor,
    window: tf.Tensor,
    weights: tf.Tensor | None = None,
) -> RPNTargets:
    """Matches anchors with the boxes of one picture and samples those to train on.

    An anchor is an object if its IoU with a box is at least 0.7, or if no other anchor overlaps a box more; it is
    background where its IoU with every box is below 0.3 and it is not near an ignored region. At most
    rpn_train_anchors_per_image of them are chosen at random, at most half of them objects.

    With `config.rpn_ignore_outside` anchors that cross the picture's edge are left out as in Faster R-CNN: they are
    neutral, and a box's best anchor is the best of those inside. Only a box that no anchor inside overlaps takes its
    best anchor from all.

    Args:
        anchors: float32 tensor (A, 4) in the network's frame.
        boxes: float32 tensor (G, 4) in the same frame; G may be 0. A box without area there has no anchors.
        class_ids: int tensor (G,): > 0 object, < 0 crowd or ignored region, 0 padding.
        config: box_frame, rpn_bbox_std_dev, rpn_train_anchors_per_image, rpn_ignore_outside.
        seed: int32 tensor (2,) of the random choice.
        window: float32 tensor (4,), the picture without its padding, in the network's frame.
        weights: float tensor (G,); an object of weight 0 is doubtful: an anchor with IoU 0.3 or more is neutral,
            unless it shows another object. None: no object is doubtful.
    """
    last_pixel = LAST_PIXEL[config.box_frame]
    sure = tf.ones_like(class_ids, tf.bool) if weights is None else weights > 0
    objects = tf.boolean_mask(boxes, (class_ids > 0) & sure)
    doubtful = tf.boolean_mask(boxes, (class_ids > 0) & ~sure)
    regions = tf.boolean_mask(boxes, class_ids < 0)
    iou = overlaps(anchors, objects, last_pixel)
    highest = _highest(iou)
    hidden = in_ignored_region(anchors, regions, last_pixel)
    hidden |= _highest(overlaps(anchors, doubtful, last_pixel)) >= BACKGROUND_IOU
    usable = _inside(anchors, window) if config.rpn_ignore_outside else tf.ones_like(highest, tf.bool)

    positive = (highest >= OBJECT_IOU) & usable | _best_of_a_box(iou, usable)
    negative = (highest < BACKGROUND_IOU) & usable & ~hidden & ~positive

    seeds = tf.unstack(tf.random.split(seed, 2))
    limit = config.rpn_train_anchors_per_image
    positives = random_choice(positive, limit // 2, seeds[0])
    negatives = random_choice(negative, limit - tf.size(positives), seeds[1])

    count = tf.shape(anchors)[0]
    match = tf.scatter_nd(positives[:, None], tf.ones_like(positives), [count])
    match -= tf.scatter_nd(negatives[:, None], tf.ones_like(negatives), [count])
    matched = tf.gather(objects, tf.gather(best_object(iou), positives))
    deltas = encode_boxes(tf.gather(anchors, positives), matched, last_pixel)
    deltas /= tf.constant(config.rpn_bbox_std_dev, tf.float32)
    return RPNTargets(match, tf.scatter_nd(positives[:, None], deltas, [count, 4]))


def _highest(iou: tf.Tensor) -> tf.Tensor:
    """The largest of each row's IoUs (A, G), float (A,); 0 where there are none."""
    return tf.reduce_max(tf.pad(iou, [(0, 0), (0, 1)]), axis=1)


def _best_of_a_box(iou: tf.Tensor, usable: tf.Tensor) -> tf.Tensor:
    """bool (A,): anchors that overlap some box as much as any usable anchor does (several where they are equal)."""
    among_usable = tf.where(usable[:, None], iou, 0.0)
    touched = tf.reduce_any(among_usable > 0, axis=0)
    considered = tf.where(touched, among_usable, iou)
    best = (considered == tf.reduce_max(considered, axis=0)) & (considered > 0)
    return tf.reduce_any(best, axis=1)


def _inside(anchors: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """bool (A,): anchors that lie completely in the picture."""
    return tf.reduce_all((anchors[:, :2] >= window[:2]) & (anchors[:, 2:] <= window[2:]), axis=1)
