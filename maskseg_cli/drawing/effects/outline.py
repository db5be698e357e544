"""Outlines in the colours of the objects, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.colours import object_colors
from maskseg_cli.drawing.contours import draw_contours
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.effects.choice import EVERYTHING, Choice
from maskseg_cli.frame import Frame


@dataclass(frozen=True)
class Outline:
    """Draws a thick line around each object.

    Args:
        strength: 1 is twice the width of the drawing's lines.
        choose: the objects that get one.
        drawing: returns what decides about colours and the width of lines; called for each frame.
    """

    strength: float = 1.0
    choose: Choice = EVERYTHING
    drawing: Callable[[], DrawingOptions] = DrawingOptions

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """See `Effect.__call__`."""
        kept = np.flatnonzero(self.choose.keep(detections)).tolist()
        if not kept:
            return picture
        options = self.drawing()
        colors = object_colors(detections, options)
        height, width = picture.shape[:2]
        line_width = max(1, round(2 * self.strength * options.line_width_for(height, width)))
        result = picture.copy()
        draw_contours(result, [detections.masks[i] for i in kept], [colors[i] for i in kept], line_width)
        return result
