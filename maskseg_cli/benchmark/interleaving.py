"""Runs what is compared turn by turn, so that all meet the same state of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

Name = TypeVar("Name", bound=Hashable)
Result = TypeVar("Result")

#: Rounds that do not count: libraries prepare themselves for a new shape, and caches are cold.
WARM_UP = 2


def interleaved(
    calls: Mapping[Name, Callable[[], Result]],
    rounds: int,
    warm_up: int = WARM_UP,
    done: Callable[[int], None] = lambda rounds: None,
) -> dict[Name, list[Result]]:
    """Makes every call once in each round, and every other round backwards.

    Args:
        calls: by name.
        rounds: counted rounds, at least 1.
        warm_up: rounds before them, whose results are dropped.
        done: called after each round with the number done so far, those of the warm-up included.

    Returns:
        the results of each call, in the order of the rounds: those at the same place belong together.

    Example:
        >>> interleaved({"a": lambda: 1, "b": lambda: 2}, rounds=3)
        {'a': [1, 1, 1], 'b': [2, 2, 2]}
    """
    results: dict[Name, list[Result]] = {name: [] for name in calls}
    for turn in range(warm_up + rounds):
        for name in list(calls)[:: -1 if turn % 2 else 1]:
            result = calls[name]()
            if turn >= warm_up:
                results[name].append(result)
        done(turn + 1)
    return results


def seconds_of(call: Callable[[], Any]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
