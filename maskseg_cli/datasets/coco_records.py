"""Parsing and checking COCO annotations: the one reader for training and for evaluation.

What is wrong with a record is decided here, and worded in `problems`. The log decides what follows: a `ProblemLog`
counts the problem, and the record is left out or mended; a `StrictProblemLog` refuses a record that cannot be
understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from maskseg_cli.datasets.coco_categories import Categories
from maskseg_cli.datasets.coco_images import MANY, ImageEntry, Images
from maskseg_cli.datasets.example import SAME_BOX, box_overlap
from maskseg_cli.datasets.field_values import far_number, id_of, is_number, shown, truth, whole_number
from maskseg_cli.datasets.foreign_formats import EXPORT, explain_document
from maskseg_cli.datasets.polygons_and_rle import check_outline, has_area, outline_bounds
from maskseg_cli.datasets.problems import ProblemLog
from maskseg_cli.datasets.references import Names
from maskseg_cli.datasets.tidy_records import tidy_records
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter
from maskseg_cli.rle import rle_totals

Box = tuple[float, float, float, float]


class AnnotationEntry(NamedTuple):
    """A checked record of an object.

    Attributes:
        label: names it in messages.
        record: all fields, as the file has them; converted to pixels where the file's coordinates are others.
        image: the image that it belongs to.
        category: its category id, one of `Categories.names`.
        outline: polygons or an RLE of the image's size; None: boxed only.
        bounds: x1 y1 x2 y2 of the outline, None where there is none.
        box: COCO's x, y, width, height, finite; None: there is an outline, whose box counts.
        crowd: it marks a crowd or a region to ignore, not one object.
    """

    label: str
    record: dict[str, Any]
    image: ImageEntry
    category: int
    outline: Any
    bounds: Box | None
    box: Box | None
    crowd: bool


def check_document(document: Any, path: Path) -> dict[str, Any]:
    """Checks that the content of a file is COCO's: images, annotations and categories are lists of records.

    Raises:
        MasksegError: it is not; `path` is for this message, which names the format where it is known.
    """
    parts = ("images", "annotations", "categories")
    wrong = [part for part in parts if not isinstance(document, dict) or not _are_records(document.get(part))]
    # COCO's own files for other tasks have the same parts.
    other = not wrong and any({"segments_info", "caption"} & set(record) for record in document["annotations"][:1])
    if wrong or other:
        what = explain_document(document)
        if not what and not isinstance(document, dict):
            what = f"it holds no images and annotations; {EXPORT}"
        elif not what:
            each = ", with a record of each" if wrong[0] in document else ""
            what = f"it has no list of {wrong[0]}{each}; {EXPORT}"
        raise MasksegError(f"{path} is not a COCO annotation file: {what}.")
    found: dict[str, Any] = document
    return found


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(record, dict) for record in value)


def check_annotations(
    records: list[dict[str, Any]],
    images: Images,
    categories: Categories,
    wanted: Any,
    log: ProblemLog,
    need_area: bool,
    reporter: Reporter | None = None,
) -> Iterator[AnnotationEntry]:
    """Yields the annotations that make sense, in the order of the file; `log` notes what is wrong with others.

    Annotation ids serve messages only: they may be missing, and objects that share an id are all kept. A record that
    repeats an earlier one, whatever its id, is the same object once more and is left out: nobody draws the same outline
    twice.

    Args:
        images: as `check_images` gives them; annotations of an image with a problem are passed over.
        categories: of the file.
        wanted: a container of the category ids whose annotations are asked for.
        need_area: leave out outlines and boxes without area, which cannot be learnt. COCO's evaluation counts them.
        reporter: is shown the progress where there are many.
    """

    def size_of(record: dict[str, Any]) -> tuple[int, int] | None:
        image = images.get(identity) if (identity := id_of(record.get("image_id"))) is not None else None
        return None if image is None else (image.height, image.width)

    files = {identity: image.record["file_name"] for identity, image in images.items() if image is not None}
    tidy = tidy_records(records, size_of, label_of, log, Names.of(files, categories.names))
    seen: set[int | str] = set()
    objects: dict[Any, list[dict[str, Any]]] = {}
    all_totals = rle_totals(record.get("segmentation") for record in tidy)
    reporter = reporter if reporter is not None and len(records) >= MANY else Reporter()
    with reporter.progress(len(records), "annotation", "reading annotations") as show:
        for number, (record, totals) in enumerate(zip(tidy, all_totals, strict=True), 1):
            label = label_of(record, number)
            shares_id = _shares_id(record, seen)
            entry = _check_annotation(record, totals, images, categories, wanted, label, log, need_area)
            if entry is not None and _is_repeated(entry, objects):
                log.add("repeated-annotation", entry.label)
            else:
                if shares_id:
                    log.add("duplicate-annotation-id", label)
                if entry is not None:
                    yield entry
            if number % 1000 == 0:
                show(number)


def label_of(record: dict[str, Any], number: int) -> str:
    """The name of a record in messages: its id, or its place in the file, from 1, where it has none."""
    identity = record.get("id")
    return f"annotation {identity if id_of(identity) is not None else f'number {number}'}"


def _shares_id(record: dict[str, Any], seen: set[int | str]) -> bool:
    """Whether an earlier record has its id."""
    identity = id_of(record.get("id"))
    if identity is None or identity not in seen:
        seen.update([] if identity is None else [identity])
        return False
    return True


def _is_repeated(entry: AnnotationEntry, objects: dict[Any, list[dict[str, Any]]]) -> bool:
    """Whether an earlier record of the image says the same in all its fields but the ids."""
    same = objects.setdefault((id(entry.image), entry.category, entry.box, entry.bounds), [])
    if any(_fields(one) == _fields(entry.record) for one in same):
        return True
    same.append(entry.record)
    return False


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _IDS}


#: An image and a class may have several.
_IDS = ("id", "image_id", "category_id")


def _check_annotation(
    record: dict[str, Any],
    totals: tuple[int, int] | None,
    images: Images,
    categories: Categories,
    wanted: Any,
    label: str,
    log: ProblemLog,
    need_area: bool,
) -> AnnotationEntry | None:
    """The object, or None if it is left out, which was noted."""
    image_id, category = id_of(record.get("image_id")), whole_number(record.get("category_id"))
    if image_id is None or image_id not in images:
        log.add("unknown-image", label, _unknown(record, "image"))
        return None
    if category is None or (category not in categories.same_as and category not in categories.background):
        log.add("unknown-category", label, _unknown(record, "category"))
        return None
    kind = categories.same_as.get(category)
    if kind is None or kind not in wanted:
        log.add("background" if kind is None else "unknown-class", label if kind is None else categories.names[kind])
        return None
    image = images[image_id]
    if image is None:  # the image itself is a problem, which was noted once
        return None
    label = f"{label} of {image.record['file_name']}"
    flags = [truth(record.get(name)) for name in ("iscrowd", "ignore")]
    if None in flags:
        name = ("iscrowd", "ignore")[flags.index(None)]
        log.add("crowd", label, f"{name} {shown(record[name])}")
        return None
    if _is_empty(record, totals, image):
        log.add("object-empty", label)
        return None
    outline = _sound_outline(record, totals, image, label, log, need_area)
    bounds = None if outline is None else outline_bounds(outline)
    if outline is None and record.get("segmentation") and not _is_sound_box(record.get("bbox"), image):
        return None  # neither is of use, and the outline was noted
    box = _sound_box(record.get("bbox"), outline, bounds, image, label, log)
    if box is None and outline is None:
        return None
    if _is_outside(bounds if box is None else (box[0], box[1], box[0] + box[2], box[1] + box[3]), image):
        log.add("box-outside", label)
        return None
    return AnnotationEntry(label, record, image, kind, outline, bounds, box, any(flags))


def _unknown(record: dict[str, Any], what: str) -> str:
    """What is wrong with a record's id of an image or category that is not in the file."""
    value = record.get(f"{what}_id")
    if value is None:
        return f"has no {what}_id"
    return f"{'belongs to' if what == 'image' else 'has'} the {what} {shown(value)}, which is not there"


