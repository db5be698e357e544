"""The masks as the mask head gives them, and placed on the photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.mixed_font import font_for
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.inference.mask_scoring import mask_certainty
from maskseg_cli.inference.unmolding import MASK_THRESHOLD
from maskseg_cli.inspection.image.classes_step import class_name
from maskseg_cli.inspection.image.photo_canvas import WIDE, scaled_photo
from maskseg_cli.inspection.image.step import Panel, Step, numbers, some_of
from maskseg_cli.inspection.network_trace import NetworkTrace
from maskseg_cli.pages.elements import table
from maskseg_cli.pages.legends import heat_picture, heat_scale

#: Masks that are shown, in a row at most, and the side of one in pixels at least.
_MOST, _ROW, _SIDE = 12, 4, 200

#: Gap between masks, and height of the text over one, in pixels.
_GAP, _TEXT = 10, 18


def masks_step(trace: NetworkTrace) -> Step:
    """Small masks enlarged without smoothing, the photo with the masks alone, and how sure each mask is."""
    shown = trace.shown_rows[:_MOST]
    masks = trace.masks[shown]
    names = [class_name(trace, int(label)) for label in trace.detected.class_ids[shown]]
    titles = [f"{number + 1} {name}" for number, name in enumerate(names)]
    height, width = trace.config.mask_shape
    certainty = mask_certainty(masks)
    inside = (masks >= MASK_THRESHOLD).mean(axis=(1, 2)) if len(masks) else np.zeros(0)
    placed = [trace.detections.masks[number].area for number in range(len(shown))]
    rows = [
        (title, f"{sure:.2f}", f"{share:.0%}", f"{area:,}")
        for title, sure, share, area in zip(titles, certainty, inside, placed, strict=True)
    ]
    sentence = (
        f"The mask head draws a mask of {width} x {height} cells over each box: the probability that a cell belongs to "
        f"the object. It is enlarged into the box, and what reaches {MASK_THRESHOLD:g} is the object. Fine details are "
        "lost where one cell is many pixels wide."
    )
    if not len(shown):
        sentence += " Here there is no object, so there is no mask."
    caption = (
        f"Masks of {some_of(len(shown), len(trace.shown_rows), 'object')}, enlarged without smoothing; the line is "
        f"where the probability crosses {MASK_THRESHOLD:g}."
    )
    only = DrawingOptions(boxes=False, scores=False, caption_texts=_numbers(trace))
    placed_picture = draw(trace.image, trace.detections, only)
    panels: list[Panel] = []
    content = ""
    if len(shown):
        panels = [
            Panel("small", masks_sheet(masks, titles), caption, lossless=True),
            Panel("placed", scaled_photo(placed_picture, WIDE), "The masks in their places on the photo."),
        ]
        heads = ("Object", "Mean probability inside", "Share of the box", "Pixels of the photo")
        content = heat_scale("0", "1", "Probability in the masks") + table(heads, rows)
    figures = {
        "mask_shape": [height, width],
        "masks": [
            {
                "detected": int(row),
                "class": name,
                "certainty": round(float(sure), 6),
                "area": area,
                "probabilities": numbers(mask, 3),
            }
            for row, name, sure, area, mask in zip(shown, names, certainty, placed, masks, strict=True)
        ],
    }
    return Step("masks", "Masks", sentence, tuple(panels), content, figures)


def masks_sheet(masks: NDArray[np.float32], titles: list[str]) -> NDArray[np.uint8]:
    """Masks (N, h, w), at least one, side by side with their titles, uint8 BGR."""
    height, width = masks.shape[1:]
    factor = -(-_SIDE // max(height, width))
    high, wide = height * factor + _TEXT + 4, width * factor
    columns = min(_ROW, len(masks))
    lines = -(-len(masks) // columns)
    sheet = np.full((lines * (high + _GAP) + _GAP, columns * (wide + _GAP) + _GAP, 3), 255, np.uint8)
    for number, (mask, title) in enumerate(zip(masks, titles, strict=True)):
        top, left = (
            _GAP + place * (side + _GAP) for place, side in zip(divmod(number, columns), (high, wide), strict=True)
        )
        tile = sheet[top : top + high, left : left + wide]
        font = font_for(title, _TEXT)
        font.write(tile[: _TEXT + 4], font.printable(title), 0, font.ascent, (30, 30, 30))
        large = heat_picture(np.kron(mask, np.ones((factor, factor), np.float32)))
        edges, _ = cv2.findContours(
            np.kron((mask >= MASK_THRESHOLD).astype(np.uint8), np.ones((factor, factor), np.uint8)),
            cv2.RETR_LIST,
            cv2.CHAIN_APPROX_NONE,
        )
        cv2.drawContours(large, edges, -1, (255, 255, 255), 1)
        tile[_TEXT + 4 :] = large
    return sheet


def _numbers(trace: NetworkTrace) -> list[str]:
    return [str(number + 1) for number in range(len(trace.detections))]
