"""The photo as the network gets it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.inspection.image.photo_canvas import FOUND, NARROW, PhotoCanvas, scaled_photo
from maskseg_cli.inspection.image.step import Panel, Step
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.legends import Key


def input_step(trace: NetworkTrace) -> Step:
    """The photo beside the network's input, with the sizes of both."""
    height, width = trace.image.shape[:2]
    rows, columns = trace.input_size
    top, left, bottom, right = trace.molded.window
    padded = (bottom - top, right - left) != (rows, columns)
    canvas = PhotoCanvas(molded_picture(trace), NARROW, dimmed=False)
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


def molded_picture(trace: NetworkTrace) -> NDArray[np.uint8]:
    """The network's input as a picture, uint8 (h, w, 3) BGR: the mean added again."""
    step = 1 if trace.config.channel_order == "RGB" else -1
    pixels = trace.molded.image * np.array(trace.config.std_pixel[::step], np.float32)
    pixels = pixels + np.array(trace.config.mean_pixel[::step], np.float32)
    top, left, bottom, right = trace.molded.window
    outside = np.ones(pixels.shape[:2], bool)
    outside[top:bottom, left:right] = False
    pixels[outside] = 0  # the padding, which has no light; with the mean it would be gray in some networks
    picture = np.rint(pixels.clip(0, 255)).astype(np.uint8)
    return picture if step == -1 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)
