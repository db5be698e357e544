"""Recognizing coordinates that are not COCO's pixels, and converting them: shares of the picture, boxes as corners.

What nearly all records of a file have in common shows which coordinates it has. Where that leaves a doubt they are
taken for COCO's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from maskseg_cli.datasets.example import box_overlap
from maskseg_cli.datasets.field_values import id_of, is_number
from maskseg_cli.datasets.problems import ProblemLog

#: Finds height and width of the image that an annotation belongs to, None where it belongs to none.
SizeOf = Callable[[dict[str, Any]], tuple[int, int] | None]

#: A box that overlaps its outline's by this much (IoU) is the outline's.
_SAME = 0.95


def to_pixels(records: Sequence[dict[str, Any]], size_of: SizeOf, log: ProblemLog) -> Sequence[dict[str, Any]]:
    """The same annotations with polygons and boxes in COCO's pixels; `log` notes what was converted.

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
    if _are_corners(records, size_of):
        before, records = records, [_as_size(record) for record in records]
        for place, (old, new) in enumerate(zip(before, records, strict=True)):
            if new is not old:
                log.add("box-corners", label_of(new, place + 1))
    return records


def label_of(record: dict[str, Any], number: int) -> str:
    """The name of a record in messages: its id, or its place in the file, from 1, where it has none."""
    identity = record.get("id")
    return f"annotation {identity if id_of(identity) is not None else f'number {number}'}"


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


def _are_corners(records: Sequence[dict[str, Any]], size_of: SizeOf) -> bool:
    """Whether the boxes are x1 y1 x2 y2.

    Where there are polygons, their bounds tell. Otherwise all boxes must be possible corners, and many of them must
    reach far over the edge if they are read as COCO's.
    """
    votes = {"corners": 0, "size": 0}
    boxes = far = 0
    possible = True
    for record in records:
        box, size = record.get("bbox"), size_of(record)
        if size is None or not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)) or not any(box):
            continue
        height, width = size
        ordered = box[2] > box[0] and box[3] > box[1]
        numbers = list(_numbers(record, "segmentation"))
        if len(numbers) >= 6 and len(numbers) % 2 == 0 and all(map(is_number, numbers)):
            bounds = min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
            if bounds[2] > bounds[0] and bounds[3] > bounds[1]:
                own = [box[0], box[1], box[0] + box[2], box[1] + box[3]]
                fits = box[2] > 0 and box[3] > 0 and box_overlap(own, bounds) >= _SAME
                if fits:
                    votes["size"] += 1
                elif ordered and box_overlap(box, bounds) >= _SAME:
                    votes["corners"] += 1
            if votes["size"] > 100 and not votes["corners"]:
                return False
        else:
            boxes += 1
            possible = possible and ordered and box[2] <= width + 1 and box[3] <= height + 1
            far += box[0] + box[2] > 1.1 * width or box[1] + box[3] > 1.1 * height
    if any(votes.values()):
        return votes["corners"] > 9 * votes["size"]
    return possible and boxes >= 3 and far >= boxes / 4


def _as_size(record: dict[str, Any]) -> dict[str, Any]:
    box = record.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)) or not any(box):
        return record
    return {**record, "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]]}
