"""Converts the learned parts of a network to one OpenVINO model.

It holds three parts that are not connected; what lies between them (boxes, suppression, RoIAlign) has no weights:

======== ========================================== ==========================================================
part     inputs                                     outputs
======== ========================================== ==========================================================
features image (B, H, W, 3) float32                 maps.0 .. (B, h, w, c) that the heads use, objectness
                                                    (B, A) 0..1, rpn_deltas (B, A, 4)
boxes    box_features (N, p, p, c), with            probabilities (N, classes), deltas (N, classes, 4)
         config.detail box_detail (N, p, p, d)
masks    mask_features (N, q, q, c), for the mobile masks (N, h, w) 0..1 of each row's class
         head with config.detail mask_detail
         (N, 2q, 2q, d), class_ids (N,) int32
======== ========================================== ==========================================================

B, H, W and N may vary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from maskseg_cli.media.leftovers import temporary_folder
from maskseg_cli.model.mask_rcnn import MaskRCNN
from maskseg_cli.model.openvino_parts import join
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
    makers = {"features": _features_part, "boxes": _boxes_part, "masks": _masks_part}
    return join({name: _convert_part(*make(model)) for name, make in makers.items()})


def _convert_part(compute: Callable[..., dict[str, tf.Tensor]], inputs: Sequence[tf.TensorSpec]) -> openvino.Model:
    """Traces a function of named tensors and converts it; inputs and outputs keep their names."""
    import openvino
    from openvino._offline_transformations import apply_moc_transformations
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    traced = tf.function(compute, input_signature=list(inputs), autograph=False).get_concrete_function()
    frozen = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    # As a file: `openvino.convert_model` would report the conversion to its makers over the network, from a forked
    # process, and lets weights lie in memory that TensorFlow frees.
    with temporary_folder() as folder:
        file = folder / "part.pb"
        file.write_bytes(frozen.graph.as_graph_def().SerializeToString())
        part = openvino.Core().read_model(file)
    apply_moc_transformations(part, False)  # batch normalisation joins the convolutions
    parameters = {port.get_node().get_friendly_name(): port.get_node() for port in part.inputs}
    ports = {name: port for port in part.outputs for name in port.get_names()}
    results = []
    # TensorFlow orders the outputs by their names.
    for name, tensor in zip(sorted(traced.structured_outputs), frozen.outputs, strict=True):
        ports[tensor.name].get_tensor().set_names({name})
        results.append(ports[tensor.name].get_node())
    wanted = [parameters[f"{spec.name}:0"] for spec in inputs]
    for spec, parameter in zip(inputs, wanted, strict=True):
        parameter.output(0).get_tensor().set_names({spec.name})
    return openvino.Model(results, wanted, "part")


def _features_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    neck = None if model.neck is None else _with_resizing(model.neck)

    def compute(image: tf.Tensor) -> dict[str, tf.Tensor]:
        maps = model.backbone(image, training=False)
        if neck is None:
            maps = list(maps) if model.config.detail else [maps]
        else:
            maps = neck(list(maps[-4:]), training=False)
        logits, deltas = model.region_scores(maps)
        outputs = {f"maps.{i}": maps[i] for i in range(_maps_used(model))}
        return outputs | {"objectness": objectness(logits), "rpn_deltas": deltas}

    return compute, [tf.TensorSpec((None, None, None, model.config.image_channel_count), name="image")]


def _maps_used(model: MaskRCNN) -> int:
    """The number of maps that the heads use: P2..P5, or one, and the detail."""
    if model.config.roi_align in ("corners", "samples"):
        return 4
    return 2 if model.config.detail else 1


def _boxes_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    head = _matrix_products(model) if model.config.box_head == "fc" else _whole(model.box_head)

    def compute(*pooled: tf.Tensor) -> dict[str, tf.Tensor]:
        logits, deltas = head(*pooled)
        return {"probabilities": tf.nn.softmax(logits), "deltas": deltas}

    return compute, _pooled_inputs(model.box_head, ("box_features", "box_detail"))


def _masks_part(model: MaskRCNN) -> tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]:
    last = model.mask_head.get_layer(_LAST_MASK_LAYER[model.config.mask_head])
    features_of = _whole(_with_resizing(keras.Model(model.mask_head.inputs, last.input)))
    height, width, channels = last.input.shape[1:]
    kernels, biases = tf.transpose(last.kernel[0, 0]), last.bias[:]

    def compute(*inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        *pooled, class_ids = inputs
        # The 1x1 convolution of the one class, as a product of its kernel with the features at every place.
        features = tf.reshape(tf.transpose(features_of(*pooled), (0, 3, 1, 2)), (-1, channels, height * width))
        logits = tf.matmul(tf.gather(kernels, class_ids)[:, None], features)[:, 0]
        logits = tf.reshape(logits + tf.gather(biases, class_ids)[:, None], (-1, height, width))
        if model.mask_upsampling is not None:
            logits = model.mask_upsampling(logits[..., None])[..., 0]
        return {"masks": tf.sigmoid(logits)}

    inputs = _pooled_inputs(model.mask_head, ("mask_features", "mask_detail"))
    return compute, [*inputs, tf.TensorSpec((None,), tf.int32, name="class_ids")]


def _pooled_inputs(head: keras.Model, names: Sequence[str]) -> list[tf.TensorSpec]:
    """The head's inputs under the first of `names`."""
    return [tf.TensorSpec(one.shape, name=name) for one, name in zip(head.inputs, names, strict=False)]


