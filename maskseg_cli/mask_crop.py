"""`MaskCrop`: the mask of one object, kept only where it can be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MaskCrop:
    """One object's mask, kept only where it can be true.

    Attributes:
        top, left: int, row and column of the crop's first pixel in the picture; the crop lies inside it.
        bitmap: bool array (h, w), True on the object; h or w may be 0.
    """

    top: int
    left: int
    bitmap: NDArray[np.bool_]

    @classmethod
    def from_full(cls, mask: NDArray[Any]) -> MaskCrop:
        """Cuts a bool array (H, W) down to its True pixels."""
        mask = np.asarray(mask, dtype=bool)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return cls(0, 0, np.zeros((0, 0), dtype=bool))
        top, left = int(rows[0]), int(columns[0])
        return cls(top, left, mask[top : rows[-1] + 1, left : columns[-1] + 1].copy())

    @property
    def area(self) -> int:
        """Number of pixels that belong to the object."""
        return int(np.count_nonzero(self.bitmap))

    def full(self, height: int, width: int) -> NDArray[np.bool_]:
        """The mask as a bool array (height, width)."""
        mask = np.zeros((height, width), dtype=bool)
        h, w = self.bitmap.shape
        mask[self.top : self.top + h, self.left : self.left + w] = self.bitmap
        return mask
