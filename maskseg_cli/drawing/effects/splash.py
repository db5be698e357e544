"""Colour splash: what is not of interest becomes grey."""

from __future__ import annotations

import cv2
import numpy as np

from maskseg_cli.drawing.effects.mattes import Picture


def take_colour(picture: Picture, strength: float = 1.0) -> Picture:
    """Makes a picture grey (BT.601 luma).

    Args:
        picture: uint8 (H, W, 3), BGR.
        strength: 1 leaves no colour, 0.5 half of it.

    Example:
        >>> take_colour(np.array([[[0, 0, 255]]], np.uint8))[0, 0].tolist()
        [76, 76, 76]
    """
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if strength < 1:
        grey = cv2.addWeighted(grey, strength, picture, 1 - strength, 0)
    return np.asarray(grey, np.uint8)
