"""`FrameTimes`: the time of a frame as exported files say it."""

from __future__ import annotations

from fractions import Fraction

from maskseg_cli.frame import Frame


class FrameTimes:
    """Seconds of a frame: in a video those of the source, of a camera since its first picture, of a photo 0.

    A camera's pictures have the time of a clock that begins when the computer starts, which says nothing in a file.

    Example:
        >>> import numpy as np
        >>> picture, times = np.zeros((4, 6, 3), np.uint8), FrameTimes()
        >>> [times(Frame(picture, n, Fraction(1000 + n), source="0")) for n in range(3)]
        [0.0, 1.0, 2.0]
        >>> times(Frame(picture, 30, Fraction(3, 2), Fraction(1, 20), source="in.mp4"))
        1.5
    """

    def __init__(self) -> None:
        self._start: Fraction | None = None

    def __call__(self, frame: Frame) -> float:
        """The time of the next frame, rounded to microseconds."""
        if frame.duration or not frame.time:
            return round(float(frame.time), 6)
        if self._start is None:
            self._start = frame.time
        return round(float(frame.time - self._start), 6)
