"""The difference of two files against formulas written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from maskseg_cli.inspection.weights import array_statistics
from maskseg_cli.inspection.weights.inspection import change_words
from maskseg_cli.inspection.weights.weights_comparison import change_of, compare_weights

ARRAYS = arrays.arrays(np.float32, (3, 4), elements=st.floats(-100, 100, width=16))


@given(ARRAYS, ARRAYS)
def test_a_change(first: np.ndarray, second: np.ndarray) -> None:
    change = change_of("a", first, second)
    a, b = first.astype(float).ravel(), second.astype(float).ravel()
    assert change.largest == np.abs(a - b).max()
    assert change.identical == np.array_equal(a, b)
    np.testing.assert_allclose(change.distance, np.linalg.norm(a - b), rtol=1e-9)
    if a.any() and b.any():
        np.testing.assert_allclose(change.cosine, a @ b / np.linalg.norm(a) / np.linalg.norm(b), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(change.relative, np.linalg.norm(a - b) / np.linalg.norm(a), rtol=1e-9)
    else:
        assert math.isnan(change.cosine)
        assert change.relative == (0 if not (a.any() or b.any()) else math.inf if not a.any() else 1)


def test_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(11, 7)), rng.normal(size=(11, 7))
    whole = change_of("a", first, second)
    monkeypatch.setattr(array_statistics, "CHUNK", 5)
    parts = change_of("a", first, second)
    assert parts.largest == whole.largest
    np.testing.assert_allclose(parts.cosine, whole.cosine)
    # The last chunk alone is equal: the arrays are not.
    second[-1, -2:] = first[-1, -2:]
    assert not change_of("a", first, second).identical


def test_values_that_are_not_finite() -> None:
    first = np.array([1.0, np.nan])
    assert change_of("a", first, first).identical
    change = change_of("a", first, np.array([1.0, 2.0]))
    assert np.isnan([change.largest, change.relative, change.cosine]).all()
    assert change_words(change.relative) == "not finite"
    change = change_of("a", np.array([1.0, 2.0]), np.array([1.0, np.inf]))
    assert change.largest == np.inf
    assert change_words(change.relative) == "not finite"
    assert change_words(change_of("a", np.zeros(2), np.ones(2)).relative) == "from zero"


FIRST = {
    "conv1/kernel": np.ones((3, 3)),
    "res2a_branch2a/kernel": np.full((2, 2), 2.0),
    "res2b_branch2a/kernel": np.full((2, 2), 4.0),
    "res2a_branch2a/bias": np.zeros(2),
    "bn2a_branch2a/moving_mean": np.ones(2),
    "mrcnn_mask/kernel": np.ones(4),
    "old/kernel": np.ones(1),
}
SECOND = {
    "conv1/kernel": np.ones((3, 3)),
    "res2a_branch2a/kernel": np.full((2, 2), 2.2),
    "res2b_branch2a/kernel": np.full((2, 2), 4.2),
    "res2a_branch2a/bias": np.array([0.3, 0.4]),
    "bn2a_branch2a/moving_mean": np.full(2, 100.0),
    "mrcnn_mask/kernel": np.ones(5),
    "new/kernel": np.ones(1),
}


def test_two_files() -> None:
    found = compare_weights(FIRST, SECOND)
    assert (found.only_first, found.only_second) == (("old/kernel",), ("new/kernel",))
    assert found.reshaped == (("mrcnn_mask/kernel", (4,), (5,)),)
    assert found.identical == 1
    assert [one.name for one in found.largest_first()] == [
        "res2a_branch2a/bias",
        "bn2a_branch2a/moving_mean",
        "res2a_branch2a/kernel",
        "res2b_branch2a/kernel",
    ]
    # 10 % and 5 % of two kernels of norm 4 and 8 as one vector; the bias and the running mean do not count.
    wanted = math.sqrt((0.4**2 + 0.4**2) / (4**2 + 8**2))
    assert found.stage_changes() == {"Backbone C1": 0.0, "Backbone C2": pytest.approx(wanted)}


def test_what_is_not_finite_comes_first() -> None:
    first = {"a": np.ones(2), "b": np.zeros(2), "c": np.ones(2)}
    second = {"a": np.array([1.0, 2.0]), "b": np.ones(2), "c": np.array([1.0, np.nan])}
    names = [one.name for one in compare_weights(first, second).largest_first()]
    assert (set(names[:2]), names[2]) == ({"b", "c"}, "a")
