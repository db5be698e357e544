"""`Frame`: one picture on its way, whether photo, video frame or camera picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a video and when it is shown.

    Attributes:
        image: uint8 (H, W, 3), BGR, upright (as the camera was held), with square pixels.
        time: seconds since the start of the source, which is where its first picture or sound begins, whichever
            the container calls its start; also where reading began later.
        duration: seconds until the next frame is due: the source's own, else 1 / frame rate.
        index: number of the frame in the source, 0 first; after seeking, `time` times the frame rate, rounded.
    """

    image: np.ndarray
    time: Fraction
    duration: Fraction
    index: int
