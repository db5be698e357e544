"""`TensorFlowEngine`: runs the stages of a Keras model as TensorFlow graphs, on a CPU or a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.engine_options import calls_at_once
from maskseg_cli.inference.staged_engine import StagedEngine

if TYPE_CHECKING:
    from maskseg_cli.model.mask_rcnn import MaskRCNN


class TensorFlowEngine(StagedEngine):
    """An engine for a Keras model.

    Args:
        model: the network with its weights; later changes of its weights act on the next picture.
    """

    def __init__(self, model: MaskRCNN) -> None:
        super().__init__(TensorFlowStages(model), model.config, calls_at_once(model.config))
        self.model = model


class _Maps(NamedTuple):
    """Feature maps (B, h, w, c) on the device that computed them, and the image's height and width, int32 (2,)."""

    tensors: list[Any]
    shape: Any


class TensorFlowStages:
    """The stages of a Keras model; see `Stages`. One graph of each serves any batch, height and width.

    Args:
        model: the network with its weights.
    """

    name = "tensorflow float32"

    def __init__(self, model: MaskRCNN) -> None:
        import tensorflow as tf

        from maskseg_cli.model.rpn import objectness

        def features(images: Any) -> Any:
            maps = model.features(images)
            logits, deltas = model.region_scores(maps)
            return maps, objectness(logits), deltas

        def classify(maps: Any, boxes: Any, image_index: Any, shape: Any) -> Any:
            pooled = model.pool_for_boxes(maps, boxes, image_index, (shape[0], shape[1]))
            logits, deltas = model.classify(pooled)
            return tf.nn.softmax(logits), deltas

        def masks(maps: Any, boxes: Any, image_index: Any, class_ids: Any, shape: Any) -> Any:
            pooled = model.pool_for_masks(maps, boxes, image_index, (shape[0], shape[1]))
            return tf.sigmoid(model.mask_logits(pooled, class_ids))

        boxes, ids, shape = tf.TensorSpec((None, 4)), tf.TensorSpec((None,), tf.int32), tf.TensorSpec((2,), tf.int32)
        maps = [tf.TensorSpec((None, None, None, channels)) for channels in model.map_channels]
        image = tf.TensorSpec((None, None, None, model.config.image_channel_count))
        # Concrete functions: threads that call them at the same time build nothing.
        self._features = tf.function(features, input_signature=[image], autograph=False).get_concrete_function()
        self._classify = tf.function(
            classify, input_signature=[maps, boxes, ids, shape], autograph=False
        ).get_concrete_function()
        self._masks = tf.function(
            masks, input_signature=[maps, boxes, ids, ids, shape], autograph=False
        ).get_concrete_function()
        self._constant = tf.constant

    def features(self, images: NDArray[np.float32]) -> tuple[_Maps, NDArray[np.float32], NDArray[np.float32]]:
        """Computes maps, objectness and deltas; see `Stages.features`."""
        maps, objectness, deltas = self._features(self._constant(images))
        return _Maps(maps, self._constant(images.shape[1:3], "int32")), objectness.numpy(), deltas.numpy()

    def classify(
        self, maps: _Maps, boxes: NDArray[np.float32], image_index: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Applies the box head; see `Stages.classify`."""
        probabilities, deltas = self._classify(
            maps.tensors, self._constant(boxes), self._constant(image_index), maps.shape
        )
        return probabilities.numpy(), deltas.numpy()

    def masks(
        self, maps: _Maps, boxes: NDArray[np.float32], image_index: NDArray[np.int32], class_ids: NDArray[np.int32]
    ) -> NDArray[np.float32]:
        """Applies the mask head; see `Stages.masks`."""
        arrays = [self._constant(one) for one in (boxes, image_index, class_ids)]
        masks: NDArray[np.float32] = self._masks(maps.tensors, *arrays, maps.shape).numpy()
        return masks
