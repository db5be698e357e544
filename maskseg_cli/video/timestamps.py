"""Converts the timestamps of containers to exact times of frames."""

from __future__ import annotations

from fractions import Fraction

#: Highest frame rate of a video.
_HIGHEST_RATE = 1000


class TimestampConverter:
    """Converts the timestamps of frames, in their order of display, to seconds that increase from frame to frame.

    - If the container's time base is too coarse for a constant rate (Matroska counts milliseconds: 0, 42, 83,
      125 for 24000/1001), a time within one tick of the rate's grid is moved to the grid, so that the rate is exact.
    - Missing, repeated and decreasing timestamps are repaired.
    - After a jump (back by more than a second, or far ahead, as when pieces of a broadcast were joined)
      times continue from the previous frame.

    Args:
        origin: the time in the container, in seconds, that is 0 in the result.
        period: seconds from frame to frame, on average.
        grid: the constant rate at which the frames may have been recorded, or None; see `constant_rate`.
        phase: a time on the grid, in seconds, by the container.
        jump: seconds between two frames above which the timestamps have jumped; less is a long pause.
        repaired: the timestamps of the packets do not step back; frames of an earlier time come from damage.

    Attributes:
        jumped: the timestamps have jumped.
    """

    def __init__(
        self,
        origin: Fraction,
        period: Fraction,
        grid: Fraction | None = None,
        phase: Fraction = Fraction(0),
        jump: Fraction = Fraction(3600),
        repaired: bool = False,
    ) -> None:
        self._origin, self._period, self._grid, self._phase, self._jump = origin, period, grid, phase, jump
        self._steps_back = not repaired
        self._last: Fraction | None = None
        self._stamped: Fraction | None = None
        self.jumped = False

    def time_of(self, stamp: int | None, tick: Fraction) -> Fraction:
        """Seconds of the next frame.

        Args:
            stamp: its timestamp, or None.
            tick: the time base of the timestamp, in seconds.
        """
        time = None if stamp is None else self._on_grid(stamp * tick, tick) - self._origin
        last, stamped, origin = self._last, time, self._origin
        if last is None:
            time = time or Fraction(0)
        elif time is None:
            time = last + self._period
        elif not last < time <= last + self._jump:
            time = self._repair(time, last)
        self._last, self._stamped = time, stamped if origin == self._origin else time
        return time

    def duration_of(self, seconds: Fraction, tick: Fraction) -> Fraction:
        """Moves a frame's duration, in seconds by the container, to the grid as times are."""
        if self._grid is None or abs(seconds - 1 / self._grid) > tick:
            return seconds
        return 1 / self._grid

    def _on_grid(self, seconds: Fraction, tick: Fraction) -> Fraction:
        if self._grid is None:
            return seconds
        nearest = self._phase + round((seconds - self._phase) * self._grid) / self._grid
        return nearest if abs(nearest - seconds) <= tick else seconds

    def _repair(self, time: Fraction, last: Fraction) -> Fraction:
        if time > last or (self._steps_back and time < last - 1):
            repaired = last + self._period
            self._origin += time - repaired
            self.jumped = True
            return repaired
        # With half a period per frame, timestamps that keep increasing catch up.
        increases = self._stamped is not None and time > self._stamped
        return last + (self._period / 2 if increases else self._period)


def constant_rate(rates: list[Fraction | None], tick: Fraction) -> Fraction | None:
    """The first common frame rate of `rates`, if a time base of `tick` seconds is too coarse for it; else None.

    Example:
        >>> constant_rate([Fraction(24000, 1001)], Fraction(1, 1000))
        Fraction(24000, 1001)
        >>> constant_rate([Fraction(25)], Fraction(1, 1000)) is None  # 40 steps exactly
        True
    """
    for rate in rates:
        if rate and 1 <= rate <= _HIGHEST_RATE and _is_common(rate):
            steps = 1 / rate / tick
            return None if steps.denominator == 1 or steps < 4 else rate
    return None


def _is_common(rate: Fraction) -> bool:
    """Whether videos have this rate: a whole number, half of one, or NTSC's n * 1000 / 1001."""
    return rate.denominator <= 2 or (rate.denominator == 1001 and rate.numerator % 1000 == 0)
