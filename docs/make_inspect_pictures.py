"""Makes the pictures of docs/inspect.md with `inspect_image`, from the coffee photo of `make demo`.

    python docs/make_inspect_pictures.py

Writes docs/images/inspect-steps.jpg: six pictures of one run of the bundled network.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from docs.make_pictures import photos
from maskseg_cli import Predictor, load_model
from maskseg_cli.inspection.box_fates import box_fates
from maskseg_cli.inspection.image.inspect_image import steps_of
from maskseg_cli.inspection.image.layer_maps import layer_maps
from maskseg_cli.inspection.network_trace import trace_network
from maskseg_cli.media.images import write_image

IMAGES = Path(__file__).parent / "images"

#: Step and picture, row by row.
SHOWN = (
    (("objectness", "heat-map-1"), ("objectness", "refined"), ("proposals", "after")),
    (("refinement", "boxes"), ("detections", "suppressed"), ("masks", "placed")),
)

#: Size of each picture, and the gap between them, in pixels.
WIDTH, HEIGHT, GAP = 390, 260, 6


def fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture scaled to WIDTH x HEIGHT, with gray beside it where its shape is another."""
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    width, height = (
        min(most, round(scale * side)) for most, side in zip((WIDTH, HEIGHT), picture.shape[1::-1], strict=True)
    )
    left, top = (WIDTH - width) // 2, (HEIGHT - height) // 2
    canvas = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
    canvas[top : top + height, left : left + width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return canvas


def steps(model: Predictor, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pictures of `SHOWN` side by side."""
    trace = trace_network(model, photo)
    made = steps_of(trace, layer_maps(model, trace.molded.image), box_fates(trace))
    panels = {(step.name, panel.name): panel.picture for step in made for panel in step.panels}
    rows = []
    for names in SHOWN:
        row = [fitted(panels[name]) for name in names]
        rows.append(np.hstack([part for one in row for part in (np.full((HEIGHT, GAP, 3), 255, np.uint8), one)][1:]))
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    return np.vstack([rows[0], gap, rows[1]])


if __name__ == "__main__":
    write_image(IMAGES / "inspect-steps.jpg", steps(load_model("lite"), photos()["coffee"]), 88)
