"""Options of the network and of drawing, which `process_images`, `process_video` and `process_camera` share."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from maskseg_cli.inference.loading import load_predictor
from maskseg_cli.inference.model_options import ModelOptions
from maskseg_cli.inference.predictor import Predictor

#: A network: its name, a weights file, its options, or one that is loaded already.
Model = str | Path | ModelOptions | Predictor


def split_options(model: Model, options: Mapping[str, Any]) -> tuple[ModelOptions | Predictor, DrawingOptions]:
    """Sorts keyword options of a run into those of the network and those of drawing.

    Args:
        model: what the caller gave as `model`.
        options: fields of `ModelOptions` and of `DrawingOptions` by name; `drawing=DrawingOptions(...)` sets all of the
            second kind that are not given by name.

    Raises:
        UsageError: an unknown option (near ones are named), or an option of the network for one that is loaded already.

    Example:
        >>> split_options("lite", {"classes": "dog", "alpha": 0.3})[0].classes
        'dog'
    """
    options = dict(options)
    drawing = options.pop("drawing", None) or DrawingOptions()
    of_model = {field.name for field in dataclasses.fields(ModelOptions)} - {"model"}
    of_drawing = {field.name for field in dataclasses.fields(DrawingOptions)}
    for name in options:
        if name not in of_model | of_drawing:
            near = difflib.get_close_matches(name, sorted(of_model | of_drawing), n=1)
            raise UsageError(f"There is no option {name!r}{f' (did you mean {near[0]}?)' if near else ''}.")
    drawing = dataclasses.replace(drawing, **{name: options[name] for name in options if name in of_drawing})
    chosen = {name: options[name] for name in options if name in of_model}
    if isinstance(model, Predictor):
        if chosen:
            raise UsageError(f"{', '.join(chosen)}: the network is loaded already; give load_model these options.")
        return model, drawing
    if isinstance(model, ModelOptions):
        return dataclasses.replace(model, **chosen), drawing
    return ModelOptions(model=model, **chosen), drawing


def predictor_loader(model: ModelOptions | Predictor, batch: int = 1) -> Callable[[], Predictor]:
    """A function that loads the network; at once where `model` is loaded already.

    Args:
        batch: pictures of equal size that the network takes at once.
    """
    if isinstance(model, Predictor):
        return lambda: model
    return lambda: load_predictor(model, batch)
