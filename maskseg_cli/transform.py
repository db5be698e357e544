"""`Transform`: changes the detections of each frame, between the network and the renderer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


class Transform(Protocol):
    """Any callable of this form, such as a function: it is called once a frame, in the order of the frames.

    A transform may keep state from frame to frame. If it has a method `reset()`, that is called before the first frame
    of each video or camera, so that the state of one does not reach into the next.
    """

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Returns the detections for the next step; it must not change those given."""
        ...


def reset_transforms(transforms: Sequence[Transform]) -> None:
    """Calls `reset()` of those transforms that have it."""
    for transform in transforms:
        reset: Callable[[], object] | None = getattr(transform, "reset", None)
        if reset is not None:
            reset()


def apply_transforms(transforms: Sequence[Transform], frame: Frame, detections: Detections) -> Detections:
    """Applies all transforms in turn."""
    for transform in transforms:
        detections = transform(frame, detections)
    return detections
