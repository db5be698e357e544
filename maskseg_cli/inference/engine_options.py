"""`EngineOptions`: which library computes the network, how precisely, and on what."""

from __future__ import annotations

import os
from dataclasses import dataclass

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.config.value_types import check_count
from maskseg_cli.errors import UsageError
from maskseg_cli.near_names import did_you_mean

ENGINES = ("auto", "openvino", "tensorflow")
PRECISIONS = ("auto", "float32", "bfloat16", "int8")
DEVICES = ("auto", "cpu", "gpu", "npu")

#: Names that other programs have for these values.
_OTHER_NAMES = {
    **{"cuda": "gpu", "tf": "tensorflow", "keras": "tensorflow", "ov": "openvino", "uint8": "int8"},
    **{"fp32": "float32", "fp16": "bfloat16", "float16": "bfloat16", "half": "bfloat16", "bf16": "bfloat16"},
}


@dataclass(frozen=True)
class EngineOptions:
    """How a network is computed.

    Attributes:
        engine: "openvino", "tensorflow", or "auto": OpenVINO where it works.
        precision: of the computation: "float32", "bfloat16", "int8", or "auto": the fastest that the processor has
            instructions for and whose results pass a check. int8 needs a quantised network.
        device: "cpu", "gpu" (Intel's through OpenVINO, NVIDIA's through TensorFlow), "npu", or "auto".
        threads: threads of the computation; None: one for each core.
        throughput: several threads will call the network at the same time; then small networks compute several
            pictures side by side, which gives more pictures a second, and each takes longer.

    Raises:
        UsageError: a value that is not one of these.
    """

    engine: str = "auto"
    precision: str = "auto"
    device: str = "auto"
    threads: int | None = None
    throughput: bool = False

    def __post_init__(self) -> None:
        for option, allowed in (("engine", ENGINES), ("precision", PRECISIONS), ("device", DEVICES)):
            value = getattr(self, option)
            if value not in allowed:
                hint = did_you_mean(_OTHER_NAMES.get(str(value).lower(), str(value)), allowed, 1)
                raise UsageError(f"{option} is one of {', '.join(allowed)}, not {value!r}{hint}.")
        if self.engine == "tensorflow" and self.precision not in ("auto", "float32"):
            raise UsageError(f"The engine tensorflow computes in float32 only: leave out {self.precision}.")
        if self.threads is not None:
            check_count("threads", self.threads)


def calls_at_once(config: MaskRCNNConfig) -> int:
    """How many threads should call a network at the same time, each with pictures of its own.

    The stages of the small network are too short to keep two cores busy with one picture. The large ones keep them
    busy, and take a gigabyte for each picture.
    """
    return min(4, os.cpu_count() or 1) if config.backbone == "mobile" else 1
