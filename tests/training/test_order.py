"""The order of pictures."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.errors import UsageError
from maskseg_cli.training.order import Order


@given(st.integers(1, 40), st.integers(0, 5), st.integers(0, 99))
def test_an_epoch_has_every_picture_once(length: int, epoch: int, seed: int) -> None:
    order = Order([length], seed=seed)
    places = range(epoch * length, (epoch + 1) * length)
    assert sorted(order[place] for place in places) == [(0, index) for index in range(length)]


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0.2, 5)), min_size=2, max_size=4))
def test_shares(sets: list[tuple[int, float]]) -> None:
    lengths, shares = zip(*sets, strict=True)
    order = Order(lengths, shares, seed=1)
    epochs = 3
    drawn = Counter(order[position] for position in range(epochs * order.positions))
    total = sum(length * share for length, share in sets)
    for source, (length, share) in enumerate(sets):
        counts = [drawn[source, index] for index in range(length)]
        assert max(counts) - min(counts) <= 1  # none comes again before all have come
        assert abs(sum(counts) - epochs * order.positions * length * share / total) <= epochs


def test_a_place_is_the_same_however_it_is_reached() -> None:
    forwards, single = Order([7, 5], [1, 2], seed=3), Order([7, 5], [1, 2], seed=3)
    sequence = [forwards[place] for place in range(60)]
    assert [single[place] for place in reversed(range(60))] == sequence[::-1]
    assert sequence != [Order([7, 5], [1, 2], seed=4)[place] for place in range(60)]
    assert sequence[:12] != sequence[12:24]


@pytest.mark.parametrize(("lengths", "shares"), [([], None), ([3, 0], None), ([3], [0.0]), ([3, 3], [1.0])])
def test_what_makes_no_sense(lengths: list[int], shares: list[float] | None) -> None:
    with pytest.raises(UsageError):
        Order(lengths, shares)
