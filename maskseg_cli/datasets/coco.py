"""Training pictures from COCO annotations: polygons, RLE, crowds, partial annotation, pseudo-labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.annotated_images import AnnotatedImages, ImageRecord, ObjectRecord
from maskseg_cli.datasets.class_matching import match_categories
from maskseg_cli.datasets.coco_categories import Categories, check_categories
from maskseg_cli.datasets.coco_images import check_images, unique_images
from maskseg_cli.datasets.coco_records import AnnotationEntry, Box, check_annotations, check_document, clip_box, is_box
from maskseg_cli.datasets.field_values import is_number, shown, whole_number
from maskseg_cli.datasets.json_file import read_json
from maskseg_cli.datasets.problems import ProblemLog, refuse, summary
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter

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
    class_names: Sequence[str] | Callable[[list[str]], Sequence[str] | None] | None,
    strict: bool,
    log: ProblemLog,
    reporter: Reporter | None = None,
    trust_sizes: bool = False,
) -> AnnotatedImages:
    """Checks annotations in COCO's format that have been read, as `read_coco` does.

    Args:
        document: its images, annotations and categories are lists of records.
        path: the annotation file, for messages.
        class_names: as `read_coco` takes them, or a function that gives them for the names of the file's classes.
        log: holds the problems that were found in reading the file, and gets the others.
        reporter: is shown the progress.
        trust_sizes: open the photo of a record without a size only; the others may be missing.
    """
    categories = check_categories(document["categories"], document["annotations"], path, log)
    if callable(class_names):
        class_names = class_names(list(categories.names.values()))
    names, class_of = _number_classes(categories, class_names, path)
    category_ids = [0] * len(names)
    for category, class_id in reversed(class_of.items()):
        category_ids[class_id] = category
    covered = frozenset(class_of.values()) if len(set(class_of.values())) < len(names) - 1 else None
    entries = check_images(document["images"], Path(folder), log, trust_sizes, reporter)
    images = {
        id(entry): ImageRecord(
            entry.record["id"],
            entry.path,
            entry.height,
            entry.width,
            _complete_classes(entry.record, categories, class_of, covered),
            entry.record["file_name"],
        )
        for entry in unique_images(entries)
        if entry.path is not None
    }
    annotations = document["annotations"]
    for annotation in check_annotations(
        annotations, entries, categories, class_of, log, need_area=True, reporter=reporter
    ):
        image = images[id(annotation.image)]
        found = _object_record(annotation, class_of[annotation.category], image, log)
        if found is not None:
            image.objects.append(found)
    if not any(image.objects for image in images.values()):
        log.add("no-objects")
    problems = log.problems()
    if strict:
        refuse(problems, path)
    if not images:
        raise MasksegError(f"{path} gives no picture that can be used; are they in {folder}?", *summary(problems, path))
    return AnnotatedImages(path, names, category_ids, list(images.values()), problems)


def _number_classes(
    categories: Categories, class_names: Sequence[str] | None, path: str | Path
) -> tuple[tuple[str, ...], dict[int, int]]:
    """Class names, and category id -> class index."""
    if class_names is not None:
        return tuple(class_names), match_categories(categories.names, class_names, path)
    return ("background", *categories.names.values()), {one: index for index, one in enumerate(categories.names, 1)}


def _complete_classes(
    record: dict[str, Any], categories: Categories, class_of: Mapping[int, int], covered: frozenset[int] | None
) -> frozenset[int] | None:
    """The classes whose objects are all marked in an image: those of its own list, else `covered`; None: all."""
    complete = record.get("complete_classes")
    if not isinstance(complete, list):
        return covered
    kinds = {categories.same_as.get(number) for one in complete if (number := whole_number(one)) is not None}
    return frozenset(class_of[kind] for kind in kinds if kind is not None and kind in class_of)


def _object_record(
    annotation: AnnotationEntry, class_id: int, image: ImageRecord, log: ProblemLog
) -> ObjectRecord | None:
    """The object to learn; None if no part of it lies in the picture."""
    if annotation.bounds is not None and clip_box(annotation.bounds, image.height, image.width) is None:
        log.add("box-outside", annotation.label)
        return None
    box = None if annotation.box is None else _box_inside(annotation, annotation.box, image, log)
    if box is None and annotation.outline is None:
        return None
    weight, score = 1.0, annotation.record.get("score")
    if is_number(score) and 0 <= score <= 1:
        weight = float(score)
    elif score is not None:
        log.add("weight", annotation.label)
    refused = None if annotation.box is not None else _given_box(annotation.record.get("bbox"), image)
    return ObjectRecord(-class_id if annotation.crowd else class_id, annotation.outline, box, weight, refused)


def _given_box(bbox: Any, image: ImageRecord) -> Box | None:
    """The file's box of an object as x1 y1 x2 y2; None if it is not four numbers, or of no size."""
    if not is_box(bbox, image.height, image.width) or 0 in bbox[2:]:
        return None
    x, y, width, height = map(float, bbox)
    return x, y, x + width, y + height


def _box_inside(annotation: AnnotationEntry, given: Box, image: ImageRecord, log: ProblemLog) -> Box | None:
    """The given box as x1 y1 x2 y2 inside the picture; None where it is of no use."""
    box = (float(given[0]), float(given[1]), float(given[0] + given[2]), float(given[1] + given[3]))
    clipped = clip_box(box, image.height, image.width)
    if clipped is None:
        if annotation.outline is None:
            log.add("box-outside", annotation.label)
    elif max(-box[0], -box[1], box[2] - image.width, box[3] - image.height) > _EDGE:
        log.add("box-over-edge", annotation.label, shown(annotation.record.get("bbox")))
    return clipped
