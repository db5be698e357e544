"""`Rendering`: the whole picture of a frame: effects, the drawn objects, and what lies over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.effect import Effect
from maskseg_cli.frame import Frame


@dataclass(frozen=True)
class Rendering:
    """Makes the picture of a frame.

    Args:
        drawing: what is drawn, and how.
        effects: change the picture before the objects are drawn.
        overlays: change the picture after the objects were drawn.
        draws: whether objects are drawn at all.
        drawn_objects: chooses the objects that are drawn; None: all.

    Example:
        >>> frame = Frame(np.zeros((4, 6, 3), np.uint8))
        >>> Rendering()(frame, Detections.empty((4, 6))).shape
        (4, 6, 3)
    """

    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    effects: tuple[Effect, ...] = ()
    overlays: tuple[Effect, ...] = ()
    draws: bool = True
    drawn_objects: Callable[[Detections], Detections] | None = None

    def __call__(
        self, frame: Frame, detections: Detections, drawing: DrawingOptions | None = None
    ) -> NDArray[np.uint8]:
        """Returns a new picture, uint8 (H, W, 3), BGR; (H, W, 4), BGRA, where an effect has made it transparent.

        What is drawn, and what effects behind the transparent one change, is opaque.

        Args:
            drawing: in place of `self.drawing`, where viewers change it.
        """
        picture, alpha = frame.image, None
        for effect in self.effects:
            picture, alpha = _followed_by(effect(frame, picture, detections), picture, alpha)
        if self.draws:
            drawn = detections if self.drawn_objects is None else self.drawn_objects(detections)
            picture, alpha = _followed_by(draw(picture, drawn, drawing or self.drawing), picture, alpha)
        elif picture is frame.image:
            picture = picture.copy()
        for overlay in self.overlays:
            picture, alpha = _followed_by(overlay(frame, picture, detections), picture, alpha)
        return picture if alpha is None else np.asarray(cv2.merge([*cv2.split(picture), alpha]), np.uint8)


def _followed_by(
    after: NDArray[np.uint8], before: NDArray[np.uint8], alpha: NDArray[np.uint8] | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """The colours (H, W, 3) and the alpha (H, W) of a picture after a step; alpha is None while all is opaque."""
    if after.shape[2] == 4:
        colours, own = np.ascontiguousarray(after[:, :, :3]), np.ascontiguousarray(after[:, :, 3])
        return colours, own if alpha is None else np.asarray(cv2.min(own, alpha), np.uint8)
    if alpha is None:
        return after, None
    changed = cv2.absdiff(after, before).max(axis=2) > 0
    return after, np.where(changed, np.uint8(255), alpha)
