"""Order of the pictures: a shuffle with random access, so that a resumed run continues exactly."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import UsageError


class Order:
    """An endless sequence of pictures from one or more data sets.

    An epoch has as many positions as there are pictures. Within each data set every picture comes once before any comes
    again. The sequence depends on the arguments alone.

    Args:
        lengths: pictures in each data set.
        shares: how often a picture of each is drawn, relative to one of the others.
        seed: another seed gives another order.

    Example:
        >>> order = Order([3], seed=1)
        >>> sorted(order[position] for position in range(3))
        [(0, 0), (0, 1), (0, 2)]
    """

    def __init__(self, lengths: Sequence[int], shares: Sequence[float] | None = None, seed: int = 0) -> None:
        shares = [1.0] * len(lengths) if shares is None else shares
        if len(shares) != len(lengths) or not all(math.isfinite(share) and share > 0 for share in shares):
            raise UsageError("Each data set needs a share above 0.")
        if not lengths or min(lengths) < 1:
            raise UsageError("There is no picture to train on.")
        self.lengths, self.seed, self.positions = list(lengths), seed, sum(lengths)
        wanted = np.array(lengths) * np.array(shares)
        # Cumulative sums are rounded, not the counts, so that the counts add up.
        ends = np.rint(np.cumsum(wanted) / wanted.sum() * self.positions).astype(int)
        self.counts = np.diff(ends, prepend=0)
        # Worker threads need neighbouring positions: two epochs are enough.
        self._epoch = functools.lru_cache(maxsize=2)(self._make_epoch)
        self._shuffled = functools.lru_cache(maxsize=4 * len(lengths))(self._shuffle)

    def __getitem__(self, position: int) -> tuple[int, int]:
        """Index of the data set and of the picture at a position, counted from the start of training."""
        source, number = (int(value) for value in self._epoch(position // self.positions)[position % self.positions])
        turn, index = divmod(number, self.lengths[source])
        return source, int(self._shuffled(source, turn)[index])

    def _make_epoch(self, epoch: int) -> NDArray[np.int64]:
        """(data set, number of the picture in that set's endless sequence) of each position, (positions, 2)."""
        rows = np.concatenate(
            [
                np.stack([np.full(count, source), epoch * count + np.arange(count)], axis=1)
                for source, count in enumerate(self.counts)
            ]
        )
        return np.random.default_rng([self.seed, 0, epoch]).permutation(rows)

    def _shuffle(self, source: int, turn: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.seed, 1, source, turn]).permutation(self.lengths[source])
