"""Colours of objects. The same input gives the same colours, on every run and every machine."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from maskseg_cli.classes import canonical_name
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.drawing.palettes import VIVID, palette_color
from maskseg_cli.errors import UsageError

#: Colour of objects without an identity from the tracker (a negative id).
UNTRACKED: Color = (190, 190, 190)

_BLACK: Color = (0, 0, 0)
_WHITE: Color = (255, 255, 255)
_GOLDEN_RATIO = 0.6180339887498949
#: Chosen by trial: of COCO's 80 classes, those that are often in one photo (person, car, dog ...) get distant hues.
_SHUFFLE_SEED = 15184
#: Saturation and value, used in turn, so that two colours of nearly the same hue still differ.
_TONES = ((0.88, 1.0), (0.55, 1.0), (0.95, 0.80))


def object_colors(detections: Detections, options: DrawingOptions) -> list[Color]:
    """Determines the colour of each object.

    Args:
        detections: N objects.
        options: `color_by`, `colors` and `palette` decide.

    Returns:
        N times (blue, green, red).

    Raises:
        UsageError: the number of given colours differs from that of the objects, or a given class is unknown.
    """
    given = options.colors
    if given is None:
        return _own_colors(detections, options)
    if isinstance(given, Mapping):
        wanted = _by_class(given, detections.class_names)
        own_colors = _own_colors(detections, options)
        objects = zip(detections.names, detections.class_id.tolist(), own_colors, strict=True)
        return [wanted.get(canonical_name(name), wanted.get(number, own)) for name, number, own in objects]
    if len(given) == 3 and isinstance(given[0], int):
        return [given] * len(detections)  # type: ignore[list-item]
    if len(given) != len(detections):
        raise UsageError(f"colors has {len(given)} colours for {len(detections)} objects; give one per object.")
    return list(given)  # type: ignore[arg-type]


def _own_colors(detections: Detections, options: DrawingOptions) -> list[Color]:
    if options.color_by == "class":
        numbers = detections.class_id.tolist()
        if options.palette != VIVID:
            return [palette_color(options.palette, max(0, number - 1)) for number in numbers]
        return [class_color(number, len(detections.class_names) - 1) for number in numbers]
    numbers = list(range(len(detections))) if detections.tracker_id is None else detections.tracker_id.tolist()
    return [instance_color(number, options.palette) for number in numbers]


def _by_class(given: Mapping[str | int, Color], class_names: tuple[str, ...]) -> dict[str | int, Color]:
    """The given colours by class id and canonical name, so that `motorbike` colours a `motorcycle`."""
    known = {canonical_name(name) for name in class_names}
    wanted: dict[str | int, Color] = {}
    for key, color in given.items():
        if isinstance(key, str):
            if known and canonical_name(key) not in known:
                raise UsageError(f"A colour is given for the class {key!r}, which this model does not know.")
            key = canonical_name(key)
        wanted[key] = color
    return wanted


def instance_color(number: int, palette: str = VIVID) -> Color:
    """The colour of the n-th object or identity; negative: `UNTRACKED`.

    In the usual palette each number turns the hue by the golden ratio, so that numbers near to each other have very
    different hues.

    Example:
        >>> instance_color(0) == instance_color(1)
        False
    """
    if number < 0:
        return UNTRACKED
    if palette != VIVID:
        return palette_color(palette, number)
    # After eight steps of the golden ratio the hues nearly repeat: saturation and value change then.
    return _hsv(number * _GOLDEN_RATIO % 1.0, *_TONES[number // 8 % len(_TONES)])


def class_color(class_id: int, class_count: int = 0) -> Color:
    """The colour of a class: evenly spaced hues, shuffled with a fixed seed.

    Args:
        class_id: 1.. for objects; ids beyond the count repeat the colours from the first one.
        class_count: number of the model's classes without the background; 0: unknown, 80 as in COCO.
    """
    palette = class_palette(class_count if class_count > 0 else 80)
    return palette[(class_id - 1) % len(palette)]


@lru_cache(maxsize=16)
def class_palette(count: int) -> tuple[Color, ...]:
    """`count` colours of evenly spaced hues in shuffled order.

    NumPy never changes RandomState's sequence of numbers, so that the order is the same with any version.
    """
    order = np.random.RandomState(_SHUFFLE_SEED).permutation(count).tolist()
    return tuple(_hsv(step / count, *_TONES[step % len(_TONES)]) for step in order)


def text_color(background: Color) -> Color:
    """Black or white, whichever contrasts more with the background (WCAG 2.1, relative luminance)."""
    blue, green, red = (_linear(part / 255) for part in background)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return _BLACK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else _WHITE


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _hsv(hue: float, saturation: float, value: float) -> Color:
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
    return blue, green, red