def _is_empty(record: dict[str, Any], totals: tuple[int, int] | None, image: ImageEntry) -> bool:
    """Whether neither an outline nor a box is given, or both are of nothing, as some programs write them."""
    outline, box = record.get("segmentation"), record.get("bbox")
    if isinstance(outline, list):
        # The first check is for speed: nearly all have a polygon.
        if outline and isinstance(outline[0], list) and len(outline[0]) >= 6:
            return False
        nothing = all(isinstance(one, list) and len(one) < 6 and all(map(is_number, one)) for one in outline)
    elif isinstance(outline, dict):
        nothing = not outline or outline.get("counts") in ([], "") or (totals is not None and totals[1] == 0)
    else:
        nothing = not outline
    return nothing and (box is None or box == [] or (is_box(box, image.height, image.width) and 0 in box[2:]))


def _is_outside(box: Box | None, image: ImageEntry) -> bool:
    """Whether a box x1 y1 x2 y2 of some area has none of it in the picture."""
    if box is None or box[2] <= box[0] or box[3] <= box[1]:
        return False
    return clip_box(box, image.height, image.width) is None


def _sound_outline(
    record: dict[str, Any],
    totals: tuple[int, int] | None,
    image: ImageEntry,
    label: str,
    log: ProblemLog,
    need_area: bool,
) -> Any:
    """The sound polygons or the RLE; None if there is no outline or it is of no use."""
    outline = record.get("segmentation")
    if not outline:
        return None
    checked = check_outline(outline, totals, image.height, image.width, need_area)
    problem = checked.problem
    if problem is not None:
        # Some programs write an empty outline beside a box: then the box is what they mean.
        if problem == "outline-empty" and not _is_sound_box(record.get("bbox"), image):
            problem = "outline"
        log.add(problem, label, checked.value)
    return checked.outline


