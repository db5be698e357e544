"""Exact times of frames, out of what containers write down."""

from __future__ import annotations

from fractions import Fraction

#: Rates that videos have: whole numbers, their halves and NTSC's n * 1000 / 1001.
_HIGHEST_RATE = 1000


class Clock:
    """Turns the time stamps of frames, in their order of display, into seconds that grow from frame to frame.

    - Where the container's clock is too coarse for a constant rate (Matroska counts milliseconds: 0, 42, 83,
      125 for 24000/1001), a time that is within one tick of the rate's grid is put on it, so that the rate stays exact.
    - Missing, repeated and backward stamps are repaired.
    - A clock that jumps (back by more than a second, or far ahead, as when pieces of a broadcast were joined)
      goes on from the frame before.

    Args:
        origin: seconds of the container's clock that count as 0.
        period: seconds from frame to frame as far as is known.
        grid: the constant rate that frames may have been taken at, or None; see `constant_rate`.
        phase: a time on the grid, in seconds of the container's clock.
        jump: seconds ahead that are a jump of the clock rather than a long pause.
    """

    def __init__(
        self,
        origin: Fraction,
        period: Fraction,
        grid: Fraction | None = None,
        phase: Fraction = Fraction(0),
        jump: Fraction = Fraction(3600),
    ) -> None:
        self._origin, self._period, self._grid, self._phase, self._jump = origin, period, grid, phase, jump
        self._last: Fraction | None = None
        self._stamped: Fraction | None = None

    def time_of(self, stamp: int | None, tick: Fraction) -> Fraction:
        """Seconds of the next frame.

        Args:
            stamp: its time stamp, or None.
            tick: seconds that one step of the stamp is.
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
        """A frame's duration by the container, put on the grid as times are."""
        if self._grid is None or abs(seconds - 1 / self._grid) > tick:
            return seconds
        return 1 / self._grid

    def _on_grid(self, seconds: Fraction, tick: Fraction) -> Fraction:
        if self._grid is None:
            return seconds
        nearest = self._phase + round((seconds - self._phase) * self._grid) / self._grid
        return nearest if abs(nearest - seconds) <= tick else seconds

    def _repair(self, time: Fraction, last: Fraction) -> Fraction:
        if time > last or time < last - 1:
            repaired = last + self._period
            self._origin += time - repaired
            return repaired
        # Small steps, as long as the stamps go on, let them catch up.
        goes_on = self._stamped is not None and time > self._stamped
        return last + (self._period / 2 if goes_on else self._period)


def constant_rate(rates: list[Fraction | None], tick: Fraction) -> Fraction | None:
    """The first of `rates` that cameras and films have, if a clock of steps of `tick` seconds hides it; else None.

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
    return rate.denominator <= 2 or (rate.denominator == 1001 and rate.numerator % 1000 == 0)
