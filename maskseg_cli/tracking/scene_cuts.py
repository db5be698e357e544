"""`SceneCuts`: notices that the next frame shows another scene, where no object goes on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Rows and columns of points at which two frames are compared.
_POINTS = 32

#: A point has changed where one of its colours differs by more than this, 0..255.
_CHANGED = 32

#: A cut is where this share of the points has changed, and so many times the share of the frame before.
_SHARE, _JUMP = 0.6, 2.5


class SceneCuts:
    """Compares each frame with the one before at some points.

    Example:
        >>> cuts, dark = SceneCuts(), np.zeros((40, 60, 3), np.uint8)
        >>> [cuts.is_cut(image) for image in (dark, dark, dark + 200, dark + 200)]
        [False, False, True, False]
    """

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._share = 0.0

    def is_cut(self, image: NDArray[np.uint8]) -> bool:
        """Takes the next frame, uint8 (H, W, 3); whether a new scene begins with it."""
        height, width = image.shape[:2]
        points = image[:: max(1, height // _POINTS), :: max(1, width // _POINTS)].astype(np.int16)
        last, self._last = self._last, points
        if last is None or last.shape != points.shape:
            return last is not None
        share = float((np.abs(points - last).max(axis=2) > _CHANGED).mean())
        before, self._share = self._share, share
        return share > _SHARE and share > _JUMP * before
