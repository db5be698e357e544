"""`FPSMeter`: frames a second and latency over the last seconds."""

from __future__ import annotations

import statistics
import time
from collections import deque


class FPSMeter:
    """Measures frames a second and latency over the last seconds.

    Args:
        seconds: length of the time window.

    Example:
        >>> meter = FPSMeter()
        >>> for i in range(5):
        ...     meter.add(latency=0.1, now=10 + i / 4)
        >>> meter.fps(now=11.0), round(meter.latency, 3)
        (4.0, 0.1)
    """

    def __init__(self, seconds: float = 2.0) -> None:
        self._seconds = seconds
        self._shown: deque[tuple[float, float]] = deque()

    def add(self, latency: float, now: float | None = None) -> None:
        """Records that a picture was shown `latency` seconds after its capture."""
        now = time.monotonic() if now is None else now
        self._shown.append((now, latency))
        # The last two stay: a picture every five seconds is 0.2 a second, not 0.
        while len(self._shown) > 2 and now - self._shown[0][0] > self._seconds:
            self._shown.popleft()

    def fps(self, now: float | None = None) -> float:
        """Pictures a second; falls while no new picture comes."""
        if len(self._shown) < 2:
            return 0.0
        now = time.monotonic() if now is None else now
        steps = len(self._shown) - 1
        usual = (self._shown[-1][0] - self._shown[0][0]) / steps
        waiting = now - self._shown[-1][0]
        span = steps * usual + (waiting if waiting > 2 * usual else 0.0)
        return steps / span if span > 0 else 0.0

    @property
    def latency(self) -> float:
        """Seconds from capture to display, on average."""
        # Exact before it is rounded once: a sum of floats can leave a mean outside the values.
        return statistics.mean(latency for _, latency in self._shown) if self._shown else 0.0
