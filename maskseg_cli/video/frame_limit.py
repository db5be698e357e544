"""What `--max-frames` and `--fps` do to the frames of the source: how many are enough, and which are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from maskseg_cli.video.rate import ConstantRate, usable_rate

if TYPE_CHECKING:
    from maskseg_cli.frame import Frame
    from maskseg_cli.video.video_formats import EncodeOptions
    from maskseg_cli.video.video_info import VideoInfo

Item = TypeVar("Item")


def steady_rate(target: Path, encoding: EncodeOptions, info: VideoInfo) -> Fraction | None:
    """The constant rate at which `VideoWriter` writes a result, or None where each frame keeps its time.

    Args:
        info: of what is written: with `--drop` the rate of the frames that are left.
    """
    from maskseg_cli.video.video_formats import format_for

    constant = format_for(target, encoding).constant_rate
    if encoding.fps is None and not constant:
        return None
    rate = encoding.fps or info.frame_rate
    return usable_rate(rate) if constant else rate


def until_filled(frames: Iterable[Frame], number: int, rate: Fraction, from_first: bool) -> Iterator[Frame]:
    """The frames that fill `number` frames of a constant rate, the last one cut off at their end.

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
        # The next one would be seen only after it has been decoded, and may have no place any more.
        if round((until - origin) * rate) >= number:
            return


class ShownFrames(Generic[Item]):
    """Picks those frames of the source that a constant rate shows, each once.

    Args:
        rate: of the result; None: all are shown.
        take: is handed what belongs to each frame that is shown, in their order.

    Example:
        >>> seen = []
        >>> shown = ShownFrames(Fraction(10), seen.append)
        >>> for k in range(9):
        ...     shown.add(k, Fraction(k, 30), Fraction(1, 30))
        >>> seen
        [1, 4, 7]
    """

    def __init__(self, rate: Fraction | None, take: Callable[[Item], object]) -> None:
        self._steady = None if rate is None else ConstantRate(rate)
        self._take = take
        self._waiting: Item | None = None

    def add(self, item: Item, time: Fraction, duration: Fraction) -> None:
        """Takes the next frame of the source, with its times in the result."""
        if self._steady is None:
            self._take(item)
            return
        before, times = self._steady.count(time, duration)
        if before:  # the frame before lasted longer than was known
            self._hand_on()
        self._waiting = item
        if times:
            self._hand_on()

    def finish(self) -> None:
        """Tells that there are no more: of frames too short for any place, the writer keeps the last."""
        if self._steady is not None and not self._steady.written:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting is not None:
            self._take(self._waiting)
            self._waiting = None