def _is_sound_box(box: Any, image: ImageEntry) -> bool:
    return is_box(box, image.height, image.width) and box[2] > 0 and box[3] > 0


def _sound_box(
    given: Any, outline: Any, bounds: Box | None, image: ImageEntry, label: str, log: ProblemLog
) -> Box | None:
    """The given box if it is to be used; None if the outline's counts, or if there is neither."""
    outlined = bounds is not None
    if outlined and (given is None or given == []):
        return None
    if not is_box(given, image.height, image.width):
        log.add("box-broken" if outlined else "box", label, shown(given))
        return None
    x, y, width, height = given
    if width == 0 or height == 0:  # filled in beside an outline by a program that computes no boxes
        return None
    elif bounds is not None and bounds[2] > bounds[0] and bounds[3] > bounds[1]:
        box, own = (clip_box(one, image.height, image.width) for one in ((x, y, x + width, y + height), bounds))
        differs = own is not None and (box is None or box_overlap(box, own) < SAME_BOX)
        # A line beside a box is no outline to go by.
        if differs and (isinstance(outline, dict) or any(map(has_area, outline))):
            log.add("box-differs", label, shown(given))
            return None
    return x, y, width, height


def clip_box(box: Box, height: int, width: int) -> Box | None:
    """The part of a box x1 y1 x2 y2 inside a picture; None if there is none."""
    x1, y1 = max(0.0, box[0]), max(0.0, box[1])
    x2, y2 = min(float(width), box[2]), min(float(height), box[3])
    return (x1, y1, x2, y2) if x2 > x1 and y2 > y1 else None


def is_box(box: Any, height: int, width: int) -> bool:
    """Whether this is COCO's [x, y, width, height]: numbers not far outside the picture, no size below 0."""
    if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
        return False
    return far_number(box, height, width) is None and box[2] >= 0 and box[3] >= 0
