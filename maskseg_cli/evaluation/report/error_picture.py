"""`error_picture`: a photo with what people have marked, dashed, and what the network has found, solid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop
from maskseg_cli.drawing import draw
from maskseg_cli.drawing.dashes import draw_dashed_lines
from maskseg_cli.drawing.outlines import mask_outlines
from maskseg_cli.drawing.strokes import draw_closed_lines
from maskseg_cli.pages.thumbnails import shrunk

#: Colours, BGR: what is marked, what is found, and what is found where it is only there to compare with.
MARKED, FOUND, OTHER = (255, 255, 255), (0, 94, 213), (233, 180, 86)

#: Width of lines in pixels: of the objects that are wrong, and of the others.
_WIDE, _NARROW = 2, 1
#: Height of captions in pixels: the page shows the pictures a third smaller than they are.
_TEXT = 15


@dataclass(frozen=True)
class Outlined:
    """An object in a picture of errors.

    Attributes:
        box: x, y, width, height in pixels of the photo.
        mask: its pixels; None: the box is drawn.
        marked: people have marked it, and it is drawn with dashes; False: the network has found it.
        wrong: it is what the picture is about: its line is wide and has the caption.
        caption: written beside it.
    """

    box: Sequence[float]
    mask: MaskCrop | None = None
    marked: bool = False
    wrong: bool = True
    caption: str = ""


def error_picture(image: NDArray[np.uint8], objects: Sequence[Outlined], side: int = 640) -> NDArray[np.uint8]:
    """Draws objects on a small copy of a photo: first what is there to compare with, then what is wrong.

    Args:
        image: uint8 (H, W, 3) BGR.
        objects: in this photo.
        side: the picture's longer side, in pixels; a smaller photo keeps its size.

    Returns:
        uint8 (h, w, 3) BGR.
    """
    canvas = np.array(shrunk(image, side), np.uint8, order="C")
    height, width = canvas.shape[:2]
    scale = (width / image.shape[1], height / image.shape[0])
    for one in sorted(objects, key=lambda one: (one.wrong, -one.box[2] * one.box[3])):
        polygons = [_polygons(one, scale)]
        if one.marked:
            draw_dashed_lines(canvas, polygons, [MARKED], _WIDE if one.wrong else _NARROW)
        else:
            draw_closed_lines(canvas, polygons, [FOUND if one.wrong else OTHER], _WIDE if one.wrong else _NARROW)
    named = [one for one in objects if one.wrong and one.caption]
    return _captioned(canvas, named, scale) if named else canvas


def _polygons(one: Outlined, scale: tuple[float, float]) -> list[NDArray[np.float32]]:
    """The lines round an object in pixels of the small picture, as `draw_closed_lines` takes them."""
    factor = np.array(scale, np.float32)
    if one.mask is not None:
        return [(polygon + 0.5) * factor - 0.5 for polygon in mask_outlines([one.mask])[0]]
    x, y, width, height = one.box
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return [np.array(corners, np.float32) * factor - 0.5]


def _captioned(canvas: NDArray[np.uint8], objects: Sequence[Outlined], scale: tuple[float, float]) -> NDArray[np.uint8]:
    """The picture with captions, which the renderer keeps apart from each other."""
    boxes = np.array([(one.box[0], one.box[1], one.box[0] + one.box[2], one.box[1] + one.box[3]) for one in objects])
    height, width = canvas.shape[:2]
    scaled = np.clip(boxes * (*scale, *scale), 0, (width, height, width, height)).astype(np.float32)
    empty = MaskCrop(0, 0, np.zeros((0, 0), bool))
    number = len(objects)
    detections = Detections(
        scaled, np.ones(number, np.int32), np.ones(number, np.float32), (empty,) * number, (height, width)
    )
    return draw(
        canvas,
        detections,
        masks=False,
        contours=False,
        boxes=False,
        colors=[MARKED if one.marked else FOUND for one in objects],
        caption_texts=[one.caption for one in objects],
        text_size=_TEXT,
    )
