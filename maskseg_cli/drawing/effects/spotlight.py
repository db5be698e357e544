"""Spotlight: what is not of interest becomes dark."""

from __future__ import annotations

import cv2
import numpy as np

from maskseg_cli.drawing.effects.mattes import Picture

#: Brightness that strength 1 leaves.
_DIM = 0.3


def darken(picture: Picture, strength: float = 1.0) -> Picture:
    """Takes light away: at strength 1, 30 % of it is left, at 2, 9 %.

    Example:
        >>> darken(np.full((1, 1, 3), 200, np.uint8))[0, 0].tolist()
        [60, 60, 60]
    """
    return np.asarray(cv2.convertScaleAbs(picture, alpha=_DIM**strength), np.uint8)
