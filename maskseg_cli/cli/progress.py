"""The bar that shows how far a video is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


def bar_label(name: str) -> str:
    """A name that leaves room for the bar, on one line.

    Example:
        >>> bar_label("two\\nlines.mp4"), bar_label("a-name-that-is-much-longer-than-thirty-letters.mp4")
        ('two lines.mp4', '...ger-than-thirty-letters.mp4')
    """
    words = " ".join(name.split())
    return words if len(words) <= 30 else f"...{words[-27:]}"


@contextmanager
def progress_bar(total: int | None, shown: bool, label: str) -> Iterator[Callable[[int], None]]:
    """A bar of frames, frames per second and the time left."""
    from tqdm import tqdm

    # A terminal that says it has no columns (some containers' do) would get no bar at all.
    unsized = shown and _columns(sys.stderr) == 0
    with tqdm(
        total=total,
        unit=" frames",
        file=sys.stderr,
        disable=not shown,
        ncols=80 if unsized else None,
        nrows=24 if unsized else None,
        dynamic_ncols=not unsized,
        desc=bar_label(label) or None,
    ) as bar:

        def moved(done: int) -> None:
            bar.update(done - bar.n)

        yield moved


def _columns(terminal: TextIO) -> int | None:
    try:
        return os.get_terminal_size(terminal.fileno()).columns
    except (OSError, ValueError):
        return None
