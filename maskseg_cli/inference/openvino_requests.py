"""A compiled OpenVINO model with infer requests for any number of threads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from maskseg_cli.inference.signal_stack import kept_signal_stack


class CompiledPart:
    """Compiles a model and lends infer requests, each to one user at a time.

    A request owns the memory of its outputs: they are valid until the request is given back.

    Args:
        core: OpenVINO's.
        model: inputs and outputs have names.
        device, settings: for `openvino.Core.compile_model`.

    Attributes:
        inputs: names of the inputs, in the model's order.
    """

    def __init__(self, core: openvino.Core, model: openvino.Model, device: str, settings: Mapping[str, Any]) -> None:
        self.inputs = tuple(port.any_name for port in model.inputs)
        with kept_signal_stack():
            self._compiled = core.compile_model(model, device, dict(settings))
        self._ports = list(self._compiled.outputs)
        self._idle: list[openvino.InferRequest] = []
        self._lock = Lock()

    def take(self) -> openvino.InferRequest:
        """A request for exclusive use until `give_back`; a new one where all are in use."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._compiled.create_infer_request()

    def give_back(self, request: openvino.InferRequest) -> None:
        """Ends the use of a request and of its outputs."""
        with self._lock:
            self._idle.append(request)

    @contextlib.contextmanager
    def request(self) -> Iterator[openvino.InferRequest]:
        """Lends a request for the time of a block."""
        request = self.take()
        try:
            yield request
        finally:
            self.give_back(request)

    def run(self, request: openvino.InferRequest, inputs: Mapping[str, NDArray[Any] | openvino.Tensor]) -> list[Any]:
        """Computes the outputs, tensors in the model's order, without copies of inputs or outputs."""
        tensors = {
            name: openvino.Tensor(np.ascontiguousarray(value), shared_memory=True)
            if isinstance(value, np.ndarray)
            else value
            for name, value in inputs.items()
        }
        request.infer(tensors, share_inputs=True, share_outputs=True)
        return [request.get_tensor(port) for port in self._ports]
