"""`DrawingOptions`: what is drawn, and how. They need neither NumPy nor OpenCV."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import percent_hint
from maskseg_cli.option import option

#: Blue, green, red, each 0..255.
Color = tuple[int, int, int]

COLOR_BY = ("instance", "class")
SWITCHES = ("masks", "contours", "boxes", "captions", "scores", "tracker_ids")
MAX_LINE_WIDTH = 1000
#: Height of a line of text in pixels that is readable on pictures of up to a hundred megapixels.
_LARGE_TEXT = 44.0
MIN_TEXT_SIZE, MAX_TEXT_SIZE = 4.0, 1000.0


@dataclass(frozen=True)
class DrawingOptions:
    """Options of `draw`. Instances are immutable: use `replace`.

    Attributes:
        masks: fill each object with its translucent colour.
        contours: draw the outline of each mask, its holes and separate parts included.
        boxes: draw each bounding box.
        captions: write `label 99%` beside each box. Objects smaller than that get the label alone, or nothing where
            it would hide others.
        alpha: opacity of a mask's colour, 0..1.
        color_by: "instance" distinguishes objects of one class: the n-th object has the n-th colour, or,
            where the detections carry a tracker_id, each identity has its own; "class" gives each class its
            own.
        colors: given colours, (blue, green, red) of 0..255 each: one for all objects; or a sequence of one
            per object; or a mapping from class name or class id to colour (other classes follow color_by).
        caption_texts: given captions, one per object, in place of label and score; "" writes none.
        scores: captions show the score.
        tracker_ids: captions start with `#7` where the detections carry a tracker_id.
        line_width: of contours and boxes in pixels; None: by the picture's size.
        text_size: height of a line of text in pixels; None: by the picture's size.

    Raises:
        UsageError: a value out of its range, or of another type.

    Example:
        >>> DrawingOptions(boxes=False, alpha=0.3).replace(color_by="class").alpha
        0.3
    """

    masks: bool = option(True, "Fill objects with colour.", flags=("--masks/--no-masks",))
    contours: bool = option(True, "Draw outlines.", flags=("--contours/--no-contours",))
    boxes: bool = option(True, "Draw boxes.", flags=("--boxes/--no-boxes",))
    captions: bool = option(True, "Write names and scores.", flags=("--captions/--no-captions",))
    alpha: float = option(0.5, "How much colour covers an object: 0 none, 1 all.", kind="share")
    color_by: str = option("instance", "A colour for each object, or one for each class.", choices=COLOR_BY)
    colors: Color | Sequence[Color] | Mapping[str | int, Color] | None = None
    caption_texts: Sequence[str] | None = None
    scores: bool = True
    tracker_ids: bool = True
    line_width: int | None = None
    text_size: float | None = None

    def __post_init__(self) -> None:
        for switch in SWITCHES:
            if not isinstance(getattr(self, switch), bool):
                raise UsageError(f"{switch} is either True or False, not {getattr(self, switch)!r}.")
        _check_number("alpha", self.alpha, 0, 1)
        if self.color_by not in COLOR_BY:
            raise UsageError(f"color_by is one of {', '.join(COLOR_BY)}, not {self.color_by!r}.")
        if self.line_width is not None:
            _check_number("line_width", self.line_width, 1, MAX_LINE_WIDTH)
            if self.line_width != int(self.line_width):
                raise UsageError(f"line_width is a whole number of pixels, not {self.line_width!r}.")
        if self.text_size is not None:
            _check_number("text_size", self.text_size, MIN_TEXT_SIZE, MAX_TEXT_SIZE)
        # Copies, because the caller's lists may change later.
        object.__setattr__(self, "colors", _own_colors(self.colors))
        object.__setattr__(self, "caption_texts", _own_texts(self.caption_texts))

    def replace(self, **changes: Any) -> DrawingOptions:
        """Returns a copy with some options changed.

        Raises:
            UsageError: an unknown option, or a value out of its range or of another type.
        """
        known = [field.name for field in dataclasses.fields(self)]
        for name in changes:
            if name not in known:
                raise UsageError(f"There is no drawing option {name!r}; the options are {', '.join(known)}.")
        return dataclasses.replace(self, **changes) if changes else self

    def line_width_for(self, height: int, width: int) -> int:
        """The width of lines in pixels on a picture of this size."""
        if self.line_width is not None:
            return int(self.line_width)
        return max(1, round(math.sqrt(height * width) / 400))

    def text_size_for(self, height: int, width: int) -> float:
        """The height of a line of text in pixels on a picture of this size."""
        if self.text_size is not None:
            return float(self.text_size)
        side = math.sqrt(height * width)
        # Small pictures are shown at their own size: the text must be readable, but must not hide the picture. Large
        # ones are shown smaller than they are, but their objects may be as small as those of small pictures.
        return float(round(max(min(side / 64, _LARGE_TEXT), side / 200, min(12, side / 20), 8)))


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    try:
        # bool is a number in Python, but line_width=True is a mistake.
        good = not isinstance(value, bool) and low <= float(value) <= high and not isinstance(value, str)
    except (TypeError, ValueError):
        good = False
    if not good:
        hint = percent_hint(value) if (low, high) == (0, 1) else ""
        raise UsageError(f"{name} is a number from {low:g} to {high:g}, not {value!r}{hint}.")


def _own_color(value: Any) -> Color:
    try:
        blue, green, red = (operator.index(part) for part in value)
        good = all(0 <= part <= 255 for part in (blue, green, red))
    except (TypeError, ValueError):
        good = False
    if not good:
        raise UsageError(f"A colour is three whole numbers from 0 to 255, blue, green and red, not {value!r}.")
    return blue, green, red


def _own_colors(colors: Any) -> Any:
    if colors is None:
        return None
    if isinstance(colors, Mapping):
        for key in colors:
            if not isinstance(key, str):
                try:
                    operator.index(key)
                except TypeError:
                    raise UsageError(f"Colours are given by class name or class id, not by {key!r}.") from None
        return {key: _own_color(value) for key, value in colors.items()}
    try:
        parts = list(colors)
    except TypeError:
        raise UsageError(f"colors is a colour, a sequence of them or a mapping, not {colors!r}.") from None
    if len(parts) == 3 and not any(hasattr(part, "__len__") for part in parts):
        return _own_color(parts)
    return tuple(_own_color(part) for part in parts)


def _own_texts(texts: Any) -> tuple[str, ...] | None:
    if texts is None:
        return None
    if isinstance(texts, str):
        raise UsageError("caption_texts is a sequence with one text per object, not a single text.")
    try:
        parts = tuple(texts)
    except TypeError:
        parts = (None,)
    for part in parts:
        if not isinstance(part, str):
            raise UsageError(f"caption_texts is a sequence of texts, not {texts!r}.")
    return parts
