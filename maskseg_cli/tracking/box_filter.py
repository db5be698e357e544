"""`BoxFilter`: a Kalman filter that follows one box, which moves and grows at a constant speed between measurements."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Standard deviation of a measured centre, width or height, as a share of the box's size.
_MEASURED = 0.04

#: How fast the speed of an object may change: variance of the speed that a second adds, in sizes a second.
_ACCELERATION = 1.0

#: Standard deviation of the speed of an object that was seen once, in sizes a second.
_FIRST_SPEED = 3.0

#: A prediction changes the width and height by this factor at most.
_GROWTH = 1.5


class BoxFilter:
    """Follows the centre, width and height of a box; all four move at a constant speed plus noise.

    Variances are in units of the box's size, the square root of its area. So one 2 x 2 covariance, of place and speed,
    serves all four coordinates, and boxes of any size are treated alike. Times may have any distance.

    Args:
        box: float array (4,), x1 y1 x2 y2, the first measurement.
        time: of it, in seconds.

    Example:
        >>> follow = BoxFilter(np.array([0.0, 0, 10, 20]), 0.0)
        >>> follow.update(np.array([1.0, 0, 11, 20]), 0.1)
        >>> bool(follow.predict(0.2)[0] > 1.8)
        True
    """

    def __init__(self, box: NDArray[np.floating], time: float) -> None:
        self.time = time
        self._place = _to_centre(box)
        self._speed = np.zeros(4)
        self._place_variance, self._covariance, self._speed_variance = _MEASURED**2, 0.0, _FIRST_SPEED**2

    @property
    def size(self) -> float:
        """The square root of the box's area, in pixels, at least 1."""
        return max(1.0, float(self._place[2] * self._place[3]) ** 0.5)

    def predict(self, time: float) -> NDArray[np.float64]:
        """The box at a time, x1 y1 x2 y2; the filter stays as it is."""
        place = self._place + self._speed * (time - self.time)
        place[2:] = np.clip(place[2:], self._place[2:] / _GROWTH, self._place[2:] * _GROWTH)
        return _to_corners(place)

    def uncertainty(self, time: float) -> float:
        """Standard deviation of the predicted centre, in sizes of the box, with that of a measurement."""
        return (self._predicted_variances(time)[0] + _MEASURED**2) ** 0.5

    @property
    def box(self) -> NDArray[np.float64]:
        """The box at the last measurement, x1 y1 x2 y2."""
        return _to_corners(self._place)

    def update(self, box: NDArray[np.floating], time: float, noise: float = 1.0) -> None:
        """Takes a measurement, not earlier than the last one.

        Args:
            box: x1 y1 x2 y2.
            time: in seconds.
            noise: by how much its standard deviation is larger than usual.
        """
        passed = time - self.time
        place_variance, covariance, speed_variance = self._predicted_variances(time)
        predicted = self._place + self._speed * passed
        total = place_variance + (noise * _MEASURED) ** 2
        gain, speed_gain = place_variance / total, covariance / total
        difference = _to_centre(box) - predicted
        self._place = predicted + gain * difference
        self._place[2:] = np.maximum(self._place[2:], 1e-3)
        self._speed = self._speed + speed_gain * difference
        self._place_variance = (1 - gain) * place_variance
        self._covariance = (1 - gain) * covariance
        self._speed_variance = speed_variance - speed_gain * covariance
        self.time = time

    def _predicted_variances(self, time: float) -> tuple[float, float, float]:
        """Variance of the place, covariance of place and speed, variance of the speed, at a time."""
        passed = max(0.0, time - self.time)
        place = (
            self._place_variance
            + 2 * passed * self._covariance
            + passed**2 * self._speed_variance
            + _ACCELERATION * passed**3 / 3
        )
        covariance = self._covariance + passed * self._speed_variance + _ACCELERATION * passed**2 / 2
        return place, covariance, self._speed_variance + _ACCELERATION * passed


def _to_centre(box: NDArray[np.floating]) -> NDArray[np.float64]:
    """x1 y1 x2 y2 -> centre x, centre y, width, height."""
    x1, y1, x2, y2 = (float(v) for v in box)
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1])


def _to_corners(place: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, width, height = place.tolist()
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
