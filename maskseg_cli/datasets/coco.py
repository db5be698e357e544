"""Training pictures from COCO annotations: polygons, RLE, crowds, partial annotation, pseudo-labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotated_images import SAME_BOX, AnnotatedImages, ImageRecord, ObjectRecord
from maskseg_cli.datasets.class_matching import match_categories, object_categories
from maskseg_cli.datasets.coco_records import (
    AnnotationEntry,
    Box,
    check_annotations,
    check_categories,
    check_document,
    check_images,
)
from maskseg_cli.datasets.example import box_overlap
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.problems import ProblemLog, refuse, summary
from maskseg_cli.errors import MasksegError

#: A box may reach so many pixels over the edge before that is a problem.
_EDGE = 1.0


def read_coco(
    path: str | Path, folder: str | Path, class_names: Sequence[str] | None = None, strict: bool = False
) -> AnnotatedImages:
    """Reads and checks an annotation file in COCO's format; the pictures themselves are read later.

    Beside COCO's own fields it understands `complete_classes` of an image (category ids whose objects are all
    marked; says nothing about the others), and `score` (a pseudo-label's weight) and `ignore` of an annotation. An
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
    document = check_document(read_json(Path(path)), Path(path))
    return from_document(document, path, folder, class_names, strict, ProblemLog())


def from_document(
    document: Mapping[str, Any],
    path: str | Path,
    folder: str | Path,
    class_names: Sequence[str] | None,
    strict: bool,
    log: ProblemLog,
) -> AnnotatedImages:
    """Checks annotations in COCO's format that have been read, as `read_coco` does.

    Args:
        document: its images, annotations and categories are lists of records.
        path: the annotation file, for messages.
        log: holds the problems that were found in reading the file, and gets the others.
    """
    categories = check_categories(document["categories"], path)
    names, class_of = _number_classes(categories, class_names, path)
    category_ids = [0] * len(names)
    for category, class_id in reversed(class_of.items()):
        category_ids[class_id] = category
    covered = frozenset(class_of.values()) if len(set(class_of.values())) < len(names) - 1 else None
    entries = check_images(document["images"], Path(folder), log)
    images = {
        identity: ImageRecord(
            identity, entry.path, entry.height, entry.width, _complete_classes(entry.record, class_of, covered)
        )
        for identity, entry in entries.items()
        if entry is not None and entry.path is not None
    }
    for annotation in check_annotations(document["annotations"], entries, categories, class_of, log, need_area=True):
        image = images[annotation.record["image_id"]]
        found = _object_record(annotation, class_of[annotation.category], image, log)
        if found is not None:
            image.objects.append(found)
    if not any(image.objects for image in images.values()):
        log.add("no-objects")
    problems = log.problems()
    if strict:
        refuse(problems, path)
    if not images:
        details = f"\n{summary(problems, path)}" if problems else ""
        raise MasksegError(f"{path} gives no picture to train on; are they in {folder}?{details}")
    return AnnotatedImages(path, names, category_ids, list(images.values()), problems)


def _number_classes(
    categories: dict[int, str], class_names: Sequence[str] | None, path: str | Path
) -> tuple[tuple[str, ...], dict[int, int]]:
    """Class names, and category id -> class index."""
    objects = object_categories(categories)
    if class_names is not None:
        return tuple(class_names), match_categories(objects, class_names, path)
    # Categories of one name are one class.
    names = ("background", *dict.fromkeys(objects.values()))
    return names, {category: names.index(name, 1) for category, name in objects.items()}


def _complete_classes(
    record: dict[str, Any], class_of: Mapping[int, int], covered: frozenset[int] | None
) -> frozenset[int] | None:
    """The classes whose objects are all marked in an image: those of its own list, else `covered`; None: all."""
    complete = record.get("complete_classes")
    if not isinstance(complete, list):
        return covered
    return frozenset(class_of[category] for category in complete if category in class_of)


def _object_record(
    annotation: AnnotationEntry, class_id: int, image: ImageRecord, log: ProblemLog
) -> ObjectRecord | None:
    """The object to learn; None if no part of it lies in the picture."""
    outline, bounds = annotation.outline, None
    if isinstance(outline, list):
        xs, ys = ([number for polygon in outline for number in polygon[axis::2]] for axis in (0, 1))
        bounds = min(xs), min(ys), max(xs), max(ys)
        if _clip(bounds, image) is None:
            log.add("box-outside", annotation.label)
            return None
    box = None if annotation.box is None else _box_inside(annotation, annotation.box, bounds, image, log)
    if box is None and outline is None:
        return None
    score = annotation.record.get("score")
    weight = float(score) if isinstance(score, (int, float)) and math.isfinite(score) else 1.0
    return ObjectRecord(-class_id if annotation.crowd else class_id, outline, box, weight)


def _box_inside(
    annotation: AnnotationEntry, given: Box, bounds: Box | None, image: ImageRecord, log: ProblemLog
) -> Box | None:
    """The given box as x1 y1 x2 y2 inside the picture; None where it is of no use."""
    box = (float(given[0]), float(given[1]), float(given[0] + given[2]), float(given[1] + given[3]))
    clipped = _clip(box, image)
    if clipped is None:
        log.add("box-outside" if annotation.outline is None else "box-differs", annotation.label)
    elif bounds is not None and box_overlap(clipped, _clip(bounds, image) or bounds) < SAME_BOX:
        log.add("box-differs", annotation.label)
        return None
    elif max(-box[0], -box[1], box[2] - image.width, box[3] - image.height) > _EDGE:
        log.add("box-over-edge", annotation.label)
    return clipped


def _clip(box: Box, image: ImageRecord) -> Box | None:
    """The part of a box inside the picture; None if there is none."""
    x1, y1 = max(0.0, box[0]), max(0.0, box[1])
    x2, y2 = min(float(image.width), box[2]), min(float(image.height), box[3])
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None
