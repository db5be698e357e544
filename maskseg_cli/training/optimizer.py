"""Optimizers: SGD with momentum, AdamW, and AdamW with steps relative to the size of each tensor's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from maskseg_cli.errors import UsageError
from maskseg_cli.training.training_options import OPTIMIZERS

#: Names of the weights without decay: those of batch normalisation, and biases.
NO_DECAY = ("gamma", "beta", "bias")


class _RateFactors:
    """Mixin for optimizers: multiplies the learning rate of each variable by a factor, 1 by default."""

    #: In the order of the variables that the optimizer was built for; empty: 1 for all.
    factors: Sequence[float] = ()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Makes one step of `variable`."""
        factor = self.factors[self._get_variable_index(variable)] if self.factors else 1.0  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate * factor)  # type: ignore[misc]


class SteppedSGD(_RateFactors, keras.optimizers.SGD):
    """SGD with a factor for each variable."""


class SteppedAdamW(_RateFactors, keras.optimizers.AdamW):
    """AdamW with a factor for each variable."""


@keras.saving.register_keras_serializable(package="maskseg")
class RelativeAdamW(SteppedAdamW):
    """AdamW whose step for a tensor is the learning rate times the tensor's root mean square (as in Adafactor,
    https://arxiv.org/abs/1804.04235, section 8).

    After batch normalisation is folded into the convolutions, the sizes of tensors differ a thousandfold: an absolute
    step that is right for one is far too large for another.

    Args:
        smallest: the least size that is used for a tensor (a bias may be all zeros).
        kwargs: those of `keras.optimizers.AdamW`.
    """

    def __init__(self, smallest: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smallest = smallest

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Makes one AdamW step of `variable`, scaled by the size of its values."""
        value = tf.convert_to_tensor(variable)
        size = tf.sqrt(tf.reduce_mean(tf.square(value)))
        super().update_step(gradient, variable, learning_rate * tf.maximum(size, self.smallest))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, for Keras."""
        return {**super().get_config(), "smallest": self.smallest}


def default_optimizer(backbone: str) -> str:
    """Returns the optimizer for "auto": SGD for a ResNet, as in Matterport's code, else relative steps."""
    return "relative-adamw" if backbone == "mobile" else "sgd"


def make_optimizer(
    kind: str,
    variables: Sequence[Any],
    momentum: float = 0.9,
    weight_decay: float = 1e-4,
    clip_norm: float = 5.0,
    factors: Sequence[float] = (),
) -> keras.optimizers.Optimizer:
    """Makes an optimizer for these variables; its learning rate is set before each step.

    Args:
        kind: "sgd", "adamw" or "relative-adamw".
        variables: those that it will change.
        momentum: for SGD.
        weight_decay: share of the weights that is subtracted at each step, times the learning rate; 0: none.
        clip_norm: largest norm of all gradients together (GRADIENT_CLIP_NORM); longer ones are scaled down; 0: any.
        factors: of the learning rate, one for each variable; empty: 1 for all.
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
    # Not by Keras's name patterns, which match layer names too; and before `build`, after which this has no effect.
    variables = list(variables)
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if variable.name in NO_DECAY])
    optimizer.build(variables)
    if factors and len(factors) != len(variables):
        raise ValueError(f"{len(factors)} factors for {len(variables)} variables")
    optimizer.factors = tuple(float(factor) for factor in factors)
    return optimizer
