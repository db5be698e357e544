"""Scores that also say how sure the mask is: the class's probability times the mask's mean inside the object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inference.unmolding import MASK_THRESHOLD


def mask_certainty(masks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean probability of the cells that belong to the object, float32 (D,); 0 where none does.

    Args:
        masks: float32 (D, h, w), probabilities.

    Example:
        >>> f"{mask_certainty(np.float32([[[0.9, 0.7], [0.2, 0.1]]]))[0]:.2f}"
        '0.80'
    """
    inside = masks >= MASK_THRESHOLD
    cells = inside.sum(axis=(1, 2))
    total = np.where(inside, masks, 0).sum(axis=(1, 2), dtype=np.float32)
    return np.divide(total, cells, out=np.zeros(len(masks), np.float32), where=cells > 0).astype(np.float32)


def score_masks(scores: NDArray[np.float32], masks: NDArray[np.float32], power: float) -> NDArray[np.float32]:
    """Scores (D,) times the certainty of the masks (D, h, w) to the given power; 0 leaves them as they are."""
    return (scores * mask_certainty(masks) ** np.float32(power)).astype(np.float32)
