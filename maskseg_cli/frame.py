"""`Frame`: one picture with its place and time in a source, whether photo, video frame or camera picture."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.job import Job


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        image: uint8 (H, W, 3), BGR, upright (as the camera was held), with square pixels. Read it, do not write to it.
        index: number of the frame in the source, 0 first; of a photo, its number in the run. After seeking in a video,
            `time` times the frame rate, rounded.
        time: of a video: seconds since the start of the source (where its first picture or sound begins, whichever the
            container calls its start), also where reading began later. Of a camera: `time.monotonic()` when the picture
            was complete. Of a photo: 0.
        duration: of a video: seconds until the next frame is due (the source's own, else 1 / frame rate); else 0.
        source: name of the photo, video or camera, as exported files call it: its path below the folder that the user
            named, with forward slashes.
        detected_in: index of the frame in which the network found the objects: the frame's own, or that of an earlier
            one where only every n-th frame is given to the network.
        job: of a photo: where its result goes; else None.
        metadata: of a photo: what is kept of it in the result, such as date and camera; else None.
        notes: of a photo: sentences about what was changed when it was read, or what may be wrong with it.
    """

    image: NDArray[np.uint8]
    index: int = 0
    time: Fraction = Fraction(0)
    duration: Fraction = Fraction(0)
    source: str = ""
    detected_in: int | None = None
    job: Job | None = None
    notes: tuple[str, ...] = ()
    metadata: object = None
