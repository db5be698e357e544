"""OpenVINO's .xml files, with the .bin beside them as it should be."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from maskseg_cli.config import LITE
from maskseg_cli.inference.openvino_file import NetworkInfo, read_ir, write_ir
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import change_text

_WEIGHTS: dict[str, bytes] = {}


def _model() -> Any:
    import openvino
    from openvino import opset13 as ops

    image = ops.parameter([-1, 3], np.float32, "image")
    sums = ops.add(
        ops.multiply(image, ops.constant(np.ones((1, 3), np.float32))), ops.constant(np.zeros(3, np.float32))
    )
    return openvino.Model([ops.result(sums)], [image], "small")


def _seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xml"
        write_ir(_model(), path, NetworkInfo(LITE, ("background", "a"), "0" * 64), compress=False)
        _WEIGHTS["bin"] = path.with_suffix(".bin").read_bytes()
        return [path.read_bytes()]


def _craft(random: Random, start: bytes) -> bytes:
    return change_text(random, start, FUZZER.tokens)


def _attack(data: bytes, folder: Path) -> None:
    if not _WEIGHTS:
        _seeds()
    path = folder / "network.xml"
    path.write_bytes(data)
    path.with_suffix(".bin").write_bytes(_WEIGHTS["bin"])
    read_ir(path)


FUZZER = Fuzzer(
    "ir",
    _seeds,
    _attack,
    tokens=(b"<layer>", b"</layers>", b"<dim>-1</dim>", b"<!DOCTYPE a>", b"&quot;", b"&#0;", b"opset99", b"<a>" * 3000),
    craft=_craft,
    cost=2,
)
