"""The rows of YOLO's label files, one an object, as COCO's records."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from maskseg_cli.datasets.field_values import from_text, is_number, numbers_in, shown, whole_number
from maskseg_cli.datasets.problems import ProblemLog

#: Coordinates so far outside of 0 to 1 are no shares of a picture.
_LEAST, _MOST = -0.5, 1.5


def is_row(line: str) -> bool:
    """Whether a line is one of YOLO's: a class number and at least four shares of the picture."""
    return isinstance(parse_row(line), tuple)


def parse_row(line: str, most: int | None = None) -> tuple[int, list[float]] | str:
    """The number of the class and (at most so many) numbers behind it, or what is wrong with the line."""
    words = line.split()
    class_id = whole_number(words[0]) if words else None
    if class_id is None or class_id < 0:
        return "it begins with no class number"
    words = words[1 : None if most is None else most + 1]
    if len(words) < 4:
        return f"it has {len(words)} numbers behind the class"
    plain = numbers_in(words)
    if plain is not None and min(plain) >= _LEAST and max(plain) <= _MOST:  # as nearly all are
        return class_id, plain
    numbers = list(map(from_text, words))
    for number in numbers:
        if not is_number(number):
            return f"{shown(number)} is no number"
        if not _LEAST <= number <= _MOST:
            return f"{shown(number)} is no share of the picture"
    return class_id, list(map(float, numbers))


def read_rows(
    text: str, size: tuple[int, int], classes: Container[int], name: str, log: ProblemLog, keypoints: bool = False
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the objects of a label file: the number of the class, and `segmentation` or `bbox` in pixels.

    Four numbers are a box (centre, width, height), six and more the corners of a polygon. One number more is a score,
    as in YOLO's predictions.

    Args:
        text: the file's content.
        size: height and width of the picture.
        classes: the numbers of classes that have a name.
        name: of the file, for messages.
        log: gets the lines that are left out.
        keypoints: behind the box are points of a pose, which are passed over.
    """
    height, width = size
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        row = parse_row(line, 4 if keypoints else None)
        if isinstance(row, str):
            log.add("yolo-line", f"{name}, line {number},", row)
            continue
        class_id, numbers = row
        if class_id not in classes:
            log.add("yolo-class", f"{name}, line {number},", class_id)
            continue
        record: dict[str, Any] = {}
        if len(numbers) % 2:
            record["score"] = numbers.pop()
        if len(numbers) == 4:
            x, y, w, h = numbers
            record["bbox"] = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
        else:
            record["segmentation"] = [[value * (height if i % 2 else width) for i, value in enumerate(numbers)]]
        yield class_id, record
