"""`detect`: the one place where frames are given to the network, or to what stands in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame

if TYPE_CHECKING:
    from maskseg_cli.inference.predictor import Predictor


def detect(predictor: Predictor, frames: Sequence[Frame]) -> list[tuple[Detections, int]]:
    """Finds the objects in frames.

    Args:
        predictor: called with the pictures; if it has a method `detect_frames`, that is called with the frames instead,
            since it may need to know where they come from.

    Returns:
        for each frame the objects, and the number of the frame in which they were found.

    Example:
        >>> frame = Frame(np.zeros((4, 6, 3), np.uint8), index=7)                    # doctest: +SKIP
        >>> detect(model, [frame])                                                   # doctest: +SKIP
        [(Detections(0 objects in 6 x 4 pixels: none), 7)]
    """
    detect_frames = getattr(predictor, "detect_frames", None)
    if detect_frames is not None:
        found: list[tuple[Detections, int]] = detect_frames(frames)
        return found
    results = predictor([frame.image for frame in frames])
    return [(one, frame.index) for one, frame in zip(results, frames, strict=True)]
