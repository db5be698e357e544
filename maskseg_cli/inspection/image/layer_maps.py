"""`layer_maps`: the activations of layers inside the network for one photo, from Keras or from OpenVINO.

A converted network has no names of layers any more, but its structure is that of model/resnet.py or model/mobile.py:
the stem is its first ReLU, and the outputs of the blocks are found by the additions of their shortcuts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import RESNETS, MaskRCNNConfig
from maskseg_cli.inference.predictor import Predictor
from maskseg_cli.inference.signal_stack import kept_signal_stack

if TYPE_CHECKING:
    import openvino

#: Blocks of the mobile trunk with a shortcut, in their order (`model.mobile.TRUNK_BLOCKS`), and strides.
_MOBILE_BLOCKS = {
    "block1_1": 4,
    "block2_1": 8,
    "block2_2": 8,
    "block3_1": 16,
    "block3_2": 16,
    "block3_3": 16,
    "block3_5": 16,
    "block3_6": 16,
}
_MOBILE_SHOWN = ("block1_1", "block2_2", "block3_3", "block3_6")

#: Channels of C2..C5.
_STAGES = {256: "C2", 512: "C3", 1024: "C4", 2048: "C5"}


class LayerMap(NamedTuple):
    """What one layer gave.

    Attributes:
        name: "stem", "C2", "P2", "block2_2".
        values: float32 (rows, columns, channels).
    """

    name: str
    values: NDArray[np.float32]


def layer_maps(predictor: Predictor, image: NDArray[np.float32]) -> list[LayerMap]:
    """Runs the network's first part once more, in float32, for the maps of its layers.

    Args:
        predictor: its engine is one that `loading.load_model` made.
        image: float32 (h, w, 3), molded.

    Returns:
        the stem; C2..C5 and P2..P6 of a ResNet with a pyramid; four blocks of the mobile trunk. Layers that are not
        found, in a network with other operations, are left out; without a network of Keras or OpenVINO: none.
    """
    engine, config = predictor.engine, predictor.config
    if hasattr(engine, "model"):
        maps = _keras_maps(engine.model, image)
    elif getattr(engine, "read_network", None) is not None:
        maps = _openvino_maps(engine.read_network(), config, image)  # type: ignore[attr-defined]
    else:
        return []
    if "P5" in maps:
        maps["P6"] = maps["P5"][::2, ::2]  # as the pyramid makes it: a pooling of one cell with stride 2
    return [LayerMap(name, values) for name, values in maps.items()]


def _keras_maps(model: Any, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    import keras

    backbone = model.backbone
    names: dict[str, Any] = {}
    if model.config.backbone in RESNETS:
        names["stem"] = next(one for one in backbone.layers if isinstance(one, keras.layers.Activation)).output
        names |= {f"C{number + 1}": output for number, output in enumerate(backbone.outputs) if number}
    else:
        names["stem"] = backbone.get_layer("trunk.stem").output
        names |= {block: backbone.get_layer(f"trunk.{block}.add").output for block in _MOBILE_SHOWN}
    found = keras.Model(backbone.inputs, names)([image[None]], training=False)
    maps = {name: np.asarray(found[name])[0] for name in names}
    if model.neck is not None:
        stages = [found[f"C{number}"] for number in (2, 3, 4, 5)]
        pyramid = model.neck(stages, training=False)
        maps |= {f"P{number + 2}": np.asarray(one)[0] for number, one in enumerate(pyramid[:4])}
    return maps


def _openvino_maps(
    network: openvino.Model, config: MaskRCNNConfig, image: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    import openvino
    from openvino import opset13 as ops

    from maskseg_cli.model.openvino_parts import split

    part = split(network)["features"]
    ports = _layer_ports(part, config)
    outputs = {port.any_name: port for port in part.outputs}
    if config.neck == "fpn":
        ports |= {f"P{number + 2}": outputs[f"maps.{number}"].get_node().input_value(0) for number in range(4)}
    # New results on the same nodes: the network itself is not changed.
    results = [ops.result(port) for port in ports.values()]
    model = openvino.Model(results, part.get_parameters(), "layers")
    with kept_signal_stack():
        compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    request.infer([np.ascontiguousarray(image[None], np.float32)])
    maps = {}
    for number, (name, port) in enumerate(ports.items()):
        values = np.array(request.get_output_tensor(number).data[0])
        channels_first = port.get_partial_shape()[1].is_static
        maps[name] = np.moveaxis(values, 0, -1) if channels_first else values
    return maps


def _layer_ports(part: openvino.Model, config: MaskRCNNConfig) -> dict[str, Any]:
    """The outputs of the nodes of the backbone's layers, by name, in their order."""
    nodes = part.get_ordered_ops()
    rectified = [node for node in nodes if node.get_type_name() == "Relu"]
    ports = {"stem": rectified[0].output(0)} if rectified else {}
    if config.backbone in RESNETS:
        # Only the ends of residual blocks are ReLUs of a sum; the last one of a number of channels ends its stage.
        ends = [node.output(0) for node in rectified if _is_shortcut(node.input_value(0).get_node())]
        stages = {_STAGES[count]: port for port in ends if (count := _channels(port)) in _STAGES}
        return ports | {name: stages[name] for name in _STAGES.values() if name in stages}
    sums = [node.output(0) for node in nodes if _is_shortcut(node)][: len(_MOBILE_BLOCKS)]
    if len(sums) < len(_MOBILE_BLOCKS):
        return ports
    blocks = dict(zip(_MOBILE_BLOCKS, sums, strict=True))
    return ports | {name: blocks[name] for name in _MOBILE_SHOWN}


def _is_shortcut(node: Any) -> bool:
    """Whether a node adds two maps, neither of which is the constant of a bias."""
    if node.get_type_name() != "Add" or node.output(0).get_partial_shape().rank.get_length() != 4:
        return False
    return all(not _is_constant(value.get_node()) for value in node.input_values())


def _is_constant(node: Any) -> bool:
    """Whether a node is a constant, or one converted from float16."""
    kind = node.get_type_name()
    return kind == "Constant" or (kind == "Convert" and _is_constant(node.input_value(0).get_node()))


def _channels(port: Any) -> int:
    """Channels of a map (B, C, H, W) or (B, H, W, C), whose sides may vary."""
    shape = port.get_partial_shape()
    axis = 1 if shape[1].is_static else 3
    return int(shape[axis].get_length()) if shape[axis].is_static else 0
