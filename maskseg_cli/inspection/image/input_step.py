"""The photo as the network gets it."""

from __future__ import annotations

import numpy as np

from maskseg_cli.inspection.image.photo_canvas import FOUND, NARROW, PhotoCanvas, scaled_photo
from maskseg_cli.inspection.image.step import Panel, Step
from maskseg_cli.inspection.input_picture import input_picture
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.legends import Key


def input_step(trace: NetworkTrace) -> Step:
    """The photo beside the network's input, with the sizes of both."""
    height, width = trace.image.shape[:2]
    rows, columns = trace.input_size
    top, left, bottom, right = trace.molded.window
    padded = (bottom - top, right - left) != (rows, columns)
    canvas = PhotoCanvas(input_picture(trace.molded.image, trace.config, trace.molded.window), NARROW, dimmed=False)
    if padded:
        canvas.boxes(np.array([[left, top, right, bottom]], np.float32), [FOUND])
    sentence = (
        f"The photo of {width:,} x {height:,} pixels is scaled by {trace.molded.scale:.3g} to {right - left:,} x "
        f"{bottom - top:,}" + (f" and padded to {columns:,} x {rows:,}" if padded else "") + " for the network, "
        f"which takes its channels in the order {trace.config.channel_order}"
        + (", less a mean" if any(trace.config.mean_pixel) else "")
        + (" and divided by a deviation." if trace.config.std_pixel != (1, 1, 1) else ".")
        + " An object that is only a few pixels wide here is hard to find: a larger --size or --tiles keeps more of it."
    )
    keys = (Key("the photo within the padding", FOUND),) if padded else ()
    panels = (
        Panel("photo", scaled_photo(trace.image, NARROW), f"The photo, {width:,} x {height:,} pixels."),
        Panel("input", canvas.picture, f"The network's input, {columns:,} x {rows:,} pixels.", keys),
    )
    figures = {
        "photo": [width, height],
        "input": [columns, rows],
        "window": [left, top, right, bottom],
        "scale": trace.molded.scale,
    }
    return Step("input", "Input", sentence, panels, figures=figures, columns=2)
