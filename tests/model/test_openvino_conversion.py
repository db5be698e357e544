"""What a converted network holds: named inputs and outputs, and no operation that is slow or left over."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from maskseg_cli.inference.openvino_stages import PARTS, split
from tests.inference.openvino_networks import converted

pytest.importorskip("openvino")


def names(ports: Any) -> set[str]:
    return {port.any_name for port in ports}


def operations(model: Any) -> Counter[str]:
    return Counter(node.get_type_name() for node in model.get_ops())


def test_the_small_network() -> None:
    model = converted("lite")
    assert names(model.inputs) == {name for inputs, _ in PARTS.values() for name in inputs}
    outputs = {name for _, part in PARTS.values() for name in part}
    assert names(model.outputs) == outputs - {"maps.2", "maps.3"}
    parts = split(model)
    assert [port.any_name for port in parts["masks"].inputs] == ["mask_features", "mask_detail", "class_ids"]
    assert parts["boxes"].input("box_detail").partial_shape.to_string() == "[?,6,6,48]"


def test_the_network_with_a_pyramid() -> None:
    parts = split(converted("resnet50_fcn"))
    maps = [port for port in parts["features"].outputs if port.any_name.startswith("maps.")]
    assert [port.any_name for port in maps] == ["maps.0", "maps.1", "maps.2", "maps.3"]
    assert [port.any_name for port in parts["boxes"].inputs] == ["box_features"]
    boxes = operations(parts["boxes"])
    assert boxes["Convolution"] == 0
    assert boxes["MatMul"] == 4
    for part in parts.values():  # batch normalisation is part of the convolutions
        kinds = operations(part)
        assert kinds["BatchNormInference"] == 0
        large = [
            node
            for node in part.get_ops()
            if node.get_type_name() == "Multiply" and len(node.output(0).get_partial_shape()) == 4
        ]
        assert large == []
    assert operations(parts["features"])["Tile"] == 0
