"""One optimizer step: the five losses of a few pictures, their gradients, and the update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.training import losses as loss_functions
from maskseg_cli.training.detection_targets import DetectionTargets, detection_targets
from maskseg_cli.training.rpn_targets import rpn_targets


def picture_losses(
    model: MaskRCNN, batch: Mapping[str, tf.Tensor], anchors: tf.Tensor, seed: tf.Tensor
) -> dict[str, tf.Tensor]:
    """The five losses (Mask R-CNN, https://arxiv.org/abs/1703.06870, section 3), each the mean over the batch.

    Args:
        model: the network.
        batch: training inputs of B equally large pictures (see training/inputs.py).
        anchors: float32 (A, 4) in the network's frame.
        seed: int32 (2,); the same seed samples the same anchors and regions.
    """
    config = model.config
    images = batch["image"]
    shape = tf.shape(images)
    image_shape = (shape[1], shape[2])
    maps = model.features(images, training=True)
    rpn_logits, rpn_deltas = model.region_scores(maps)
    pictures = [{name: part[i] for name, part in batch.items()} for i in range(images.shape[0])]
    parts: list[dict[str, tf.Tensor]] = []
    targets: list[DetectionTargets] = []
    for i, picture in enumerate(pictures):
        own_seed = seed + [0, i]
        match, wanted = rpn_targets(
            anchors, picture["boxes"], picture["class_ids"], config, own_seed, picture["window"], picture["weights"]
        )
        parts.append(
            {
                "rpn_class_loss": loss_functions.rpn_class_loss(match, rpn_logits[i]),
                "rpn_bbox_loss": loss_functions.rpn_bbox_loss(wanted, match, rpn_deltas[i]),
            }
        )
        count, window = config.post_nms_rois_training, picture["window"]
        proposals, _ = model.proposals(rpn_logits[i], rpn_deltas[i], anchors, image_shape, count, window)
        targets.append(
            detection_targets(
                tf.stop_gradient(proposals),
                picture["boxes"],
                picture["class_ids"],
                picture["masks"],
                picture["weights"],
                picture["has_mask"],
                config,
                own_seed,
            )
        )
    complete = [picture["complete_classes"] for picture in pictures]
    _add_head_losses(model, maps, targets, complete, image_shape, parts)
    return {name: tf.add_n([part[name] for part in parts]) / len(parts) for name in parts[0]}


def _add_head_losses(
    model: MaskRCNN,
    maps: Sequence[tf.Tensor],
    targets: list[DetectionTargets],
    complete: list[tf.Tensor],
    image_shape: tuple[tf.Tensor, tf.Tensor],
    parts: list[dict[str, tf.Tensor]],
) -> None:
    """Adds the losses of the box and mask heads, which run once for all pictures; masks for objects only."""
    config = model.config
    counts = [tf.shape(one.rois)[0] for one in targets]
    # Depthwise convolutions do not accept an empty batch: each head gets one more region, whose result is dropped.
    spare = tf.zeros((1, 4))
    index = tf.concat([tf.repeat(tf.range(len(targets)), tf.stack(counts)), [0]], axis=0)
    rois = tf.concat([*(one.rois for one in targets), spare], axis=0)
    logits, deltas = model.classify(model.pool_for_boxes(maps, rois, index, image_shape), training=True)
    logits, deltas = logits[:-1], deltas[:-1]

    shown = [tf.where(one.class_ids > 0)[:, 0] for one in targets]
    shown = [rows[: config.train_masks_per_image] for rows in shown]
    mask_counts = [tf.shape(rows)[0] for rows in shown]
    mask_rois = tf.concat(
        [*(tf.gather(one.rois, rows) for one, rows in zip(targets, shown, strict=True)), spare], axis=0
    )
    mask_index = tf.concat([tf.repeat(tf.range(len(targets)), tf.stack(mask_counts)), [0]], axis=0)
    mask_classes = tf.concat(
        [*(tf.gather(one.class_ids, rows) for one, rows in zip(targets, shown, strict=True)), [1]], axis=0
    )
    pooled = model.pool_for_masks(maps, mask_rois, mask_index, image_shape)
    mask_logits = model.mask_logits(pooled, mask_classes, training=True)[:-1]

    outputs = zip(tf.split(logits, counts), tf.split(deltas, counts), tf.split(mask_logits, mask_counts), strict=True)
    for part, one, classes, rows, output in zip(parts, targets, complete, shown, outputs, strict=True):
        class_logits, box_deltas, outlines = output
        part["mrcnn_class_loss"] = loss_functions.mrcnn_class_loss(one.class_ids, class_logits, one.weights, classes)
        part["mrcnn_bbox_loss"] = loss_functions.mrcnn_bbox_loss(one.deltas, one.class_ids, box_deltas, one.weights)
        part["mrcnn_mask_loss"] = loss_functions.mrcnn_mask_loss(
            tf.gather(one.masks, rows), outlines, tf.gather(one.mask_weights, rows)
        )


#: Axes whose length changes from batch to batch. All others are fixed, so that one graph serves every batch: separate
#: graphs may round differently, and a resumed run might use another graph for a batch than the first run.
_FREE_AXES = {"image": (1, 2), "boxes": (1,), "class_ids": (1,), "masks": (1,), "weights": (1,), "has_mask": (1,)}

#: The input of one replica: a batch, its anchors and its seed.
Share = tuple[dict[str, Any], tf.Tensor, tf.Tensor]


class GradientStep:
    """One optimizer step: gradients of several micro-batches, averaged, and an update; on one device or several.

    Args:
        model: the network.
        learning: the variables that change.
        optimizer: built for these variables, inside the strategy's scope where there is one.
        strategy: a `tf.distribute.Strategy`, or None.
        seed: of the sampled anchors and regions.
    """

    def __init__(
        self,
        model: MaskRCNN,
        learning: list[keras.Variable],
        optimizer: keras.optimizers.Optimizer,
        strategy: Any = None,
        seed: int = 0,
    ) -> None:
        self.model = model
        self.learning = learning
        self.optimizer = optimizer
        self.strategy = strategy
        self.seed = seed
        self.anchors = AnchorCache(model.config)
        self.replicas = strategy.num_replicas_in_sync if strategy is not None else 1
        self._sums = self._make_sums()
        self._add: Any = None
        self._update = tf.function(self._apply_everywhere, autograph=False)

    def __call__(
        self, inputs: Iterator[Mapping[str, Any]], accumulate: int, rate: float, number: int
    ) -> dict[str, float]:
        """Computes the gradients of `accumulate` micro-batches for each replica and makes one update at this rate.

        Args:
            number: of the optimizer step in the whole run; it determines the samples.

        Returns:
            the five losses and their weighted sum ("loss"), means over the step; and the length of the mean gradient
            before it was clipped, "gradient_norm", and after, "clipped_norm".
        """
        self.optimizer.learning_rate.assign(rate)
        totals: dict[str, float] = {}
        for micro in range(accumulate):
            first = (number * accumulate + micro) * self.replicas
            shares = tuple(self._share(next(inputs), first + replica) for replica in range(self.replicas))
            if self._add is None:
                self._add = tf.function(
                    self._add_everywhere, input_signature=[tuple(map(_signature, shares))], autograph=False
                )
            for name, value in self._add(shares).items():
                totals[name] = totals.get(name, 0.0) + float(value) / accumulate
        norm = float(self._update(tf.constant(1.0 / accumulate / self.replicas)))
        longest = self.optimizer.global_clipnorm or norm
        totals |= {"gradient_norm": norm, "clipped_norm": min(norm, longest)}
        return totals

    def _share(self, batch: Mapping[str, Any], number: int) -> Share:
        height, width = batch["image"].shape[1:3]
        # Each picture derives several seeds from its own: the factor keeps those of two pictures apart.
        seed = tf.constant([self.seed, number * 1000 % 2**31], tf.int32)
        return dict(batch), tf.constant(self.anchors(height, width)), seed

    def _add_everywhere(self, shares: tuple[Share, ...]) -> dict[str, tf.Tensor]:
        """Adds up the gradients of each replica's share; returns the means of the losses."""
        if self.strategy is None:
            return self._add_gradients(*shares[0])
        losses = self.strategy.run(lambda: self._add_gradients(*shares[_replica()]))
        return {name: self.strategy.reduce("MEAN", value, axis=None) for name, value in losses.items()}

    def _add_gradients(self, batch: Mapping[str, Any], anchors: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            losses = picture_losses(self.model, batch, anchors, seed)
            total = loss_functions.total_loss(losses, self.model.config.loss_weights)
        gradients = tape.gradient(total, [variable.value for variable in self.learning])
        for kept, gradient in zip(self._sums, gradients, strict=True):
            if gradient is not None:
                kept.assign_add(tf.convert_to_tensor(gradient))
        return {"loss": total, **losses}

    def _apply_everywhere(self, scale: tf.Tensor) -> tf.Tensor:
        if self.strategy is None:
            return self._apply(scale)
        return self.strategy.reduce("MEAN", self.strategy.run(self._apply, args=(scale,)), axis=None)

    def _apply(self, scale: tf.Tensor) -> tf.Tensor:
        """Updates the variables; returns the norm of the gradient."""
        gradients = [kept.read_value() * scale for kept in self._sums]
        if self.strategy is not None:
            gradients = tf.distribute.get_replica_context().all_reduce("SUM", gradients)
        norm = tf.linalg.global_norm(gradients)
        if self.strategy is not None:
            # The optimizer clips each replica's part by itself before it adds the parts up.
            if self.optimizer.global_clipnorm:
                gradients, _ = tf.clip_by_global_norm(gradients, self.optimizer.global_clipnorm, norm)
            gradients = [gradient / self.replicas for gradient in gradients]
        self.optimizer.apply(gradients, self.learning)
        for kept in self._sums:
            kept.assign(tf.zeros_like(kept))
        return norm

    def _make_sums(self) -> list[tf.Variable]:
        def make() -> list[tf.Variable]:
            return [
                tf.Variable(
                    tf.zeros(variable.shape),
                    trainable=False,
                    synchronization=tf.VariableSynchronization.ON_READ,
                    aggregation=tf.VariableAggregation.SUM,
                )
                for variable in self.learning
            ]

        if self.strategy is None:
            return make()
        with self.strategy.scope():
            return make()


def _replica() -> int:
    return int(tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group))


def _signature(share: Share) -> tuple[dict[str, tf.TensorSpec], tf.TensorSpec, tf.TensorSpec]:
    batch = {
        name: tf.TensorSpec(
            [None if i in _FREE_AXES.get(name, ()) else n for i, n in enumerate(part.shape)], part.dtype
        )
        for name, part in share[0].items()
    }
    return batch, tf.TensorSpec((None, 4), tf.float32), tf.TensorSpec((2,), tf.int32)
