"""Means of weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from maskseg_cli.training.ema import AveragedWeights, interpolate_weights


def test_the_average_starts_at_the_weights_and_follows_them() -> None:
    variable = keras.Variable(np.array([1.0, 2.0], np.float32))
    average = AveragedWeights({"a": variable}, 0.998)
    variable.assign([11.0, 2.0])
    # a copy, no view
    np.testing.assert_array_equal(average.averages["a"], [1, 2])
    average.update()
    # the first momentum is (1 + 1) / (10 + 1)
    np.testing.assert_allclose(average.averages["a"], [1 * 2 / 11 + 11 * 9 / 11, 2], rtol=1e-6)


def test_early_on_it_does_not_cling_to_the_start_and_later_the_momentum_holds() -> None:
    variable = keras.Variable(np.zeros(1, np.float32))
    average = AveragedWeights({"a": variable}, 0.9)
    variable.assign([1.0])
    for _ in range(20):
        average.update()
    assert average.averages["a"][0] > 0.99
    average.updates = 10_000
    before = float(average.averages["a"][0])
    variable.assign([0.0])
    average.update()
    assert float(average.averages["a"][0]) == pytest.approx(0.9 * before, rel=1e-5)


def test_part_of_the_way_from_the_start() -> None:
    start, trained = {"a": np.float32([0, 8])}, {"a": np.float32([4, 8])}
    mean = interpolate_weights(start, trained, 0.25)["a"]
    np.testing.assert_array_equal(mean, [3, 8])
    assert mean.dtype == np.float32
