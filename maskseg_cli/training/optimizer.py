"""Optimizers: SGD with momentum, AdamW, and AdamW with steps relative to each tensor's own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from maskseg_cli.errors import UsageError

OPTIMIZERS = ("sgd", "adamw", "relative-adamw")

#: Batch normalisation's weights and biases do not decay.
NO_DECAY = ("gamma", "beta", "bias")


class _OwnFactors:
    """Part of an optimizer: each variable's learning rate is multiplied by a factor of its own, 1 unless set."""

    #: In the order of the variables that the optimizer was built for; empty: 1 for all.
    factors: Sequence[float] = ()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One step of `variable`."""
        factor = self.factors[self._get_variable_index(variable)] if self.factors else 1.0  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate * factor)  # type: ignore[misc]


class SteppedSGD(_OwnFactors, keras.optimizers.SGD):
    """SGD with a factor for each variable."""


class SteppedAdamW(_OwnFactors, keras.optimizers.AdamW):
    """AdamW with a factor for each variable."""


@keras.saving.register_keras_serializable(package="maskseg")
class RelativeAdamW(SteppedAdamW):
    """AdamW whose step for a tensor is the learning rate times the tensor's root mean square (as in Adafactor,
    https://arxiv.org/abs/1804.04235, section 8).

    Folding batch normalisation into the convolutions leaves tensors whose sizes differ a thousandfold; an absolute
    step that suits one would wreck another.

    Args:
        smallest: the size that a tensor is counted with at least (a bias may be all zeros).
        kwargs: those of `keras.optimizers.AdamW`.
    """

    def __init__(self, smallest: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smallest = smallest

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One AdamW step of `variable`, scaled by its size."""
        value = tf.convert_to_tensor(variable)
        size = tf.sqrt(tf.reduce_mean(tf.square(value)))
        super().update_step(gradient, variable, learning_rate * tf.maximum(size, self.smallest))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for Keras."""
        return {**super().get_config(), "smallest": self.smallest}


def suited_optimizer(backbone: str) -> str:
    """The optimizer that "auto" means: SGD for a ResNet, as Matterport's; relative steps for folded convolutions."""
    return "relative-adamw" if backbone == "mobile" else "sgd"


def make_optimizer(
    kind: str,
    variables: Sequence[Any],
    momentum: float = 0.9,
    weight_decay: float = 1e-4,
    clip_norm: float = 5.0,
    factors: Sequence[float] = (),
) -> keras.optimizers.Optimizer:
    """An optimizer, built for these variables; its learning rate is set before each step.

    Args:
        kind: "sgd", "adamw" or "relative-adamw".
        variables: what it will change.
        momentum: for SGD.
        weight_decay: taken from the weights at each step, in proportion to the learning rate; 0 switches it off.
        clip_norm: the gradients together are scaled down to this norm (GRADIENT_CLIP_NORM); 0 switches it off.
        factors: of the learning rate, one for each of the variables; empty: 1 for all.
    """
    common: dict[str, Any] = {
        "learning_rate": 0.0,
        "weight_decay": weight_decay or None,
        "global_clipnorm": clip_norm or None,
    }
    if kind == "sgd":
        optimizer = SteppedSGD(momentum=float(momentum), **common)
    elif kind == "adamw":
        optimizer = SteppedAdamW(**{**common, "weight_decay": weight_decay})
    elif kind == "relative-adamw":
        optimizer = RelativeAdamW(**{**common, "weight_decay": weight_decay})
    else:
        raise UsageError(f"The optimizer is one of {', '.join(OPTIMIZERS)}, not {kind!r}.")
    # not by Keras's patterns, which look at the layer's name too; and before `build`, after which nothing is excluded
    variables = list(variables)
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if variable.name in NO_DECAY])
    optimizer.build(variables)
    if factors and len(factors) != len(variables):
        raise ValueError(f"{len(factors)} factors for {len(variables)} variables")
    optimizer.factors = tuple(float(factor) for factor in factors)
    return optimizer
