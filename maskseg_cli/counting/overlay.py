"""`CountOverlay`: draws counts, lines and zones over the picture, readable at any size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.counting.counters import Counters, FrameCounts
from maskseg_cli.counting.regions import Point, Region
from maskseg_cli.counting.scale import Scale, short_number
from maskseg_cli.counting.sizes import object_sizes
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.box_drawing import Rectangle
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.drawing.text import Font, font_of_size
from maskseg_cli.frame import Frame

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]

_LINE: Color = (0, 215, 255)
_ZONE: Color = (255, 200, 60)
_DARK: Color = (24, 24, 24)
_LIGHT: Color = (255, 255, 255)

#: Share of the picture's height and width that the counts may fill.
_MOST_OF_PICTURE = 0.8
#: Least height of a line of text in pixels.
_LEAST_TEXT = 7.0
#: Classes that are listed; the others are added up.
_CLASSES = 8


class CountOverlay:
    """An effect that draws what `Counters` have counted in the frame.

    Args:
        counters: they have seen the frame before.
        count: draw the numbers of objects in a corner.
        corner: which one.
        scale: write the size of each object on it; None: do not.
        drawing: for the size of text and lines.
    """

    def __init__(
        self,
        counters: Counters,
        count: bool = True,
        corner: Corner = "top-left",
        scale: Scale | None = None,
        drawing: DrawingOptions | None = None,
    ) -> None:
        self.counters, self.count, self.corner, self.scale = counters, count, corner, scale
        self.drawing = drawing or DrawingOptions()

    def __call__(self, frame: Frame, picture: NDArray[np.uint8], detections: Detections) -> NDArray[np.uint8]:
        """Returns a copy of the picture, uint8 (H, W, 3) BGR, with everything drawn on it."""
        canvas = picture.copy()
        height, width = canvas.shape[:2]
        counts = self.counters.of(frame)
        size = self.drawing.text_size_for(height, width)
        thickness = max(1, self.drawing.line_width_for(height, width))
        texts: list[tuple[str, Point]] = []
        for zone in self.counters.zones:
            texts.append(_draw_zone(canvas, zone, counts, thickness))
        for line in self.counters.lines:
            texts.append(_draw_line(canvas, line, counts, thickness))
        panel = None
        if self.count:
            rows = count_rows(counts)
            panel = _draw_panel(canvas, rows, _fitting_font(rows, size * 1.6, height, width), self.corner)
        font = font_of_size(size * 1.2)
        taken = [_draw_panel(canvas, [text], font, place, panel) for text, place in texts]
        if self.scale is not None:
            for text, place in _size_texts(detections, self.scale):
                _draw_where_free(canvas, text, font, place, panel, taken)
        return canvas


def count_rows(counts: FrameCounts) -> list[str]:
    """The lines of text in the corner: objects in the frame by class, and different ones so far.

    Example:
        >>> from collections import Counter
        >>> count_rows(FrameCounts(objects=Counter(car=3), unique=Counter(car=12, bus=1)))
        ['car 3, of 12 so far', 'bus 0, of 1 so far']
    """
    unique = counts.unique
    by = counts.objects if unique is None else unique | counts.objects
    order = sorted(by, key=lambda name: (-by[name], name))
    rows = []
    for name in order[:_CLASSES]:
        now = counts.objects[name]
        rows.append(f"{name} {now}" if unique is None else f"{name} {now}, of {unique[name]} so far")
    rest = order[_CLASSES:]
    if rest:
        now = sum(counts.objects[name] for name in rest)
        all_of_them = "" if unique is None else f", of {sum(unique[name] for name in rest)} so far"
        rows.append(f"{len(rest)} other classes {now}{all_of_them}")
    return rows or ["nothing found"]


def _draw_zone(canvas: NDArray[np.uint8], zone: Region, counts: FrameCounts, thickness: int) -> tuple[str, Point]:
    """Draws a zone, and returns its text with the place of that."""
    corners = zone.in_pixels((canvas.shape[0], canvas.shape[1]))
    polygon = np.array(corners)
    x1, y1 = np.clip(np.floor(polygon.min(axis=0)), 0, [canvas.shape[1], canvas.shape[0]]).astype(int)
    x2, y2 = np.clip(np.ceil(polygon.max(axis=0)) + 1, 0, [canvas.shape[1], canvas.shape[0]]).astype(int)
    part = canvas[y1:y2, x1:x2]
    if part.size:
        inside = np.zeros(part.shape[:2], np.uint8)
        cv2.fillPoly(inside, [np.round(polygon - (x1, y1)).astype(np.int32)], 255)
        tinted = cv2.addWeighted(part, 0.85, np.full_like(part, _ZONE), 0.15, 0)
        cv2.copyTo(tinted, inside, part)
    _stroke(canvas, [*corners, corners[0]], _ZONE, thickness)
    now = sum(counts.zones.get(zone.name, {}).values())
    left, top = min(corners, key=lambda corner: (corner[1], corner[0]))
    return f"{zone.name}: {now} inside", (left + 2 * thickness, top + 2 * thickness)


def _draw_line(canvas: NDArray[np.uint8], line: Region, counts: FrameCounts, thickness: int) -> tuple[str, Point]:
    """Draws a line with the arrow to the side "in", and returns its text with the place of that."""
    height, width = canvas.shape[:2]
    (ax, ay), (bx, by) = line.in_pixels((height, width))
    _stroke(canvas, [(ax, ay), (bx, by)], _LINE, thickness + 1)
    length = math.hypot(bx - ax, by - ay)
    reach = min(max(10.0, 0.06 * math.hypot(height, width)), length)
    dx, dy = -(by - ay) / length * reach, (bx - ax) / length * reach
    middle = ((ax + bx) / 2, (ay + by) / 2)
    tip = (middle[0] + dx, middle[1] + dy)
    for color, extra in ((_DARK, 2), (_LINE, 0)):
        cv2.arrowedLine(canvas, _pixel(middle), _pixel(tip), color, thickness + 1 + extra, cv2.LINE_AA, tipLength=0.35)
    entered, left = counts.lines.get(line.name, ({}, {}))
    text = f"{line.name}: in {sum(entered.values())}, out {sum(left.values())}"
    return text, (min(ax, bx) + 2 * thickness, (ay if ax <= bx else by) + 2 * thickness)


def _size_texts(detections: Detections, scale: Scale) -> list[tuple[str, Point]]:
    """The length and width of each object, with a place in the middle of its box."""
    texts = []
    for (_, length, width), box in zip(object_sizes(detections).tolist(), detections.xyxy.tolist(), strict=True):
        text = f"{short_number(scale.length(length))} x {short_number(scale.length(width))} {scale.unit}"
        texts.append((text, (box[0], (box[1] + box[3]) / 2)))
    return texts


def _stroke(canvas: NDArray[np.uint8], points: Sequence[Point], color: Color, thickness: int) -> None:
    """Draws an open line with a dark edge, so that it is seen on any picture."""
    corners = np.array([_pixel(point) for point in points], np.int32)
    cv2.polylines(canvas, [corners], False, _DARK, thickness + 2, cv2.LINE_AA)
    cv2.polylines(canvas, [corners], False, color, thickness, cv2.LINE_AA)


def _pixel(point: Point) -> tuple[int, int]:
    return round(point[0] - 0.5), round(point[1] - 0.5)


def _fitting_font(rows: Sequence[str], size: float, height: int, width: int) -> Font:
    """The font of this size, or of a smaller one at which the rows fill no more than a part of the picture."""
    font = font_of_size(size)
    needed = max(font.width(font.printable(row)) for row in rows) + font.ascent
    factor = min(1.0, _MOST_OF_PICTURE * width / needed, _MOST_OF_PICTURE * height / (size * 1.2 * len(rows)))
    return font if factor == 1.0 else font_of_size(max(_LEAST_TEXT, size * factor))


def _draw_panel(
    canvas: NDArray[np.uint8],
    rows: Sequence[str],
    font: Font,
    at: Corner | Point,
    avoid: Rectangle | None = None,
) -> Rectangle:
    """Writes rows of text on a dark ground: in a corner, or with the upper left corner at a point, moved inside.

    Args:
        avoid: where it would cover this rectangle, it moves up or down.

    Returns:
        what was covered.
    """
    left, top, right, bottom = _panel(canvas, rows, font, at, avoid)
    margin, step = _spacing(font)
    part = canvas[top:bottom, left:right]
    part[:] = cv2.addWeighted(part, 0.3, np.full_like(part, _DARK), 0.7, 0)
    for number, row in enumerate(rows):
        font.write(part, font.printable(row), margin, margin // 2 + font.ascent + number * step, _LIGHT)
    return left, top, right, bottom


def _draw_where_free(
    canvas: NDArray[np.uint8], text: str, font: Font, at: Point, avoid: Rectangle | None, taken: list[Rectangle]
) -> None:
    """Writes a text at a point, or a line below or above, where it covers no other; else nowhere.

    Args:
        taken: what others cover; the text's own is added.
    """
    left, top, _, bottom = _panel(canvas, [text], font, at, avoid)
    for lines in (0, 1, -1):
        place = (left, top + lines * (bottom - top))
        x1, y1, x2, y2 = _panel(canvas, [text], font, place, avoid)
        if all(x2 <= a or c <= x1 or y2 <= b or d <= y1 for a, b, c, d in taken):
            taken.append(_draw_panel(canvas, [text], font, place, avoid))
            return


def _spacing(font: Font) -> tuple[int, int]:
    """The margin of a panel, and the distance of its lines, in pixels."""
    return max(2, font.ascent // 3), font.ascent + font.descent + max(1, font.ascent // 8)


def _panel(
    canvas: NDArray[np.uint8], rows: Sequence[str], font: Font, at: Corner | Point, avoid: Rectangle | None
) -> Rectangle:
    """What `_draw_panel` covers."""
    height, width = canvas.shape[:2]
    texts = [font.printable(row) for row in rows]
    margin, step = _spacing(font)
    panel_width = min(width, max(font.width(text) for text in texts) + 2 * margin)
    panel_height = min(height, step * len(texts) + margin)
    if isinstance(at, str):
        left = 0 if at.endswith("left") else width - panel_width
        top = 0 if at.startswith("top") else height - panel_height
    else:
        left = round(min(max(at[0], 0), width - panel_width))
        top = round(min(max(at[1], 0), height - panel_height))
        if avoid is not None and left < avoid[2] and avoid[0] < left + panel_width:
            if avoid[1] == 0 and top < avoid[3]:
                top = min(avoid[3] + 2, height - panel_height)
            elif avoid[1] > 0 and top + panel_height > avoid[1]:
                top = max(0, avoid[1] - panel_height - 2)
    return left, top, left + panel_width, top + panel_height
