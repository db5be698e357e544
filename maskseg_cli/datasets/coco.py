"""Training pictures from a COCO annotation file: polygons, RLE, crowds, partial annotation, pseudo-labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.classes import is_background
from maskseg_cli.datasets import problems as checks
from maskseg_cli.datasets.annotated_images import SAME_BOX, AnnotatedImages, ImageRecord, ObjectRecord
from maskseg_cli.datasets.coco_records import (
    check_categories,
    class_finder,
    find_photo,
    is_box,
    read_document,
    some_names,
)
from maskseg_cli.datasets.example import box_overlap
from maskseg_cli.datasets.polygons_and_rle import run_lengths, sound_polygon
from maskseg_cli.errors import MasksegError

#: A box may reach so many pixels over the edge before it is worth a word.
_EDGE = 1.0

Box = tuple[float, float, float, float]


def read_coco(
    path: str | Path, folder: str | Path, class_names: Sequence[str] | None = None, strict: bool = False
) -> AnnotatedImages:
    """Reads and checks an annotation file in COCO's format; the pictures themselves are read later.

    Beside COCO's own fields it understands `complete_classes` of an image (category ids whose objects are all
    marked; silent about the others), and `score` (a pseudo-label's weight) and `ignore` of an annotation. An
    annotation without `segmentation` is a box without an outline.

    Args:
        folder: where the pictures lie.
        class_names: a network's classes, background first: categories are matched by name, in either spelling.
            None: the file's categories, in its order, become the classes 1, 2, ...
        strict: refuse a file with any problem.

    Raises:
        MasksegError: no such file, no picture left, no class in common, or `strict` and a problem (all of them are
            in the message).
    """
    return from_document(read_document(Path(path)), path, folder, class_names, strict)


def from_document(
    document: dict[str, Any],
    path: str | Path,
    folder: str | Path,
    class_names: Sequence[str] | None = None,
    strict: bool = False,
) -> AnnotatedImages:
    """`read_coco` of what has been read already; `path` is for messages."""
    try:
        categories = check_categories(document["categories"])
    except MasksegError as error:
        raise MasksegError(f"In {path}: {error}") from None
    names, class_of = _number_classes(categories, class_names, path)
    category_ids = [0] * len(names)
    for category, class_id in reversed(class_of.items()):
        category_ids[class_id] = category
    log = checks.ProblemLog()
    listed = {record.get("id") for record in document["images"] if _is_id(record.get("id"))}
    covered = frozenset(class_of.values()) if len(set(class_of.values())) < len(names) - 1 else None
    images = _read_images(document["images"], Path(folder), class_of, covered, log)
    _read_objects(document["annotations"], images, listed, categories, class_of, log)
    if not any(image.objects for image in images.values()):
        log.add("no-objects")
    problems = log.problems()
    if strict:
        checks.refuse(problems, path)
    if not images:
        details = f"\n{checks.summary(problems, path)}" if problems else ""
        raise MasksegError(f"{path} gives no picture to train on; are they in {folder}?{details}")
    return AnnotatedImages(path, names, category_ids, list(images.values()), problems)


def _number_classes(
    categories: dict[int, str], class_names: Sequence[str] | None, path: str | Path
) -> tuple[tuple[str, ...], dict[int, int]]:
    """Class names, and category id -> class index."""
    objects = {category: name for category, name in categories.items() if not is_background(name)}
    if class_names is None:
        # Categories of one name are one class.
        names = ("background", *dict.fromkeys(objects.values()))
        return names, {category: names.index(name, 1) for category, name in objects.items()}
    find = class_finder(class_names)
    class_of = {category: index for category, name in objects.items() if (index := find(name)) is not None}
    if not class_of:
        raise MasksegError(
            f"The network and {path} have no class in common: one has {some_names(class_names[1:])}, the other "
            f"{some_names(list(categories.values()))}."
        )
    return tuple(class_names), class_of


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _read_images(
    records: list[dict[str, Any]],
    folder: Path,
    class_of: dict[int, int],
    covered: frozenset[int] | None,
    log: checks.ProblemLog,
) -> dict[int | str, ImageRecord]:
    images: dict[int | str, ImageRecord] = {}
    seen = set()
    for record in records:
        identity: Any = record.get("id")
        name = record.get("file_name")
        if not _is_id(identity) or not isinstance(name, str) or not name:
            log.add("image-record", name if isinstance(name, str) else identity)
        elif identity in seen:
            log.add("duplicate-image-id", name)
        else:
            seen.add(identity)
            size = _picture_size(find_photo(folder, name), record, log)
            if size is not None:
                complete = record.get("complete_classes")
                if isinstance(complete, list):
                    marked: frozenset[int] | None = frozenset(class_of[c] for c in complete if c in class_of)
                else:
                    marked = covered
                images[identity] = ImageRecord(identity, find_photo(folder, name), *size, marked)
    return images


def _picture_size(path: Path, record: dict[str, Any], log: checks.ProblemLog) -> tuple[int, int] | None:
    """Height and width of a picture file as its header says; None if it is unfit."""
    try:
        header = checks.probe_image(path)
    except FileNotFoundError:
        log.add("missing-image", record["file_name"])
        return None
    except OSError:
        header = None
    if header is None or not header.complete or not header.width or not header.height:
        log.add("unreadable-image", record["file_name"])
        return None
    height, width = checks.upright_size(header)
    said = record.get("height", height), record.get("width", width)
    if said != (height, width):
        log.add("image-size", f"{record['file_name']} ({width} x {height}, not {said[1]} x {said[0]})")
        return None
    return height, width


def _read_objects(
    records: list[dict[str, Any]],
    images: dict[int | str, ImageRecord],
    listed: set[Any],
    categories: dict[int, str],
    class_of: dict[int, int],
    log: checks.ProblemLog,
) -> None:
    """Adds every sound annotation to its image."""
    seen = set()
    for number, record in enumerate(records, 1):
        identity = record.get("id")
        label = f"annotation {identity if _is_id(identity) else f'number {number}'}"
        if _is_id(identity):
            if identity in seen:
                log.add("duplicate-annotation-id", label)
                continue
            seen.add(identity)
        image_id, category = record.get("image_id"), record.get("category_id")
        if not _is_id(image_id) or image_id not in listed:
            log.add("unknown-image", label)
        elif not isinstance(category, int) or category not in categories:
            log.add("unknown-category", label)
        elif category not in class_of:
            log.add("unknown-class", categories[category])
        elif image_id in images:  # otherwise the image itself is a problem, which is said once
            image = images[image_id]
            found = _read_object(record, class_of[category], image, f"{label} of {image.path.name}", log)
            if found is not None:
                image.objects.append(found)


def _read_object(
    record: dict[str, Any], class_id: int, image: ImageRecord, label: str, log: checks.ProblemLog
) -> ObjectRecord | None:
    outline = record.get("segmentation") or None
    bounds: Box | None = None
    if isinstance(outline, list):
        sound = [polygon for polygon in outline if sound_polygon(polygon)]
        if sound and len(sound) < len(outline):
            log.add("outline-part", label)
        if not sound:
            log.add("outline", label)
            return None
        outline = sound
        xs, ys = ([number for polygon in sound for number in polygon[axis::2]] for axis in (0, 1))
        bounds = min(xs), min(ys), max(xs), max(ys)
        if _clip(bounds, image) is None:
            log.add("box-outside", label)
            return None
    elif outline is not None:
        kind = _rle_problem(outline, image)
        if kind is not None:
            log.add(kind, label)
            return None
    box = _read_box(record.get("bbox"), outline is not None, bounds, image, label, log)
    if box is None and outline is None:
        return None
    score = record.get("score")
    weight = float(score) if isinstance(score, (int, float)) and math.isfinite(score) else 1.0
    ignored = bool(record.get("iscrowd")) or bool(record.get("ignore"))
    return ObjectRecord(-class_id if ignored else class_id, outline, box, weight)


def _read_box(
    given: Any, outlined: bool, bounds: Box | None, image: ImageRecord, label: str, log: checks.ProblemLog
) -> Box | None:
    """A given box as x1 y1 x2 y2 inside the picture; None where there is none to go by."""
    sound = is_box(given) and all(math.isfinite(number) for number in given) and given[2] > 0 and given[3] > 0
    if not sound:
        if not outlined:
            log.add("box", label)
        return None
    box = (float(given[0]), float(given[1]), float(given[0] + given[2]), float(given[1] + given[3]))
    clipped = _clip(box, image)
    if clipped is None:
        log.add("box-differs" if outlined else "box-outside", label)
    elif bounds is not None and box_overlap(clipped, _clip(bounds, image) or bounds) < SAME_BOX:
        log.add("box-differs", label)
        return None
    elif max(-box[0], -box[1], box[2] - image.width, box[3] - image.height) > _EDGE:
        log.add("box-over-edge", label)
    return clipped


def _clip(box: Box, image: ImageRecord) -> Box | None:
    """The part of a box inside the picture; None if there is none."""
    x1, x2 = max(0.0, box[0]), min(float(image.width), box[2])
    y1, y2 = max(0.0, box[1]), min(float(image.height), box[3])
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None


def _rle_problem(outline: Any, image: ImageRecord) -> str | None:
    """The kind of problem that an RLE has, or None."""
    try:
        if list(outline["size"]) != [image.height, image.width]:
            return "outline-size"
        counts = run_lengths(outline)
    except (KeyError, TypeError, ValueError, AttributeError, UnicodeEncodeError):
        return "outline"
    return None if sum(counts) == image.height * image.width and sum(counts[1::2]) > 0 else "outline"
