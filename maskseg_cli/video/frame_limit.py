"""Selects the frames of a source that a result with `--max-frames` or `--fps` needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Generic, TypeVar

from maskseg_cli.frame import Frame
from maskseg_cli.video.rate import ConstantRate, usable_rate
from maskseg_cli.video.video_formats import EncodeOptions, format_for
from maskseg_cli.video.video_info import SizeAndRate

Item = TypeVar("Item")


def constant_output_rate(target: str | Path, encoding: EncodeOptions, info: SizeAndRate) -> Fraction | None:
    """The constant rate at which `VideoWriter` writes a result, or None if each frame keeps its time.

    Args:
        info: of the frames that are written: with `--drop` the rate of those that remain.
    """
    constant = format_for(target, encoding).constant_rate
    if encoding.fps is None and not constant:
        return None
    rate = encoding.fps or info.frame_rate
    return usable_rate(rate) if constant else rate


def until_filled(frames: Iterable[Frame], number: int, rate: Fraction, from_first: bool) -> Iterator[Frame]:
    """The frames that fill `number` frames of a constant rate; the duration of the last one ends with them.

    Args:
        from_first: times count from the first frame, not from 0.
    """
    origin = None if from_first else Fraction(0)
    for frame in frames:
        if origin is None:
            origin = frame.time
        end = origin + number / rate
        if frame.time >= end:
            return
        until = min(frame.time + frame.duration, end)
        yield replace(frame, duration=until - frame.time)
        # Else the next frame would be decoded to find out that it is not needed.
        if round((until - origin) * rate) >= number:
            return


class ShownFrames(Generic[Item]):
    """Selects the frames of the source that a result with a constant rate shows, each once.

    Args:
        rate: of the result; None: all frames are shown.
        emit: called with the item of each frame that is shown, in the order of the frames.

    Example:
        >>> seen = []
        >>> shown = ShownFrames(Fraction(10), seen.append)
        >>> for k in range(9):
        ...     shown.add(k, Fraction(k, 30), Fraction(1, 30))
        >>> seen
        [1, 4, 7]
    """

    def __init__(self, rate: Fraction | None, emit: Callable[[Item], object]) -> None:
        self._constant_rate = None if rate is None else ConstantRate(rate)
        self._emit = emit
        self._waiting: Item | None = None

    def add(self, item: Item, time: Fraction, duration: Fraction) -> None:
        """Adds the item of the next frame of the source, with the frame's time and duration in the result (s)."""
        if self._constant_rate is None:
            self._emit(item)
            return
        before, times = self._constant_rate.count(time, duration)
        if before:  # the previous frame lasted longer than was known
            self._emit_waiting()
        self._waiting = item
        if times:
            self._emit_waiting()

    def finish(self) -> None:
        """Must be called after the last frame: if all were too short to be shown, the writer shows the last one."""
        if self._constant_rate is not None and not self._constant_rate.written:
            self._emit_waiting()

    def _emit_waiting(self) -> None:
        if self._waiting is not None:
            self._emit(self._waiting)
            self._waiting = None
