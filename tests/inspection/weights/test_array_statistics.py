"""Figures of arrays against NumPy's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskseg_cli.inspection.weights import array_statistics
from maskseg_cli.inspection.weights.array_statistics import chunks, histogram_of, statistics_of

VALUES = st.floats(-1e6, 1e6, width=32)
SHAPES = arrays.array_shapes(max_dims=4, max_side=5)


@given(
    arrays.arrays(np.float32, SHAPES, elements=st.one_of(VALUES, st.just(0.0), st.just(math.inf), st.just(math.nan)))
)
def test_figures_are_numpys(array: np.ndarray) -> None:
    found = statistics_of(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert (found.count, found.broken) == (array.size, array.size - finite.size)
    if not finite.size:
        assert np.isnan([found.mean, found.std, found.minimum, found.maximum]).all()
        return
    assert (found.minimum, found.maximum) == (finite.min(), finite.max())
    np.testing.assert_allclose(found.mean, finite.mean(), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(found.std, finite.std(), rtol=1e-9, atol=1e-9)
    assert found.zeros == np.mean(array == 0)


def test_many_chunks_give_the_figures_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.random.default_rng(1).normal(1e4, 1e-2, (7, 3, 5)).astype(np.float32)
    whole = statistics_of(array)
    monkeypatch.setattr(array_statistics, "CHUNK", 4)
    assert [len(values) for (values,) in chunks(array)] == [4] * 26 + [1]
    parts = statistics_of(array)
    assert (parts.minimum, parts.maximum, parts.zeros) == (whole.minimum, whole.maximum, whole.zeros)
    np.testing.assert_allclose([parts.mean, parts.std], [whole.mean, whole.std], rtol=1e-10)
    # One pass over the squares would lose this spread so far from zero.
    np.testing.assert_allclose(whole.std, array.astype(np.float64).std(), rtol=1e-10)


def test_equal_values_have_no_spread() -> None:
    found = statistics_of(np.full(1001, 0.1, np.float32))
    assert (found.std, found.mean) == (0.0, float(np.float32(0.1)))


def test_nothing() -> None:
    found = statistics_of(np.zeros((0, 3), np.float32))
    assert (found.count, found.broken, found.zeros) == (0, 0, 0.0)
    assert math.isnan(found.minimum)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(-1000, 1000, width=16)))
def test_a_histogram_is_numpys(array: np.ndarray) -> None:
    counts, edges = histogram_of(array, statistics_of(array), 8)
    assert counts.sum() == array.size
    if array.min() < array.max():
        wanted = np.histogram(array.astype(np.float64), edges)
        np.testing.assert_array_equal(counts, wanted[0])
        assert (edges[0], edges[-1]) == (array.min(), array.max())


@pytest.mark.parametrize(
    "values", [[-3.4e38, 3.4e38], [1.0, np.nextafter(np.float32(1), np.float32(2))], [0.0, 1e-45], [3e38] * 2, [0.0]]
)
def test_a_histogram_of_extreme_values(values: list[float]) -> None:
    array = np.array(values, np.float32)
    counts, edges = histogram_of(array, statistics_of(array), 40)
    assert counts.sum() == len(values)
    assert (np.diff(edges) > 0).all()
