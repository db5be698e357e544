"""Recognizing coordinates that are not COCO's pixels, and converting them: shares of the picture, boxes as corners.

What nearly all records of a file have in common shows which coordinates it has. Where that leaves a doubt they are
taken for COCO's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeGuard

from maskseg_cli.datasets.example import SAME_BOX, box_overlap
from maskseg_cli.datasets.field_values import is_number
from maskseg_cli.datasets.polygons_and_rle import outline_bounds
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.rle import rle_totals

#: Finds height and width of the image that an annotation belongs to, None where it belongs to none.
SizeOf = Callable[[dict[str, Any]], tuple[int, int] | None]

#: A record and its place in the file, from 1 -> its name in messages.
Label = Callable[[dict[str, Any], int], str]

#: A box that overlaps its outline's by this much (IoU), and by so much more than if it is read in the other way, tells
#: how boxes are written: those of a network do not fit its masks exactly.
_FITS, _BETTER = 0.7, 0.15


def to_pixels(
    records: Sequence[dict[str, Any]], size_of: SizeOf, label_of: Label, log: ProblemLog
) -> Sequence[dict[str, Any]]:
    """The same annotations or results with polygons and boxes in COCO's pixels; `log` notes what was converted.

    Args:
        records: with polygons as `as_polygons` leaves them. They are not changed.
    """
    for key, part in (("segmentation", "outline"), ("bbox", "box")):
        shares, are_the_rule = _shares(records, key)
        for place in shares:
            log.add(f"{part}-shares" if are_the_rule else f"{part}-corner", label_of(records[place], place + 1))
        if are_the_rule:
            changed = list(records)
            for place in shares:
                changed[place] = _scaled(changed[place], key, size_of(changed[place]))
            records = changed
    for place in _percents(records, size_of):
        log.add("percent", label_of(records[place], place + 1))
    are_corners, doubtful = _are_corners(records, size_of)
    for place in doubtful:
        log.add("box-far", label_of(records[place], place + 1))
    if are_corners:
        before, records = records, [_as_size(record) for record in records]
        for place, (old, new) in enumerate(zip(before, records, strict=True)):
            if new is not old:
                log.add("box-corners", label_of(new, place + 1))
    return records


def _numbers(record: dict[str, Any], key: str) -> Iterable[Any]:
    value = record.get(key)
    if key == "bbox":
        return value if isinstance(value, list) else ()
    polygons = value if isinstance(value, list) else ()
    return (number for polygon in polygons if isinstance(polygon, list) for number in polygon)


def _shares(records: Sequence[dict[str, Any]], key: str) -> tuple[list[int], bool]:
    """Places of the records whose coordinates may be from 0 to 1, and whether that is the rule in the file.

    It is the rule where less than one record of ten has others, as an outline over the edge or a broken number.
    """
    shares: list[int] = []
    whole: list[int] = []
    others = 0
    for place, record in enumerate(records):
        fractions, empty = False, True
        for number in _numbers(record, key):
            if not is_number(number) or not -0.01 <= number <= 1.01:
                others += 1
                break
            fractions, empty = fractions or 0.01 < number < 0.99, False
        else:
            if not empty:
                (shares if fractions else whole).append(place)
    are_the_rule = len(shares) > 9 * others
    return (sorted(shares + whole) if are_the_rule else shares), are_the_rule


def _percents(records: Sequence[dict[str, Any]], size_of: SizeOf) -> list[int]:
    """Places of the records whose coordinates may be percent: none in the file is above 100, in larger pictures."""
    places = []
    for place, record in enumerate(records):
        numbers = [*_numbers(record, "segmentation"), *_numbers(record, "bbox")]
        if not all(map(is_number, numbers)) or max(numbers, default=0) > _PERCENT:
            return []
        size = size_of(record) if numbers else None
        if size is not None and min(size) < 2 * _PERCENT:
            return []
        places += [] if size is None else [place]
    return places if len(places) >= _MANY else []


#: The largest coordinate in percent, with some room for rounding; and so many objects are not there by chance.
_PERCENT, _MANY = 100.5, 10


def _scaled(record: dict[str, Any], key: str, size: tuple[int, int] | None) -> dict[str, Any]:
    value: Any = record.get(key)
    if size is None:
        return record
    height, width = size

    def pixels(numbers: Any) -> Any:
        if not isinstance(numbers, list):
            return numbers
        return [number * (height if place % 2 else width) for place, number in enumerate(numbers)]

    scaled = {**record, key: pixels(value) if key == "bbox" else list(map(pixels, value))}
    area = record.get("area")
    if is_number(area) and area <= 1:  # a share, too: it is measured anew
        del scaled["area"]
    return scaled


def _are_corners(records: Sequence[dict[str, Any]], size_of: SizeOf) -> tuple[bool, list[int]]:
    """Whether the boxes are x1 y1 x2 y2; if not, the places of those that look so.

    Where there are outlines, their bounds tell. Otherwise all boxes must be possible corners, and many of them must
    reach far over the edge if they are read as COCO's.
    """
    votes = {"corners": 0, "size": 0}
    boxes = 0
    far: list[int] = []
    possible = True
    for place, record in enumerate(records):
        box, size = record.get("bbox"), size_of(record)
        if size is None or not _is_four(box):
            continue
        height, width = size
        ordered = box[2] > box[0] and box[3] > box[1]
        bounds = _bounds(record.get("segmentation"), size)
        if bounds is not None:
            own = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
            as_size = box_overlap(own, bounds) if box[2] > 0 and box[3] > 0 else 0.0
            as_corners = box_overlap(box, bounds) if ordered else 0.0
            if max(as_size, as_corners) >= _FITS and abs(as_size - as_corners) >= _BETTER:
                votes["size" if as_size > as_corners else "corners"] += 1
            if votes["size"] > 100 and not votes["corners"]:
                return False, []
        else:
            boxes += 1
            inside = ordered and box[2] <= width + 1 and box[3] <= height + 1
            possible = possible and inside
            if inside and (box[0] + box[2] > 1.1 * width or box[1] + box[3] > 1.1 * height):
                far.append(place)
    if any(votes.values()):
        return votes["corners"] > 9 * votes["size"], []
    if possible and boxes >= 3 and len(far) >= boxes / 4:
        return True, []
    return False, far


def _bounds(outline: Any, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """x1 y1 x2 y2 round polygons or an RLE, None if it has none or they enclose nothing."""
    if isinstance(outline, dict):
        [totals] = rle_totals([outline])
        if totals is None or totals[0] != size[0] * size[1] or outline.get("size") != list(size):
            return None
    else:
        polygons = outline if isinstance(outline, list) else []
        sound = all(isinstance(one, list) and len(one) % 2 == 0 and all(map(is_number, one)) for one in polygons)
        if not sound or sum(map(len, polygons)) < 6:
            return None
    bounds = outline_bounds(outline)
    return bounds if bounds[2] > bounds[0] and bounds[3] > bounds[1] else None


def _is_four(box: Any) -> TypeGuard[list[float]]:
    return isinstance(box, list) and len(box) == 4 and all(map(is_number, box)) and any(box)


def fits_outline(record: dict[str, Any], size: tuple[int, int]) -> bool | None:
    """Whether a box in COCO's pixels is about that of its outline; None where one of them is missing."""
    box, bounds = record.get("bbox"), _bounds(record.get("segmentation"), size)
    if bounds is None or not _is_four(box):
        return None
    own = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    return box[2] > 0 and box[3] > 0 and box_overlap(own, bounds) >= SAME_BOX


def _as_size(record: dict[str, Any]) -> dict[str, Any]:
    box = record.get("bbox")
    if not _is_four(box):
        return record
    return {**record, "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
