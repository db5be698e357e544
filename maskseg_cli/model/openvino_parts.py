"""The parts of a converted network, which are not connected: cut apart to be compiled, joined for one file."""

from __future__ import annotations

from collections.abc import Mapping

import openvino

#: Inputs and outputs of the three parts of a converted network (`openvino_conversion`), where it has them.
PARTS = {
    "features": (("image",), ("maps.0", "maps.1", "maps.2", "maps.3", "objectness", "rpn_deltas")),
    "boxes": (("box_features", "box_detail"), ("probabilities", "deltas")),
    "masks": (("mask_features", "mask_detail", "class_ids"), ("masks",)),
}


def split(model: openvino.Model) -> dict[str, openvino.Model]:
    """Cuts a converted network into the parts of `PARTS` that it has; they share the nodes of `model`."""
    inputs = {port.any_name: port.get_node() for port in model.inputs}
    outputs = {port.any_name: port.get_node() for port in model.outputs}
    parts = {}
    for part, (ins, outs) in PARTS.items():
        results = [outputs[name] for name in outs if name in outputs]
        parameters = [inputs[name] for name in ins if name in inputs]
        if not results or not parameters:
            continue
        parts[part] = openvino.Model(results, parameters, part)
    return parts


def join(parts: Mapping[str, openvino.Model]) -> openvino.Model:
    """The inverse of `split`."""
    results = [result for part in parts.values() for result in part.get_results()]
    parameters = [parameter for part in parts.values() for parameter in part.get_parameters()]
    return openvino.Model(results, parameters, "mask_rcnn")
