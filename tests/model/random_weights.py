"""Gives every layer of a small model values that a test can tell apart, biases and statistics too."""

from __future__ import annotations

import keras
import numpy as np


def fill(model: keras.Model, seed: int = 0) -> keras.Model:
    """Draws all weights anew; variances stay positive. Returns the model."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        for variable in layer.variables:
            fan_in = max(1, int(np.prod(variable.shape[:-1])))
            values = rng.normal(0, 1 / np.sqrt(fan_in), variable.shape)
            variable.assign(1 + 0.1 * np.abs(values) if "variance" in variable.name else values)
    return model
