"""Parsing and checking COCO annotations: the one reader for training and for evaluation.

What is wrong with a record is decided here, and worded in `problems`. The log decides what follows: a `ProblemLog`
counts the problem, and the record is left out or mended; a `StrictProblemLog` refuses a record that cannot be
understood.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from maskseg_cli.classes import is_background
from maskseg_cli.datasets.picture_files import SIDES, find_photo, picture_size
from maskseg_cli.datasets.polygons_and_rle import rle_problem, sound_polygons
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.errors import MasksegError
from maskseg_cli.rle import rle_totals

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """A checked record of an image.

    Attributes:
        record: all fields, as the file has them.
        path: the photo; None: it was not looked for.
        height, width: of the upright picture, in pixels.
    """

    record: dict[str, Any]
    path: Path | None
    height: int
    width: int


class AnnotationEntry(NamedTuple):
    """A checked record of an object.

    Attributes:
        label: names it in messages.
        record: all fields, as the file has them.
        image: the image that it belongs to.
        category: its category id.
        outline: polygons or an RLE of the image's size; None: boxed only.
        box: COCO's x, y, width, height, finite; None: there is an outline, whose box counts.
        crowd: it marks a crowd or a region to ignore, not one object.
    """

    label: str
    record: dict[str, Any]
    image: ImageEntry
    category: int
    outline: Any
    box: Box | None
    crowd: bool


def check_document(document: Any, path: Path) -> dict[str, Any]:
    """Checks that the content of a file is COCO's: images, annotations and categories are lists of records.

    Raises:
        MasksegError: it is not; `path` is for this message.
    """
    if not isinstance(document, dict):
        raise MasksegError(f"{path} is not a COCO annotation file: it holds no images and annotations.")
    for part in ("images", "annotations", "categories"):
        records = document.get(part)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise MasksegError(f"{path} is not a COCO annotation file: it has no list of {part}.")
    return document


def check_categories(records: list[dict[str, Any]], path: str | Path) -> dict[int, str]:
    """Category id -> name, in the order of the file.

    Raises:
        MasksegError: no category, one without a whole number and a name, or an id that occurs twice.
    """
    categories: dict[int, str] = {}
    for record in records:
        identity, name = record.get("id"), record.get("name")
        if type(identity) is not int or not isinstance(name, str):
            raise MasksegError(f"In {path}: the category {identity!r} ({name!r}) needs a whole number and a name.")
        if identity in categories:
            raise MasksegError(f"In {path}: two categories have the id {identity}.")
        categories[identity] = name
    if not categories:
        raise MasksegError(f"In {path}: there is no category.")
    return categories


def check_images(
    records: list[dict[str, Any]], folder: Path | None, log: ProblemLog, trust_sizes: bool = False
) -> dict[int | str, ImageEntry | None]:
    """Image id -> the checked image, in the order of the file; None: it has a problem, which `log` notes.

    Args:
        folder: where the photos lie; None: unknown, and every record needs a width and height.
        trust_sizes: open the photo of a record without a size only; otherwise every photo, to check its size.
    """
    images: dict[int | str, ImageEntry | None] = {}
    for record in records:
        identity, name = record.get("id"), record.get("file_name")
        label = name if isinstance(name, str) and name else f"image {identity!r}"
        if not is_id(identity):
            log.add("image-record", label, "id that is a whole number or a text")
        elif identity in images:
            log.add("duplicate-image-id", label, identity)
        elif label != name:
            log.add("image-record", label, "file_name")
            images[identity] = None
        else:
            size = _recorded_size(record) if trust_sizes or folder is None else None
            path = None
            if size is None and folder is not None:
                path = find_photo(folder, label)
                size = picture_size(path, record, log)
            elif size is None:
                log.add("image-without-size", label)
            images[identity] = None if size is None else ImageEntry(record, path, *size)
    return images


def _recorded_size(record: dict[str, Any]) -> tuple[int, int] | None:
    height, width = (record.get(side) for side in SIDES)
    return (height, width) if type(height) is type(width) is int and height > 0 and width > 0 else None


def check_annotations(
    records: list[dict[str, Any]],
    images: Mapping[int | str, ImageEntry | None],
    categories: Mapping[int, str],
    wanted: Mapping[int, Any],
    log: ProblemLog,
    need_area: bool,
) -> Iterator[AnnotationEntry]:
    """Yields the annotations that make sense, in the order of the file; `log` notes what is wrong with others.

    Annotation ids serve messages only: they may be missing, and objects that share an id are all kept. A record that
    repeats an earlier one, id included, is the same object once more and is left out.

    Args:
        images: as `check_images` gives them; annotations of an image with a problem are passed over.
        categories: of the file, id -> name.
        wanted: the category ids whose annotations are asked for.
        need_area: leave out outlines and boxes without area, which cannot be learnt. COCO's evaluation counts them.
    """
    seen: dict[int | str, dict[str, Any]] = {}
    all_totals = rle_totals(record.get("segmentation") for record in records)
    for number, (record, totals) in enumerate(zip(records, all_totals, strict=True), 1):
        identity, image_id, category = record.get("id"), record.get("image_id"), record.get("category_id")
        label = f"annotation {identity if is_id(identity) else f'number {number}'}"
        if is_id(identity) and (earlier := seen.setdefault(identity, record)) is not record:
            if earlier == record:
                log.add("repeated-annotation", label)
                continue
            log.add("duplicate-annotation-id", label)
        if not is_id(image_id) or image_id not in images:
            log.add("unknown-image", label, image_id)
        elif type(category) is not int or category not in categories:
            log.add("unknown-category", label, category)
        elif category not in wanted:
            log.add("background" if is_background(categories[category]) else "unknown-class", categories[category])
        elif (image := images[image_id]) is not None:  # otherwise the image itself is a problem, which is noted once
            label = f"{label} of {image.record['file_name']}"
            outline = _check_outline(record.get("segmentation") or None, totals, image, label, log, need_area)
            if outline is not _BROKEN:
                box = _check_box(record.get("bbox"), outline is not None, label, log, need_area)
                if box is not None or outline is not None:
                    crowd = bool(record.get("iscrowd")) or bool(record.get("ignore"))
                    yield AnnotationEntry(label, record, image, category, outline, box, crowd)


_BROKEN = object()


def _check_outline(
    outline: Any, totals: tuple[int, int] | None, image: ImageEntry, label: str, log: ProblemLog, need_area: bool
) -> Any:
    """The sound polygons or the RLE; None if there is no outline, `_BROKEN` if it is of no use."""
    if outline is None:
        return None
    if isinstance(outline, list):
        sound = sound_polygons(outline, need_area)
        if not sound:
            log.add("outline", label)
            return _BROKEN
        if len(sound) < len(outline):
            log.add("outline-part", label)
        return sound
    problem = rle_problem(outline, totals, image.height, image.width, need_area)
    if problem is not None:
        log.add(problem, label)
        return _BROKEN
    return outline


def _check_box(given: Any, outlined: bool, label: str, log: ProblemLog, need_area: bool) -> Box | None:
    """The given box if it is to be used; None if the outline's counts, or if there is neither."""
    if given is None and outlined:
        return None
    if not is_box(given):
        log.add("box-broken" if outlined else "box", label)
        return None
    x, y, width, height = given
    if width == 0 or height == 0:  # with an outline: filled in by a program that computes no boxes
        if outlined:
            return None
        if need_area:
            log.add("box", label)
            return None
    return x, y, width, height


def is_id(value: Any) -> TypeGuard[int | str]:
    """Whether this can be an id of an image or annotation: a whole number or a text."""
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def is_box(box: Any) -> bool:
    """Whether this is COCO's [x, y, width, height]: finite numbers, no size below 0."""
    if not isinstance(box, list) or len(box) != 4:
        return False
    finite = all(isinstance(number, (int, float)) and math.isfinite(number) for number in box)
    return finite and box[2] >= 0 and box[3] >= 0
