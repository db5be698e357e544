"""The shapes in CVAT's XML files: polygons, masks, ellipses and boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from maskseg_cli.datasets.field_values import from_text, is_number, numbers_in, shown, whole_number
from maskseg_cli.datasets.outline_shapes import BROKEN, MOST_PIXELS, ellipse, joined, rotated_box
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.detections import MaskCrop

#: Elements that have an outline or a box, and those that have none.
WITH_AREA = ("polygon", "mask", "ellipse", "box")
WITHOUT_AREA = ("polyline", "points", "cuboid", "skeleton")


@dataclass
class CvatObject:
    """An object of one picture: a shape, or several of one label and group.

    Attributes:
        label: its class.
        polygons: x1, y1, x2, y2 ... of each.
        masks: the other parts of its outline.
        box: x, y, width, height, for a `box`, which has no outline; a text for a broken one.
        broken: a shape of it cannot be read.
    """

    label: str
    polygons: list[list[float]] = field(default_factory=list)
    masks: list[MaskCrop] = field(default_factory=list)
    box: list[float] | str | None = None
    broken: bool = False

    def record(self, size: tuple[int, int] | None) -> dict[str, Any]:
        """COCO's `segmentation` or `bbox`; `size` is the picture's height and width, None where it is unknown."""
        if self.box is not None:
            return {"bbox": self.box}
        return {"segmentation": BROKEN if self.broken else joined(self.polygons, self.masks, size)}


def read_objects(shapes: Iterable[tuple[str | None, Element]], name: str, log: ProblemLog) -> list[CvatObject]:
    """The objects of one picture, in the order of the first shape of each.

    Shapes of one label and one `group_id` are one object, but for boxes, as in CVAT's own export to COCO.

    Args:
        shapes: a label, and an element of `WITH_AREA` or `WITHOUT_AREA`; other elements are passed over.
        name: of the picture, for messages.
        log: gets what is left out.
    """
    objects: dict[Any, CvatObject] = {}
    for place, (label, shape) in enumerate(shapes):
        if shape.tag in WITHOUT_AREA:
            log.add("shape-kind", f"{name} ({shape.tag})")
        elif shape.tag in WITH_AREA:
            if label is None or not label.strip():
                log.add("no-class", name)
                continue
            group = shape.get("group_id", "0")
            alone = group.strip() in ("", "0") or shape.tag == "box"
            key = place if alone else (label, group)
            _add(shape, objects.setdefault(key, CvatObject(label.strip())))
    return list(objects.values())


def _add(shape: Element, to: CvatObject) -> None:
    try:
        if shape.tag == "polygon":
            to.polygons.append(_polygon(shape.get("points", "")))
        elif shape.tag == "mask":
            to.masks.append(_mask(shape))
        elif shape.tag == "ellipse":
            cx, cy, rx, ry = (_number(shape, key) for key in ("cx", "cy", "rx", "ry"))
            to.polygons.append(ellipse(cx, cy, rx, ry, _angle(shape)))
        else:
            left, top, right, bottom = (_number(shape, key) for key in ("xtl", "ytl", "xbr", "ybr"))
            corners = rotated_box(left, top, right, bottom, _angle(shape))
            x1, y1, x2, y2 = min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2])
            to.box = [x1, y1, x2 - x1, y2 - y1]
    except (ValueError, OverflowError):
        if shape.tag == "box":
            to.box = BROKEN
        to.broken = True


def _number(shape: Element, key: str, otherwise: str = "") -> float:
    value = from_text(shape.get(key, otherwise))
    if not is_number(value):
        raise ValueError(f"{key} is {shown(value)}")
    return float(value)


def _angle(shape: Element) -> float:
    """`rotation` is in degrees, clockwise."""
    return math.radians(_number(shape, "rotation", "0"))


def _polygon(points: str) -> list[float]:
    numbers = numbers_in(points.replace(";", ",").split(","))
    if numbers is None or any(point.count(",") != 1 for point in points.split(";")):
        raise ValueError("points are x1,y1;x2,y2 ...")
    return numbers


def _mask(shape: Element) -> MaskCrop:
    """`rle` has the lengths of runs of 0 and 1 in turn, 0 first, along the rows of the mask's box."""
    left, top, width, height = (whole_number(shape.get(key)) for key in ("left", "top", "width", "height"))
    counts = [-1 if (count := whole_number(text)) is None else count for text in shape.get("rle", "").split(",")]
    if left is None or top is None or width is None or height is None or min(left, top) < 0 or min(width, height) < 1:
        raise ValueError("a mask has left, top, width and height")
    if width * height > MOST_PIXELS or min(counts) < 0 or sum(counts) != width * height:
        raise ValueError("run lengths that do not add up")
    ones = np.arange(len(counts)) % 2 == 1
    return MaskCrop(top, left, np.repeat(ones, np.array(counts, np.int64)).reshape(height, width))
