"""`Rendering`: the whole picture of a frame: effects, the drawn objects, and what lies over them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.effect import Effect, apply_effects
from maskseg_cli.frame import Frame


@dataclass(frozen=True)
class Rendering:
    """Makes the picture of a frame.

    Args:
        drawing: what is drawn, and how.
        effects: change the picture before the objects are drawn.
        overlays: change the picture after the objects were drawn.
        draws: whether objects are drawn at all.

    Example:
        >>> frame = Frame(np.zeros((4, 6, 3), np.uint8))
        >>> Rendering()(frame, Detections.empty((4, 6))).shape
        (4, 6, 3)
    """

    drawing: DrawingOptions = field(default_factory=DrawingOptions)
    effects: tuple[Effect, ...] = ()
    overlays: tuple[Effect, ...] = ()
    draws: bool = True

    def __call__(
        self, frame: Frame, detections: Detections, drawing: DrawingOptions | None = None
    ) -> NDArray[np.uint8]:
        """Returns a new picture, uint8 (H, W, 3), BGR.

        Args:
            drawing: in place of `self.drawing`, where viewers change it.
        """
        picture = apply_effects(self.effects, frame, frame.image, detections)
        if self.draws:
            picture = draw(picture, detections, drawing or self.drawing)
        elif picture is frame.image:
            picture = picture.copy()
        return apply_effects(self.overlays, frame, picture, detections)
