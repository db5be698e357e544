"""Saying why no result fits an object: boxes that are written in another way than COCO's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from maskseg_cli.datasets.example import box_overlap

#: A box fits an object from this overlap (IoU) on.
_FITS = 0.5

#: So many results are looked at.
_MOST = 500

Corners = tuple[float, float, float, float]

#: How four numbers may be meant -> the box x1 y1 x2 y2.
_READINGS: dict[str, Callable[[float, float, float, float], Corners]] = {
    "x1, y1, x2, y2": lambda a, b, c, d: (a, b, c, d),
    "centre x, centre y, width, height": lambda a, b, c, d: (a - c / 2, b - d / 2, a + c / 2, b + d / 2),
    "y1, x1, y2, x2": lambda a, b, c, d: (b, a, d, c),
    "y, x, height, width": lambda a, b, c, d: (b, a, b + d, a + c),
}


def explain_unfit(rows: Sequence[dict[str, Any]], annotations: Sequence[dict[str, Any]]) -> str:
    """What to check if no result fits an object, as the end of a sentence.

    Args:
        rows: results, and
        annotations: objects, each with image_id and bbox as COCO has it.

    Example:
        >>> truth = [{"image_id": 1, "bbox": [10, 10, 50, 50]}]
        >>> explain_unfit([{"image_id": 1, "bbox": [10, 10, 60, 62]}], truth)
        'their boxes fit if they are read as x1, y1, x2, y2'
    """
    objects: dict[Any, list[Corners]] = {}
    for one in annotations:
        x, y, width, height = one["bbox"]
        if width > 0 and height > 0:
            objects.setdefault(one["image_id"], []).append((x, y, x + width, y + height))
    some = rows[:_MOST]
    for words, read in _READINGS.items():
        fitting = 0
        for row in some:
            box = read(*row["bbox"])
            if box[2] > box[0] and box[3] > box[1]:
                fitting += any(box_overlap(box, other) >= _FITS for other in objects.get(row["image_id"], ()))
        if 2 * fitting > len(some):
            return f"their boxes fit if they are read as {words}"
    return "are the boxes x, y, width, height in pixels, and the ids those of the annotations?"
