"""Optimizers, by the values that they leave behind."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from maskseg_cli.errors import UsageError
from maskseg_cli.training.optimizer import OPTIMIZERS, default_optimizer, make_optimizer

RATE, DECAY = 0.1, 0.5


@pytest.fixture
def model() -> keras.Model:
    """All kinds of weights that the networks have, none of them 0."""
    layers = keras.layers
    inputs = keras.Input((4, 4, 3))
    x = layers.Conv2D(2, 3, name="conv")(inputs)
    x = layers.DepthwiseConv2D(1, name="biased_depthwise")(x)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.Conv2DTranspose(2, 2, name="deconv")(x)
    model = keras.Model(inputs, layers.Dense(2, name="dense")(layers.Flatten()(x)))
    for variable in model.variables:
        variable.assign(tf.fill(variable.shape, 2.0))
    return model


def one_step(optimizer: keras.optimizers.Optimizer, variables: list, gradients: list) -> list[np.ndarray]:
    """How each variable changed in one step, inside a graph as in training."""
    before = [np.asarray(variable).copy() for variable in variables]
    optimizer.learning_rate.assign(RATE)
    tf.function(lambda: optimizer.apply([tf.constant(g, tf.float32) for g in gradients], variables))()
    return [np.asarray(variable) - old for variable, old in zip(variables, before, strict=True)]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_weight_decay_shrinks_kernels_alone(model: keras.Model, kind: str) -> None:
    variables = model.trainable_variables
    changes = {}
    for decay in (0.0, DECAY):
        for variable in variables:
            variable.assign(tf.fill(variable.shape, 2.0))
        optimizer = make_optimizer(kind, variables, weight_decay=decay, clip_norm=0)
        gradients = [np.full(variable.shape, 1e-3) for variable in variables]
        changes[decay] = one_step(optimizer, variables, gradients)
    names = [variable.path for variable in variables]
    assert {name.split("/")[-1] for name in names} == {"kernel", "bias", "gamma", "beta"}
    for name, without, decayed in zip(names, changes[0.0], changes[DECAY], strict=True):
        wanted = -RATE * DECAY * 2.0 if name.endswith("kernel") else 0.0
        np.testing.assert_allclose(decayed - without, wanted, atol=0.012 if kind == "relative-adamw" else 1e-5)


def test_sgd_keeps_its_momentum() -> None:
    variable = keras.Variable(np.zeros(3, np.float32), name="kernel")
    optimizer = make_optimizer("sgd", [variable], momentum=0.5, weight_decay=0, clip_norm=0)
    first = one_step(optimizer, [variable], [[1.0, 2.0, 3.0]])[0]
    np.testing.assert_allclose(first, [-0.1, -0.2, -0.3], rtol=1e-6)
    np.testing.assert_allclose(one_step(optimizer, [variable], [[1.0, 2.0, 3.0]])[0], 1.5 * first, rtol=1e-6)


def test_momentum_may_be_a_whole_number() -> None:
    assert make_optimizer("sgd", [keras.Variable([1.0])], momentum=0).built


def test_gradients_are_clipped_together() -> None:
    variables = [keras.Variable(np.zeros(2, np.float32)), keras.Variable(np.zeros(1, np.float32))]
    optimizer = make_optimizer("sgd", variables, momentum=0.0, weight_decay=0, clip_norm=1.0)
    # the norm of all is 13: each is scaled by 1 / 13
    changes = one_step(optimizer, variables, [[3.0, 4.0], [12.0]])
    np.testing.assert_allclose(np.concatenate(changes), -RATE * np.array([3, 4, 12]) / 13, rtol=1e-5)
    # shorter ones stay
    changes = one_step(optimizer, variables, [[0.3, 0.0], [0.4]])
    np.testing.assert_allclose(np.concatenate(changes), -RATE * np.array([0.3, 0, 0.4]), rtol=1e-5)


def test_without_clipping_long_gradients_pass() -> None:
    variable = keras.Variable(np.zeros(1, np.float32))
    optimizer = make_optimizer("sgd", [variable], momentum=0.0, weight_decay=0, clip_norm=0)
    np.testing.assert_allclose(one_step(optimizer, [variable], [[1000.0]])[0], -100, rtol=1e-6)


def test_relative_steps_follow_the_size_of_the_tensor() -> None:
    large = keras.Variable(np.array([30.0, -40.0], np.float32), name="kernel")
    small = keras.Variable(np.array([0.03, 0.04], np.float32), name="kernel")
    zero = keras.Variable(np.zeros(2, np.float32), name="bias")
    variables = [large, small, zero]
    optimizer = make_optimizer("relative-adamw", variables, weight_decay=0, clip_norm=0)
    changes = one_step(optimizer, variables, [[1.0, -1.0]] * 3)
    # Adam's first step is the rate itself, here times the root mean square, at least 0.001
    sizes = [np.sqrt((30**2 + 40**2) / 2), np.sqrt((0.03**2 + 0.04**2) / 2), 1e-3]
    for change, size in zip(changes, sizes, strict=True):
        np.testing.assert_allclose(change, [-RATE * size, RATE * size], rtol=1e-3)


def test_the_rate_can_change_from_step_to_step() -> None:
    variable = keras.Variable(np.zeros(1, np.float32))
    optimizer = make_optimizer("sgd", [variable], momentum=0.0, weight_decay=0, clip_norm=0)
    step = tf.function(lambda: optimizer.apply([tf.constant([1.0])], [variable]))
    seen = []
    for rate in (0.5, 0.25, 0.0):
        optimizer.learning_rate.assign(rate)
        before = float(np.asarray(variable)[0])
        step()
        seen.append(before - float(np.asarray(variable)[0]))
    assert seen == [0.5, 0.25, 0.0]


def test_a_relative_optimizer_can_be_described_and_made_again() -> None:
    optimizer = make_optimizer("relative-adamw", [keras.Variable([1.0])])
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config()["smallest"] == 1e-3


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(UsageError, match="sgd, adamw, relative-adamw"):
        make_optimizer("adam", [])


def test_each_network_has_an_optimizer_that_suits_it() -> None:
    assert default_optimizer("mobile") == "relative-adamw"
    assert default_optimizer("resnet50") == default_optimizer("resnet101") == "sgd"


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_factor_belongs_to_its_variable(kind: str) -> None:
    steps = []
    for factors in [(), (1.0, 10.0)]:
        variables = [keras.Variable([2.0, 2.0], name="kernel"), keras.Variable([2.0, 2.0], name="kernel")]
        optimizer = make_optimizer(kind, variables, weight_decay=0, clip_norm=0, factors=factors)
        optimizer.learning_rate.assign(1e-3)
        optimizer.apply([tf.constant([0.3, 0.1])] * 2, variables)
        steps.append([np.asarray(variable) - 2 for variable in variables])
    plain, faster = steps
    np.testing.assert_array_equal(faster[0], plain[0])
    np.testing.assert_allclose(faster[1], 10 * plain[1], rtol=1e-3)
    with pytest.raises(ValueError, match="1 factors for 2 variables"):
        make_optimizer(kind, variables, factors=[1.0])
