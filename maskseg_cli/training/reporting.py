"""Reporters of a training run: one that drops everything, and one with progress bars for terminals and notebooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tqdm.auto import tqdm

from maskseg_cli.printable import printable
from maskseg_cli.progress import ProgressReporter
from maskseg_cli.reporter import Reporter


class TrainingReporter(Reporter):
    """Receives the messages of a training run and the losses of its steps. The base class drops everything."""

    def start_epoch(self, title: str, steps: int, done: int) -> None:
        """Takes the beginning of an epoch.

        Args:
            title: stage and number of the epoch, such as "heads 1/5".
            steps: optimizer steps of the epoch.
            done: how many of them a resumed run has made already.
        """

    def step(self, means: Mapping[str, float]) -> None:
        """Takes the end of an optimizer step.

        Args:
            means: loss -> its mean over the steps of this epoch.
        """

    def end_epoch(self) -> None:
        """Takes the end of an epoch, or of the run where it ends within one."""


class ProgressBars(TrainingReporter):
    """Shows messages and a progress bar for each epoch, on stderr.

    Args:
        bars: whether bars are shown; None: where stderr is a terminal.
    """

    def __init__(self, bars: bool | None = None) -> None:
        self._bars = sys.stderr.isatty() if bars is None else bars
        self._bar: Any = None

    def say(self, sentence: str) -> None:
        """Shows a line above the bar."""
        tqdm.write(printable(sentence), file=sys.stderr)

    def warn(self, sentence: str) -> None:
        """Shows a line above the bar."""
        self.say(sentence)

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        """Shows a bar while much is read; see `Reporter.progress`."""
        with ProgressReporter(self._bars).progress(total, unit, label, done) as show:
            yield show

    def start_epoch(self, title: str, steps: int, done: int) -> None:
        """Opens a bar."""
        self.end_epoch()
        self._bar = tqdm(total=steps, initial=done, desc=title, unit="step", file=sys.stderr, disable=not self._bars)

    def step(self, means: Mapping[str, float]) -> None:
        """Moves the bar and shows the losses behind it."""
        self._bar.set_postfix({name: f"{mean:.3f}" for name, mean in means.items()}, refresh=False)
        self._bar.update()

    def end_epoch(self) -> None:
        """Closes the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
