"""Drops frames without changing the duration of the video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from maskseg_cli.frame import Frame


def every_nth(frames: Iterable[Frame], n: int) -> Iterator[Frame]:
    """Keeps the first frame and then every n-th; each lasts until the next one that is kept.

    Args:
        n: 1 or more; 1 keeps all.
    """
    kept: Frame | None = None
    duration = Fraction(0)
    for number, frame in enumerate(frames):
        if number % n == 0:
            if kept is not None:
                yield replace(kept, duration=duration)
            kept, duration = frame, Fraction(0)
        duration += frame.duration
    if kept is not None:
        yield replace(kept, duration=duration)
