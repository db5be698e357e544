"""`Effect`: changes the picture of a frame by the masks of its objects, before or after the objects are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame

#: `frame`, its objects after all transforms -> the picture with everything in it, uint8 (H, W, 3), BGR.
Renderer = Callable[[Frame, Detections], NDArray[np.uint8]]


class Effect(Protocol):
    """Any callable of this form. Photos call it in several threads at once, videos and cameras in order."""

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """Returns the changed picture, uint8 (H, W, 3), BGR; or (H, W, 4), BGRA, to make a part of it transparent.

        Args:
            frame: the frame; `frame.image` is what the source gave.
            picture: uint8 (H, W, 3), BGR: what the effects before have made of it. It must not be changed.
            detections: the objects in it, after all transforms.
        """
        ...


def apply_effects(
    effects: Sequence[Effect], frame: Frame, picture: NDArray[np.uint8], detections: Detections
) -> NDArray[np.uint8]:
    """Applies all effects in turn."""
    for effect in effects:
        picture = effect(frame, picture, detections)
    return picture
