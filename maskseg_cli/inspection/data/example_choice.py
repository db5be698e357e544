"""`ExampleReader`: photos with their objects by number; one that cannot be read is a problem, and nothing stops."""

from __future__ import annotations

import numpy as np

from maskseg_cli.datasets.data_source import DataSource
from maskseg_cli.datasets.example import Example
from maskseg_cli.datasets.problems import CompleteProblemLog
from maskseg_cli.errors import MasksegError


class ExampleReader:
    """Reads examples by number, the last ones from memory; broken ones go into the log.

    Args:
        source: the data set.
        log: gets the pictures that cannot be read, each once.
        kept: so many examples stay in memory.
    """

    def __init__(self, source: DataSource, log: CompleteProblemLog, kept: int = 6) -> None:
        self.source, self.log = source, log
        self._kept: dict[int, Example] = {}
        self._broken: set[int] = set()
        self._most = kept

    def __call__(self, number: int, name: str) -> Example | None:
        """The example, or None where its picture cannot be read.

        Args:
            number: of the picture.
            name: of the picture, for the log.
        """
        if number in self._broken:
            return None
        if number not in self._kept:
            try:
                example = self.source[number]
            except (MasksegError, OSError) as error:
                self.give_up(number, name, error)
                return None
            while len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept)))
            self._kept[number] = example
        return self._kept[number]

    def give_up(self, number: int, name: str, error: Exception) -> None:
        """Notes that a picture cannot be read; it is not tried again."""
        if number not in self._broken:
            self._broken.add(number)
            self.log.add("broken-pixels", name, error)


def spread(numbers: list[int], count: int) -> list[int]:
    """At most `count` of these numbers, evenly spread and in their order.

    Example:
        >>> spread([1, 5, 7, 9, 12], 3)
        [1, 7, 12]
    """
    if len(numbers) <= count:
        return numbers
    return [numbers[int(place)] for place in np.linspace(0, len(numbers) - 1, count).round()]
