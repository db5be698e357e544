"""`score_of`: the score of an object as exported files have it."""

from __future__ import annotations

from typing import SupportsFloat


def score_of(confidence: SupportsFloat) -> float | None:
    """The shortest number that gives the same float32; None of an object that has no score (NaN).

    Example:
        >>> import numpy as np
        >>> score_of(np.float32(0.9)), score_of(np.float32("nan"))
        (0.9, None)
    """
    return None if confidence != confidence else float(str(confidence))
