"""Networks and traces that the tests of an inspection share, each made once in a run of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from skimage import data

from maskseg_cli import Predictor, load_model
from maskseg_cli.inference.tensorflow_engine import TensorFlowEngine
from maskseg_cli.inspection.network_trace import NetworkTrace, trace_network
from tests.small_networks import small_matterport


def photo() -> np.ndarray:
    """The astronaut, who fills the middle of 512 x 512 pixels, BGR."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


@cache
def _resnet() -> Predictor:
    return Predictor(TensorFlowEngine(small_matterport()), ["BG", "circle", "square"])


@contextmanager
def resnet(**options: object) -> Iterator[Predictor]:
    """The small ResNet in the normalized frame, with these options within the block."""
    one = _resnet()
    before = one.config
    try:
        one.set_options(**options)
        yield one
    finally:
        one.engine.config = before


@cache
def lite_trace(**options: object) -> NetworkTrace:
    """The bundled network on the astronaut."""
    return trace_network(load_model("lite", precision="float32", **options), photo())  # type: ignore[arg-type]