def _whole(head: keras.Model) -> Callable[..., Any]:
    """A head of one or two inputs as a function of them."""

    def compute(*pooled: tf.Tensor) -> Any:
        return head(list(pooled) if len(pooled) > 1 else pooled[0], training=False)

    return compute


class _NearestResizing(keras.layers.Layer):
    """Doubles a map (B, h, w, c) as UpSampling2D does, by an operation that OpenVINO has."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=2 * tf.shape(inputs)[1:3])


def _with_resizing(model: keras.Model) -> keras.Model:
    """The same layers, with `_NearestResizing` for UpSampling2D, which repeats rows and columns by transpositions."""

    def replace(layer: keras.layers.Layer) -> keras.layers.Layer:
        return _NearestResizing() if isinstance(layer, keras.layers.UpSampling2D) else layer

    return keras.models.clone_model(model, clone_function=replace)


def _matrix_products(model: MaskRCNN) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """The box head of `build_fc_box_head` with matrix products for its fully connected layers.

    OpenVINO's convolution of the size of its input takes ten times as long as the product.
    """
    config, head = model.config, model.box_head
    first = head.get_layer("mrcnn_class_conv1")
    convolutions = keras.Model(head.inputs, first.input) if config.box_head_convs else None
    hidden = [_weights(head, number, config.head_norm == "all") for number in range(1, config.box_head_fcs + 1)]
    outputs = [head.get_layer(name) for name in ("mrcnn_class_logits", "mrcnn_bbox_fc")]

    def compute(pooled: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x = pooled if convolutions is None else convolutions(pooled, training=False)
        x = tf.reshape(x, (-1, hidden[0][0].shape[0]))
        for matrix, bias in hidden:
            x = tf.nn.relu(tf.matmul(x, matrix) + bias)
        logits, deltas = (layer(x) for layer in outputs)
        return logits, tf.reshape(deltas, (-1, logits.shape[-1], 4))

    return compute


def _weights(head: keras.Model, number: int, normalized: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Matrix (in, out) and bias (out,) of a fully connected layer, with its batch normalisation in both."""
    kernel, *bias = head.get_layer(f"mrcnn_class_conv{number}").get_weights()
    matrix = kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
    shift = np.asarray(bias[0], np.float64) if bias else np.zeros(matrix.shape[1])
    if normalized:
        norm = head.get_layer(f"mrcnn_class_bn{number}")
        gamma, beta, mean, variance = (np.asarray(array, np.float64) for array in norm.get_weights())
        scale = gamma / np.sqrt(variance + norm.epsilon)
        matrix, shift = matrix * scale, (shift - mean) * scale + beta
    return tf.constant(matrix, tf.float32), tf.constant(shift, tf.float32)
