"""Reporters that show progress bars: `ProgressReporter` for notebooks and scripts, and what terminals share with it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from maskseg_cli.printable import printable
from maskseg_cli.reporter import Reporter

#: Letters of a label that leave room for the bar.
_LABEL = 30


class ProgressReporter(Reporter):
    """Shows a bar for each run, as a widget in a notebook and as text on standard error elsewhere; says nothing else.

    Args:
        shown: whether there is a bar.
    """

    def __init__(self, shown: bool = True) -> None:
        self.shown = shown

    def shows(self, total: int | None, unit: str) -> bool:
        """Whether there is a bar for a run of so many photos or frames."""
        return self.shown

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        """Shows a bar with the number done, the speed and the time left; see `Reporter.progress`."""
        from tqdm.auto import tqdm

        with tqdm(
            total=total,
            initial=done,
            unit=f" {unit}s" if unit == "frame" else unit,
            file=sys.stderr,
            disable=not self.shows(total, unit),
            desc=bar_label(label) or None,
            **_size(self.shown),
        ) as bar:

            def show_done(number: int) -> None:
                bar.update(number - bar.n)

            yield show_done


class DownloadBar(Reporter):
    """Shows the progress of a download where stderr is a terminal."""

    @contextmanager
    def progress(self, total: int | None, unit: str, label: str = "", done: int = 0) -> Iterator[Callable[[int], None]]:
        """Shows a bar with bytes in powers of ten."""
        from tqdm import tqdm

        hidden = not sys.stderr.isatty()
        with tqdm(total=total, initial=done, unit=unit, unit_scale=True, desc=label, disable=hidden) as bar:

            def advance(done: int) -> None:
                bar.update(done - bar.n)

            yield advance


def bar_label(name: str) -> str:
    """A name on one line that leaves room for the bar.

    Example:
        >>> bar_label("two\\nlines.mp4"), bar_label("a-name-that-is-much-longer-than-thirty-letters.mp4")
        ('two lines.mp4', '...ger-than-thirty-letters.mp4')
    """
    words = printable(" ".join(name.split()))
    return words if len(words) <= _LABEL else f"...{words[3 - _LABEL :]}"


def _size(shown: bool) -> dict[str, Any]:
    """Arguments of tqdm; a terminal that says it has no columns, as in some containers, would get no bar at all."""
    if shown and _columns(sys.stderr) == 0:
        return {"ncols": 80, "nrows": 24}
    return {"dynamic_ncols": True}


def _columns(terminal: TextIO) -> int | None:
    try:
        return os.get_terminal_size(terminal.fileno()).columns
    except (OSError, ValueError):
        return None
