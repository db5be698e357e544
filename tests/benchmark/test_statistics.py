"""Medians, quartiles, ratios, and the order of interleaved calls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.benchmark.interleaving import interleaved
from maskseg_cli.benchmark.statistics import ratio_of_pairs, spread_of

SECONDS = st.floats(1e-6, 1e4)


@given(st.lists(SECONDS, min_size=1, max_size=40))
def test_quartiles_are_those_of_numpy(values: list[float]) -> None:
    expected = np.quantile(values, [0.5, 0.25, 0.75])
    np.testing.assert_allclose(spread_of(values), expected, rtol=1e-9)


@given(st.lists(SECONDS, min_size=1, max_size=40), st.randoms())
def test_the_spread_lies_in_order_whatever_the_order_of_the_values(values: list[float], random: object) -> None:
    spread = spread_of(values)
    assert min(values) <= spread.low <= spread.median <= spread.high <= max(values)
    random.shuffle(values)  # type: ignore[attr-defined]
    assert spread_of(values) == spread


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=40))
def test_ratios_turn_over_and_know_no_unit(pairs: list[tuple[float, float]]) -> None:
    values, others = ([pair[place] for pair in pairs] for place in (0, 1))
    ratio = ratio_of_pairs(values, others)
    assert ratio_of_pairs([1000 * one for one in values], others) == pytest.approx(1000 * ratio)
    assert ratio_of_pairs(values, values) == 1
    if len(pairs) % 2:  # with an even number the median is a mean, whose reciprocal is another one
        assert ratio_of_pairs(others, values) == pytest.approx(1 / ratio)


@given(factor=st.floats(0.1, 10), slow=st.lists(st.floats(1, 50), min_size=1, max_size=20))
def test_what_slows_both_leaves_the_ratio(factor: float, slow: list[float]) -> None:
    assert ratio_of_pairs([factor * one for one in slow], slow) == pytest.approx(factor)


def test_ratios_need_pairs() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio_of_pairs([1, 2], [1])


def test_every_other_round_goes_backwards_and_the_first_ones_do_not_count() -> None:
    order: list[str] = []
    counts: list[int] = []

    def call(name: str) -> int:
        order.append(name)
        return len(order)

    found = interleaved({"a": lambda: call("a"), "b": lambda: call("b")}, 2, warm_up=1, done=counts.append)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found == {"a": [4, 5], "b": [3, 6]}
    assert counts == [1, 2, 3]
