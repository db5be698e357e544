"""Test-time augmentation: several views of one picture through the network, their outputs averaged.

Every view proposes regions; all views then classify the best of all regions, so that for each region and class
there is one probability and one box per view to average, and nothing has to be matched afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from maskseg_cli.model.detection import decode_all_classes, detect_decoded_boxes
from maskseg_cli.model.mask_rcnn import MaskRCNN, Segmented
from maskseg_cli.model.rpn import objectness

#: Regions that all views classify, as a multiple of post_nms_rois_inference.
REGION_FACTOR = 2


class View(NamedTuple):
    """The network's input for one view.

    Attributes:
        image: float32 (1, H, W, 3), molded.
        anchors: float32 (A, 4) for H x W, in the view's frame.
        frame: float32 (2, 4), factors and offsets from the first view's frame to this one's.
        mirrored: whether left and right are exchanged.
    """

    image: tf.Tensor
    anchors: tf.Tensor
    frame: tf.Tensor
    mirrored: bool


def into_view(boxes: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Transforms boxes (..., 4) from the first view's frame to another view's; `frame` is a float tensor (2, 4)."""
    return _ordered(boxes * frame[0] + frame[1])


def from_view(boxes: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """The inverse of `into_view`."""
    return _ordered((boxes - frame[1]) / frame[0])


def _ordered(boxes: tf.Tensor) -> tf.Tensor:
    """Exchanges the x coordinates of mirrored boxes, whose larger one comes first."""
    near, far = boxes[..., :2], boxes[..., 2:]
    return tf.concat([tf.minimum(near, far), tf.maximum(near, far)], axis=-1)


class MultiViewNetwork:
    """Runs a `MaskRCNN` on several views of a picture and averages its outputs.

    Example:
        >>> found = MultiViewNetwork(model)(views, window)              # doctest: +SKIP
    """

    def __init__(self, model: MaskRCNN) -> None:
        self.model = model
        self.config = model.config
        # One graph of each kind for all views, which differ in their numbers only.
        boxes, shape = tf.TensorSpec((None, 4)), tf.TensorSpec((2,), tf.int32)
        frame = tf.TensorSpec((2, 4))
        image = tf.TensorSpec((1, None, None, self.config.image_channel_count))
        maps = [tf.TensorSpec((1, None, None, one.shape[-1])) for one in self._map_outputs()]
        ids = tf.TensorSpec((None,), tf.int32)
        self._propose = tf.function(self._propose_in_view, input_signature=(image, boxes, frame))
        self._classify = tf.function(self._classify_in_view, input_signature=(maps, boxes, frame, shape))
        self._mask = tf.function(self._mask_in_view, input_signature=(maps, boxes, ids, frame, shape))

    def __call__(self, views: Sequence[View], window: tf.Tensor) -> Segmented:
        """Segments one picture.

        Args:
            views: the result is in the first one's frame; its own `frame` is therefore (1, 0).
            window: float32 tensor (4,), the picture without its padding in the first view.
        """
        maps, boxes, scores = zip(*(self._propose(view.image, view.anchors, view.frame) for view in views), strict=True)
        regions = self._merge(tf.concat(boxes, axis=0), tf.concat(scores, axis=0))
        shapes = [tf.shape(view.image)[1:3] for view in views]
        inputs = list(zip(views, maps, shapes, strict=True))
        outputs = [self._classify(one, regions, view.frame, shape) for view, one, shape in inputs]
        probabilities, refined = (_mean(part) for part in zip(*outputs, strict=True))
        found = detect_decoded_boxes(refined, probabilities, window, self.config)
        masks = tf.zeros((0, *self.config.mask_shape))
        if found.class_ids.shape[0]:
            drawn = []
            for view, one, shape in inputs:
                mask = self._mask(one, found.boxes, found.class_ids, view.frame, shape)
                drawn.append(mask[:, :, ::-1] if view.mirrored else mask)
            masks = _mean(drawn)
        return Segmented(found.boxes, found.class_ids, found.scores, masks, tf.zeros_like(found.class_ids))

    def _map_outputs(self) -> list[Any]:
        part = self.model.neck if self.model.neck is not None else self.model.backbone
        return list(part.outputs)

    def _propose_in_view(
        self, image: tf.Tensor, anchors: tf.Tensor, frame: tf.Tensor
    ) -> tuple[list[tf.Tensor], Any, Any]:
        """Computes a view's maps, its proposals (P, 4) in the first view's frame, and their objectness (P,)."""
        maps = self.model.features(image)
        logits, deltas = self.model.region_scores(maps)
        shape = tf.shape(image)
        boxes, rows = self.model.proposals(logits[0], deltas[0], anchors, (shape[1], shape[2]))
        real = rows >= 0  # without the rows of zeros that pad Matterport's proposals
        boxes, rows = tf.boolean_mask(boxes, real), tf.boolean_mask(rows, real)
        return maps, from_view(boxes, frame), tf.gather(objectness(logits[0]), rows)

    def _merge(self, boxes: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
        """Selects the best regions (R, 4) from the proposals of all views, without duplicates."""
        count = REGION_FACTOR * self.config.post_nms_rois_inference
        return tf.gather(boxes, tf.image.non_max_suppression(boxes, scores, count, self.config.rpn_nms_threshold))

    def _classify_in_view(
        self, maps: list[tf.Tensor], regions: tf.Tensor, frame: tf.Tensor, shape: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes probabilities (R, classes) and refined boxes (R, classes, 4), both in the first view's frame."""
        boxes = into_view(regions, frame)
        pooled = self.model.pool_for_boxes(maps, boxes, _one_picture(boxes), (shape[0], shape[1]))
        logits, deltas = self.model.classify(pooled)
        return tf.nn.softmax(logits), from_view(decode_all_classes(boxes, deltas, self.config), frame)

    def _mask_in_view(
        self, maps: list[tf.Tensor], boxes: tf.Tensor, class_ids: tf.Tensor, frame: tf.Tensor, shape: tf.Tensor
    ) -> tf.Tensor:
        """Computes mask probabilities (D, h, w) of final boxes in the first view's frame, as this view shows them."""
        pooled = self.model.pool_for_masks(maps, into_view(boxes, frame), _one_picture(boxes), (shape[0], shape[1]))
        return tf.sigmoid(self.model.mask_logits(pooled, class_ids))


def _one_picture(boxes: tf.Tensor) -> tf.Tensor:
    """The index of the picture for each box: 0."""
    return tf.zeros_like(boxes[:, 0], tf.int32)


def _mean(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    return tf.add_n(list(parts)) / len(parts)
