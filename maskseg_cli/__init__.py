"""maskseg: finds every object in a photo or video and draws its exact outline.

Example:
    >>> from maskseg_cli import load_model, draw          # doctest: +SKIP
    >>> model = load_model("lite")                        # doctest: +SKIP
    >>> annotated = draw(image_bgr, model(image_bgr))     # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maskseg_cli.detections import Detections, MaskCrop
    from maskseg_cli.drawing import draw
    from maskseg_cli.inference.loading import load_model
    from maskseg_cli.inference.predictor import Predictor

__version__ = "0.1.0"
__all__ = ["Detections", "MaskCrop", "Predictor", "__version__", "draw", "load_model"]

_HOMES = {
    "Detections": "maskseg_cli.detections",
    "MaskCrop": "maskseg_cli.detections",
    "Predictor": "maskseg_cli.inference.predictor",
    "draw": "maskseg_cli.drawing",
    "load_model": "maskseg_cli.inference.loading",
}


def __getattr__(name: str) -> Any:
    # Each name is fetched from its home at first use, so that `maskseg --help` loads no numpy, OpenCV or TensorFlow.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
