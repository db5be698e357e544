"""`Transform`: changes the detections of each frame, between the network and the renderer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame


class Transform(Protocol):
    """Any callable of this form, such as a function: it is called once a frame, in the order of the frames.

    A transform may keep state from frame to frame. If it has a method `reset()`, that is called before the first frame
    of each video or camera, so that the state of one does not reach into the next.

    A transform with an attribute `whole_run`, which is true, gives the detections back as they are, and needs those of
    all photos in order; in a run on a cluster it gets them without their pixels.
    """

    def __call__(self, frame: Frame, detections: Detections) -> Detections:
        """Returns the detections for the next step; it must not change those given."""
        ...


#: A frame and its objects.
FrameDetections = tuple[Frame, Detections]


@runtime_checkable
class Lookahead(Protocol):
    """A transform that looks at later frames before it decides about a frame, such as to close gaps from both sides.

    Runs over videos call `push` and `flush` instead of the transform itself; a camera, which cannot wait, calls the
    transform, as any other.
    """

    def push(self, frame: Frame, detections: Detections) -> list[FrameDetections]:
        """Takes the next frame; returns those that are decided now, in order: none, one or several."""
        ...

    def flush(self) -> list[FrameDetections]:
        """Returns all frames that were held back, after the last one of a video; also where the run was stopped."""
        ...


class TransformChain:
    """Applies the transforms of a run to the frames of one video, in turn.

    Args:
        transforms: in their order; those that are `Lookahead` may hold frames back.
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self._transforms = tuple(transforms)

    def push(self, frame: Frame, detections: Detections) -> list[FrameDetections]:
        """Takes the next frame; returns the frames that have passed all transforms, in order."""
        return self._pass([(frame, detections)], self._transforms)

    def flush(self) -> list[FrameDetections]:
        """Returns all frames that were held back, after the last one."""
        out: list[FrameDetections] = []
        for number, transform in enumerate(self._transforms):
            if isinstance(transform, Lookahead):
                out += self._pass(transform.flush(), self._transforms[number + 1 :])
        return out

    def _pass(self, frames: list[FrameDetections], transforms: Sequence[Transform]) -> list[FrameDetections]:
        for transform in transforms:
            if isinstance(transform, Lookahead):
                frames = [one for frame, detections in frames for one in transform.push(frame, detections)]
            else:
                frames = [(frame, transform(frame, detections)) for frame, detections in frames]
        return frames


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
