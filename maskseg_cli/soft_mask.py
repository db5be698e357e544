"""`SoftMaskCrop`: the mask of one object with the share of each pixel that the object covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop


@dataclass(frozen=True, eq=False)
class SoftMaskCrop(MaskCrop):
    """A mask whose edge is soft. Code that knows `MaskCrop` only reads its `bitmap`.

    Attributes:
        alpha: uint8 (h, w), as large as `bitmap`: 0 beside the object, 255 inside it; `bitmap` is True from 128 on.
    """

    alpha: NDArray[np.uint8]

    @classmethod
    def from_alpha(cls, top: int, left: int, alpha: NDArray[np.uint8]) -> SoftMaskCrop:
        """Cuts alpha down to where it is above 0; `top` and `left` are the place of its first pixel.

        Example:
            >>> soft = SoftMaskCrop.from_alpha(3, 5, np.array([[0, 0, 0], [0, 90, 200]], np.uint8))
            >>> soft.top, soft.left, soft.alpha.tolist(), soft.bitmap.tolist()
            (4, 6, [[90, 200]], [[False, True]])
        """
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        if not rows.size:
            return cls(top, left, np.zeros((0, 0), bool), np.zeros((0, 0), np.uint8))
        cut = alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
        return cls(top + int(rows[0]), left + int(columns[0]), cut >= 128, cut)
