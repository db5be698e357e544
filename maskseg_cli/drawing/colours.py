"""Which object has which colour. The same input gives the same colours, on every run and every machine."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from maskseg_cli.classes import canonical_name
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.errors import UsageError

#: Objects that a tracker has not given an identity (its id is negative).
UNTRACKED: Color = (190, 190, 190)

_BLACK: Color = (0, 0, 0)
_WHITE: Color = (255, 255, 255)
_GOLDEN_RATIO = 0.6180339887498949
#: Found by trying: with 80 classes, those that meet in most photos (person, car, dog ...) get distant hues.
_SHUFFLE_SEED = 15184
#: Saturation and value by turns, so that two colours of nearly the same hue still differ.
_TONES = ((0.88, 1.0), (0.55, 1.0), (0.95, 0.80))


def object_colors(detections: Detections, options: DrawingOptions) -> list[Color]:
    """The colour of each object.

    Args:
        detections: N objects.
        options: `color_by` and `colors` decide.

    Returns:
        N times (blue, green, red).

    Raises:
        UsageError: not one given colour per object, or a given class that the detections do not know.
    """
    given = options.colors
    if given is None:
        return _own_colors(detections, options.color_by)
    if isinstance(given, Mapping):
        wanted = _by_class(given, detections.class_names)
        own_colors = _own_colors(detections, options.color_by)
        objects = zip(detections.names, detections.class_id.tolist(), own_colors, strict=True)
        return [wanted.get(canonical_name(name), wanted.get(number, own)) for name, number, own in objects]
    if len(given) == 3 and isinstance(given[0], int):
        return [given] * len(detections)  # type: ignore[list-item]
    if len(given) != len(detections):
        raise UsageError(f"colors has {len(given)} colours for {len(detections)} objects; give one per object.")
    return list(given)  # type: ignore[arg-type]


def _own_colors(detections: Detections, color_by: str) -> list[Color]:
    if color_by == "class":
        count = len(detections.class_names) - 1
        return [class_color(number, count) for number in detections.class_id.tolist()]
    if detections.tracker_id is not None:
        return [instance_color(number) for number in detections.tracker_id.tolist()]
    return [instance_color(number) for number in range(len(detections))]


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


def instance_color(number: int) -> Color:
    """The colour of the n-th object or identity; negative: `UNTRACKED`.

    Steps of the golden ratio around the circle of hues keep numbers near to each other far apart in hue.

    Example:
        >>> instance_color(0) == instance_color(1)
        False
    """
    if number < 0:
        return UNTRACKED
    # Eight steps of the golden ratio nearly close the circle; the tone changes then.
    return _hsv(number * _GOLDEN_RATIO % 1.0, *_TONES[number // 8 % len(_TONES)])


def class_color(class_id: int, class_count: int = 0) -> Color:
    """The colour of a class: evenly spaced hues, shuffled with a fixed seed.

    Args:
        class_id: 1.. for objects; ids beyond the count take the colours again from the first.
        class_count: how many classes the model knows, without the background; 0: unknown, 80 as in COCO.
    """
    palette = class_palette(class_count if class_count > 0 else 80)
    return palette[(class_id - 1) % len(palette)]


@lru_cache(maxsize=16)
def class_palette(count: int) -> tuple[Color, ...]:
    """`count` colours of evenly spaced hues in shuffled order.

    RandomState's stream of numbers is frozen by numpy, so that the order is the same with any version.
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
