"""Converts the learned parts of a network to one OpenVINO model.

It holds three parts that are not connected; what lies between them (boxes, suppression, RoIAlign) has no weights:

======== ========================================== ==========================================================
part     inputs                                     outputs
======== ========================================== ==========================================================
features image (B, H, W, 3) float32                 maps.0 .. (B, c, h, w) that the heads use, objectness
                                                    (B, A) 0..1, rpn_deltas (B, A, 4)
boxes    box_features (N, c, p, p), with            probabilities (N, classes), deltas (N, classes, 4)
         config.detail box_detail (N, d, p, p)
masks    mask_features (N, c, q, q), for the mobile masks (N, h, w) 0..1 of each row's class
         head with config.detail mask_detail
         (N, d, 2q, 2q), class_ids (N,) int32
======== ========================================== ==========================================================

Maps and pooled features have their channels first, as OpenVINO's RoIAlign takes them. B, H, W and N may vary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.model.rpn import objectness
from maskseg_cli.model.unet_mask_head import PREFIX

if TYPE_CHECKING:
    import openvino

#: The mask head's last layer, a 1x1 convolution to all classes.
_LAST_MASK_LAYER = {"fcn": "mrcnn_mask", "unet": f"{PREFIX}logits", "mobile": "mask.logits"}


def convert(model: MaskRCNN) -> openvino.Model:
    """Converts the network's weights and layers; the result does not depend on the thresholds in its config.

    Example:
        >>> from maskseg_cli.config import LITE
        >>> [one.any_name for one in convert(MaskRCNN(LITE)).inputs]        # doctest: +SKIP
        ['image', 'box_features', 'box_detail', 'mask_features', 'mask_detail', 'class_ids']
    """
    import openvino

    parts = [_convert_part(*part) for part in (_features_part(model), _boxes_part(model), _masks_part(model))]
    results = [result for part in parts for result in part.get_results()]
    parameters = [parameter for part in parts for parameter in part.get_parameters()]
    return openvino.Model(results, parameters, "mask_rcnn")


def _convert_part(compute: Callable[..., dict[str, tf.Tensor]], inputs: Sequence[tf.TensorSpec]) -> openvino.Model:
    """Traces a function of named tensors and converts it; inputs and outputs keep their names."""
    import openvino

    function = tf.function(compute, input_signature=list(inputs)).get_concrete_function()
    # Shared weights would lie in memory that TensorFlow frees, and change while the network is in use.
    part = openvino.convert_model(function, share_weights=False)
    inside = {spec.name for spec in inputs}
    for port in part.inputs:
        port.get_tensor().set_names(inside & port.get_names())
    return part


def _features_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    def compute(image: tf.Tensor) -> dict[str, tf.Tensor]:
        maps = model.features(image)
        logits, deltas = model.region_scores(maps)
        outputs = {f"maps.{i}": _channels_first(maps[i]) for i in range(_maps_used(model))}
        return outputs | {"objectness": objectness(logits), "rpn_deltas": deltas}

    return compute, [tf.TensorSpec((None, None, None, model.config.image_channel_count), name="image")]


def _maps_used(model: MaskRCNN) -> int:
    """The number of maps that the heads use: P2..P5, or one, and the detail."""
    if model.config.roi_align == "corners":
        return 4
    return 2 if model.config.detail else 1


def _boxes_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    head = _matrix_products(model.box_head) if model.config.box_head == "fc" else _channels_last_head(model.box_head)

    def compute(*pooled: tf.Tensor) -> dict[str, tf.Tensor]:
        logits, deltas = head(*pooled)
        return {"probabilities": tf.nn.softmax(logits), "deltas": deltas}

    return compute, _pooled_inputs(model.box_head, ("box_features", "box_detail"))


def _masks_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    last = model.mask_head.get_layer(_LAST_MASK_LAYER[model.config.mask_head])
    features_of = _channels_last_head(keras.Model(model.mask_head.inputs, last.input))
    height, width, channels = last.input.shape[1:]
    kernels, biases = tf.transpose(last.kernel[0, 0]), last.bias[:]

    def compute(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        *pooled, class_ids = inputs
        # The 1x1 convolution of the one class, as a product of its kernel with the features at every place.
        features = tf.reshape(_channels_first(features_of(*pooled)), (-1, channels, height * width))
        logits = tf.matmul(tf.gather(kernels, class_ids)[:, None], features)[:, 0]
        logits = tf.reshape(logits + tf.gather(biases, class_ids)[:, None], (-1, height, width))
        if model.mask_upsampling is not None:
            logits = model.mask_upsampling(logits[..., None])[..., 0]
        return {"masks": tf.sigmoid(logits)}

    inputs = _pooled_inputs(model.mask_head, ("mask_features", "mask_detail"))
    return compute, [*inputs, tf.TensorSpec((None,), tf.int32, name="class_ids")]


def _pooled_inputs(head: keras.Model, names: Sequence[str]) -> list[tf.TensorSpec]:
    """The head's inputs, channels first, under the first of `names`."""
    shapes = [(None, one.shape[-1], *one.shape[1:-1]) for one in head.inputs]
    return [tf.TensorSpec(shape, name=name) for shape, name in zip(shapes, names, strict=False)]


def _channels_last_head(head: keras.Model) -> Callable[..., Any]:
    """Makes a function of pooled features (N, c, p, p) from a head of (N, p, p, c)."""

    def compute(*pooled: tf.Tensor) -> Any:
        inputs = [tf.transpose(one, (0, 2, 3, 1)) for one in pooled]
        return head(inputs if len(inputs) > 1 else inputs[0], training=False)

    return compute


def _matrix_products(head: keras.Model) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """The box head of `build_fc_box_head` as four matrix products, with batch normalisation in the weights.

    OpenVINO's convolution of the size of its input takes ten times as long as the product.
    """

    def weights(convolution: str, norm: str) -> tuple[tf.Tensor, tf.Tensor]:
        layer, norm_layer = head.get_layer(convolution), head.get_layer(norm)
        gamma, beta, mean, variance = (np.asarray(array, np.float64) for array in norm_layer.get_weights())
        scale = gamma / np.sqrt(variance + norm_layer.epsilon)
        kernel, bias = layer.get_weights()
        matrix = np.transpose(kernel, (2, 0, 1, 3)).reshape(-1, kernel.shape[-1]) * scale
        return tf.constant(matrix, tf.float32), tf.constant((bias - mean) * scale + beta, tf.float32)

    hidden = [weights("mrcnn_class_conv1", "mrcnn_class_bn1"), weights("mrcnn_class_conv2", "mrcnn_class_bn2")]
    outputs = [head.get_layer(name) for name in ("mrcnn_class_logits", "mrcnn_bbox_fc")]

    def compute(pooled: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = tf.reshape(pooled, (-1, hidden[0][0].shape[0]))
        for matrix, bias in hidden:
            x = tf.nn.relu(tf.matmul(x, matrix) + bias)
        logits, deltas = (layer(x) for layer in outputs)
        return logits, tf.reshape(deltas, (-1, logits.shape[-1], 4))

    return compute


def _channels_first(tensor: tf.Tensor) -> tf.Tensor:
    return tf.transpose(tensor, (0, 3, 1, 2))
