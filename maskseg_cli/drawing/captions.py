"""Captions such as `zebra 99%` on a background of the object's colour."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.drawing.box_drawing import Rectangle
from maskseg_cli.drawing.caption_format import USUAL, caption_format
from maskseg_cli.drawing.colours import text_color
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.drawing.mixed_font import font_for
from maskseg_cli.drawing.placement import Place, Placement
from maskseg_cli.drawing.text import Font
from maskseg_cli.errors import UsageError

#: Least height of a line in pixels, still readable; a caption that is too wide at this size is cut.
_LEAST_SIZE = 8.0
_FEWEST_LETTERS = 3


def caption_texts(detections: Detections, options: DrawingOptions) -> list[str]:
    """Composes the caption of each object: the given text, or what `options.caption` says.

    A score below 1 is never written as 100%.

    Raises:
        UsageError: the number of given texts differs from that of the objects.

    Example:
        >>> one = Detections.empty((9, 9))
        >>> caption_texts(one, DrawingOptions())
        []
    """
    if options.caption_texts is not None:
        if len(options.caption_texts) != len(detections):
            raise UsageError(
                f"caption_texts has {len(options.caption_texts)} texts for {len(detections)} objects; "
                "give one per object."
            )
        return list(options.caption_texts)
    form = caption_format(USUAL if options.caption is None else options.caption)
    without = [name for name, shown in (("score", options.scores), ("id", options.tracker_ids)) if not shown]
    found = _values(detections)
    if "area" in form.fields:
        found = [{**values, "area": area} for values, area in zip(found, detections.area.tolist(), strict=True)]
    return [form.fill(values, without) for values in found]


def _values(detections: Detections) -> list[dict[str, Any]]:
    """The fields of a `CaptionFormat` for each object, but for the area, which takes time."""
    extents = np.nan_to_num(detections.xyxy[:, 2:] - detections.xyxy[:, :2]).round().astype(int).tolist()
    rows = zip(detections.labels, detections.names, detections.confidence.tolist(), extents, strict=True)
    found: list[dict[str, Any]] = []
    for label, name, score, (width, height) in rows:
        found.append({"name": label, "class": name, "score": score, "width": width, "height": height})
    if detections.tracker_id is not None:
        for values, identity in zip(found, detections.tracker_id.tolist(), strict=True):
            if identity >= 0:
                values["id"] = identity
    return found


def draw_captions(
    canvas: NDArray[np.uint8],
    boxes: Sequence[Rectangle | None],
    texts: Sequence[str],
    colors: Sequence[Color],
    text_size: float,
    line_width: int = 0,
    shorter: Sequence[str] | None = None,
    font: str | None = None,
) -> list[Rectangle | None]:
    """Writes each text beside its box, black or white on the object's colour, all of it inside the picture.

    The first texts are placed first, each where it hides no caption and no object if there is such a place. A text
    wider than the picture is written smaller, and cut if necessary; where not even a few letters fit, nothing is
    written.

    Args:
        canvas: uint8 (H, W, 3) BGR, changed in place.
        boxes: N rectangles inside the canvas; the text of a None is skipped.
        texts: N texts; nothing is drawn for an empty one.
        colors: N times (blue, green, red).
        text_size: height of a line in pixels.
        line_width: of the boxes' lines, with whose outer edge the captions are aligned.
        shorter: N texts to write where the box is smaller than the text, or the text would hide something. Where the
            box is smaller than this text too and there is no free place beside it, nothing is written. None: `texts`
            are written in any case.
        font: file of the font for the texts.

    Returns:
        N rectangles that the captions fill; None where nothing was written.
    """
    height, width = canvas.shape[:2]
    placement = Placement(height, width, [box for box in boxes if box is not None])
    outer = line_width // 2

    def measure(wording: str) -> _Label | None:
        return _Label.fitting(wording, text_size, height, width, font)

    filled: list[Rectangle | None] = []
    for number, (box, text, color) in enumerate(zip(boxes, texts, colors, strict=True)):
        wordings = [text] if shorter is None or shorter[number] == text else [text, shorter[number]]
        chosen = None
        if box is not None:
            frame = (box[0] - outer, box[1] - outer, box[2] + outer, box[3] + outer)
            chosen = _choose(placement, frame, wordings, measure, always=shorter is None)
        if chosen is None:
            filled.append(None)
            continue
        label, place = chosen
        placement.take(place, label.width, label.height)
        area = (place.left, place.top, place.left + label.width, place.top + label.height)
        label.draw(canvas[area[1] : area[3], area[0] : area[2]], color)
        filled.append(area)
    return filled


def _choose(
    placement: Placement,
    box: Rectangle,
    wordings: Sequence[str],
    measure: Callable[[str], _Label | None],
    always: bool,
) -> tuple[_Label, Place] | None:
    """Chooses a wording and its place.

    Args:
        box: of the object, with its line.
        wordings: longest first.
        measure: makes a label of a wording; None where it does not fit into the picture.
        always: whether there must be a caption.

    Returns:
        the first wording that has a free place, or the one that hides least; None if there is better no caption.
    """
    size = (box[2] - box[0]) * (box[3] - box[1])
    found = []
    for wording in wordings:
        label = measure(wording)
        if label is None:
            continue
        small = not always and size < label.width * label.height
        if small and wording != wordings[-1]:
            continue  # the score of such an object is left out
        place = placement.find(box, label.width, label.height, near=small)
        if place.hidden == 0:
            return label, place
        if not small:
            found.append((label, place))
    return min(found, key=lambda one: one[1].hidden, default=None)


class _Label:
    """A text with its background, measured."""

    def __init__(self, font: Font, text: str) -> None:
        self.font, self.text = font, font.printable(text)
        # Space at the sides is about half a letter.
        self.margin = max(1, font.ascent // 4)
        self.width = font.width(self.text) + 2 * self.margin
        self.height = font.ascent + font.descent

    @classmethod
    def fitting(cls, text: str, size: float, height: int, width: int, file: str | None = None) -> _Label | None:
        """Makes a label that fits into a picture: at full size, smaller, or cut; None if even that does not fit."""
        font = font_for(text, size, file)
        label = cls(font, text)
        if not label.text.strip():
            return None
        if label.width <= width and label.height <= height:
            return label
        smaller = size * min(width / label.width, height / label.height)
        font = font_for(text, max(_LEAST_SIZE, smaller), file)
        label = cls(font, text)
        if label.height > height:
            return None
        if label.width <= width:
            return label

        def cut(length: int) -> _Label:
            return cls(font, text[:length].rstrip() + font.ellipsis)

        most = bisect.bisect_right(range(len(text)), width, key=lambda length: cut(length).width) - 1
        return cut(most) if most >= _FEWEST_LETTERS else None

    def draw(self, region: NDArray[np.uint8], color: Color) -> None:
        """Draws the label into its area of the picture, uint8 (height, width, 3); OpenCV clips text outside."""
        cv2.rectangle(region, (0, 0), (self.width - 1, self.height - 1), color, cv2.FILLED)
        self.font.write(region, self.text, self.margin, self.font.ascent, text_color(color))
