"""The five losses of Mask R-CNN (https://arxiv.org/abs/1703.06870), and their sum.

Each is a mean over the rows that are trained on, and 0 (with no gradient) where there are none. The mean is over the
rows whose weight is above 0, and weights are not normalised: the gradient of a picture whose rows all have the weight
0.3 is 0.3 times that of one with weight 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf


def rpn_class_loss(match: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Cross-entropy of object against background over the sampled anchors.

    Args:
        match: int tensor (..., A), 1 object, -1 background, 0 neutral.
        logits: float tensor (..., A, 2), (background, object): softmax; or (..., A, 1), object: sigmoid.
        weights: float tensor (..., A); None: 1.

    Returns:
        float32 scalar.
    """
    is_object = match == 1
    if logits.shape[-1] == 2:
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(is_object, tf.int32), logits=logits)
    else:
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(is_object, tf.float32), logits=logits[..., 0])
    return _weighted_mean(losses, match != 0, weights)


def rpn_bbox_loss(
    target_deltas: tf.Tensor, match: tf.Tensor, deltas: tf.Tensor, weights: tf.Tensor | None = None
) -> tf.Tensor:
    """Smooth L1 of the deltas over the anchors that are objects.

    Args:
        target_deltas: float tensor (..., A, 4).
        match: int tensor (..., A).
        deltas: float tensor (..., A, 4), the network's output.
        weights: float tensor (..., A); None: 1.

    Returns:
        float32 scalar.
    """
    return _weighted_mean(smooth_l1(target_deltas, deltas), match == 1, weights)


def mrcnn_class_loss(
    target_class_ids: tf.Tensor,
    logits: tf.Tensor,
    weights: tf.Tensor | None = None,
    complete_classes: tf.Tensor | None = None,
    soft_targets: tf.Tensor | None = None,
) -> tf.Tensor:
    """Cross-entropy of the classes over all regions.

    In a picture where only some classes are annotated, a region of background may show an object of another class.
    With `complete_classes` the loss of a background region is therefore that of "background or one of the classes that
    were not annotated": their probabilities are added.

    Args:
        target_class_ids: int tensor (R,), 0 background.
        logits: float tensor (R, C).
        weights: float tensor (R,); None: 1.
        complete_classes: bool tensor (C,), or (R, C) for regions of different pictures: classes all of whose objects
            are annotated (the background's own value does not matter); None: all.
        soft_targets: float tensor (R, C), a teacher's probabilities. Rows with a sum above 0 replace the region's
            class; their loss is the Kullback-Leibler divergence: the cross-entropy minus a constant.

    Returns:
        float32 scalar.
    """
    log_probabilities = tf.nn.log_softmax(logits)
    losses = -tf.gather(log_probabilities, target_class_ids, axis=1, batch_dims=1)
    if complete_classes is not None:
        possible = tf.broadcast_to(~tf.cast(complete_classes, tf.bool), tf.shape(logits))
        possible |= tf.range(tf.shape(logits)[1]) == 0
        # Not -inf, whose gradient is not a number.
        nothing = tf.reduce_logsumexp(tf.where(possible, log_probabilities, -1e9), axis=1)
        losses = tf.where(target_class_ids == 0, -nothing, losses)
    if soft_targets is not None:
        divergence = tf.reduce_sum(tf.math.xlogy(soft_targets, soft_targets) - soft_targets * log_probabilities, axis=1)
        losses = tf.where(tf.reduce_sum(soft_targets, axis=1) > 0, divergence, losses)
    return _weighted_mean(losses, tf.ones_like(target_class_ids, tf.bool), weights)


def mrcnn_bbox_loss(
    target_deltas: tf.Tensor, target_class_ids: tf.Tensor, deltas: tf.Tensor, weights: tf.Tensor | None = None
) -> tf.Tensor:
    """Smooth L1 of the deltas of each object's own class, over the regions that show one.

    Args:
        target_deltas: float tensor (R, 4).
        target_class_ids: int tensor (R,), 0 background.
        deltas: float tensor (R, C, 4), the network's output for every class.
        weights: float tensor (R,); None: 1.

    Returns:
        float32 scalar.
    """
    own = tf.gather(deltas, target_class_ids, axis=1, batch_dims=1)
    return _weighted_mean(smooth_l1(target_deltas, own), target_class_ids > 0, weights)


def mrcnn_mask_loss(target_masks: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Binary cross-entropy of the masks.

    Args:
        target_masks: float tensor (R, h, w) of 0 and 1.
        logits: float tensor (R, h, w), of each region's own class.
        weights: float tensor (R,), 0 for regions without a mask (background, box only); None: 1.

    Returns:
        float32 scalar.
    """
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=target_masks, logits=logits)
    losses = tf.reduce_mean(losses, axis=(1, 2))
    return _weighted_mean(losses, tf.ones_like(losses, tf.bool), weights)


def total_loss(losses: Mapping[str, tf.Tensor], loss_weights: Mapping[str, float]) -> tf.Tensor:
    """The weighted sum of named losses; a loss without a weight counts once (`config.loss_weights`)."""
    return tf.add_n([loss * loss_weights.get(name, 1.0) for name, loss in losses.items()])


def smooth_l1(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Fast R-CNN's robust loss (https://arxiv.org/abs/1504.08083, eq. 3), mean over the last axis."""
    difference = tf.abs(targets - outputs)
    return tf.reduce_mean(tf.where(difference < 1, 0.5 * tf.square(difference), difference - 0.5), axis=-1)


def _weighted_mean(losses: tf.Tensor, counted: tf.Tensor, weights: tf.Tensor | None) -> tf.Tensor:
    """Sum of weight x loss over the counted rows, divided by the number of them with a weight above 0."""
    if weights is not None:
        counted &= weights > 0
        losses *= weights
    count = tf.reduce_sum(tf.cast(counted, tf.float32))
    return tf.math.divide_no_nan(tf.reduce_sum(tf.where(counted, losses, 0.0)), count)
