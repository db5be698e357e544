"""The renderer: draws detections onto a picture, with OpenCV; Pillow writes what its font lacks.

One file for each thing that is drawn.

Example:
    >>> import numpy as np
    >>> from maskseg_cli import Detections
    >>> from maskseg_cli.drawing import draw
    >>> draw(np.zeros((48, 64, 3), np.uint8), Detections.empty((48, 64))).shape
    (48, 64, 3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from maskseg_cli.drawing.drawing_options import DrawingOptions

if TYPE_CHECKING:
    from maskseg_cli.drawing.renderer import draw

__all__ = ["DrawingOptions", "draw"]


def __getattr__(name: str) -> Any:
    # OpenCV is imported with the first picture, not with the options, so that usage errors are shown at once.
    if name != "draw":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from maskseg_cli.drawing.renderer import draw

    return draw
