"""Turns a video upright by its display matrix, as phones write it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Orientation:
    """One of the eight orientations of a picture: transposed first (rows become columns), then flipped.

    Attributes:
        transpose: rows and columns are swapped.
        flip_x: left and right are swapped afterwards.
        flip_y: top and bottom are swapped afterwards.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def from_matrix(cls, matrix: np.ndarray) -> Orientation:
        """The orientation nearest to a display matrix (ISO/IEC 14496-12, 8.3.2; FFmpeg's `display.h`).

        Args:
            matrix: 9 numbers a b u, c d v, x y w: a pixel (p, q) is shown at (a p + c q + x, b p + d q + y).
        """
        a, b, _, c, d = (int(value) for value in np.asarray(matrix).ravel()[:5])
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    @classmethod
    def from_rotation(cls, degrees: float) -> Orientation:
        """The orientation nearest to a turn by these degrees, counterclockwise."""
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        return cls.from_matrix(np.array([cosine, -sine, 0, sine, cosine]) * 2**16)

    def apply(self, image: np.ndarray) -> np.ndarray:
        """Turns uint8 (H, W, 3) upright; the result may be `image` itself."""
        if self.transpose:
            image = cv2.transpose(image)
        if self.flip_x or self.flip_y:
            image = cv2.flip(image, -1 if self.flip_x and self.flip_y else int(self.flip_x))
        return image

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of a picture once it is upright."""
        return (height, width) if self.transpose else (width, height)

    @property
    def description(self) -> str | None:
        """What is done, as a note for the user; None if nothing is."""
        mirrored = self.transpose ^ self.flip_x ^ self.flip_y
        if mirrored:
            if self.transpose:
                return "mirrored and turned by 90 degrees, as the camera was held"
            return "mirrored" if self.flip_x else "turned upside down and mirrored, as the camera was held"
        if self.transpose:
            return "turned by 90 degrees, as the camera was held"
        return "turned by 180 degrees, as the camera was held" if self.flip_x else None
