"""Annotated photos to measure with, checked once so that later code can rely on every record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from maskseg_cli.datasets.annotation_file import read_annotations
from maskseg_cli.datasets.class_matching import match_categories
from maskseg_cli.datasets.coco_categories import check_categories
from maskseg_cli.datasets.coco_document import DEFAULT_CLASS
from maskseg_cli.datasets.coco_images import ImageEntry, check_images, unique_images
from maskseg_cli.datasets.coco_records import AnnotationEntry, check_annotations
from maskseg_cli.datasets.field_values import is_number
from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.datasets.problems import Problem, ProblemLog, StrictProblemLog, summary
from maskseg_cli.errors import MasksegError
from maskseg_cli.reporter import Reporter

#: Objects of a larger area are in none of COCO's ranges.
LARGEST_AREA = 1e10


@dataclass(frozen=True)
class CocoDataset:
    """Photos and the objects that people have marked in them.

    Attributes:
        path: the annotation file.
        images: records with at least id, file_name, width and height, in the order of the file.
        annotations: records with at least id (1..), image_id, category_id, bbox, area, iscrowd (also 1 for a region
            to `ignore`) and, if `has_masks`, segmentation.
        categories: category id -> name, in the order of the file, without the background; one for each class.
        same_as: id of every category of the file -> the id in `categories` that stands for it, or None.
        unmasked: how many objects have a box but no outline.
        problems: what is wrong with the file but does not prevent measuring.
        image_ids: id of every image record of the file, as `field_values.id_of` gives it -> the id in `images`, or
            None: it is left out, because its photo is missing or broken and its record has no size, or by `select`.
    """

    path: Path
    images: tuple[dict[str, Any], ...]
    annotations: tuple[dict[str, Any], ...]
    categories: dict[int, str]
    unmasked: int
    problems: tuple[Problem, ...] = ()
    same_as: Mapping[int, int | None] = field(default_factory=dict)
    image_ids: Mapping[int | str, int | str | None] = field(default_factory=dict)

    @property
    def has_masks(self) -> bool:
        """Whether masks can be measured: every object has an outline."""
        return self.unmasked == 0

    @classmethod
    def read(
        cls,
        path: str | Path,
        folder: str | Path | None = None,
        class_name: str = DEFAULT_CLASS,
        attribute: str | None = None,
        reporter: Reporter | None = None,
        format: str | None = None,
    ) -> CocoDataset:
        """Reads and checks annotations of any known format (`annotation_formats.FORMATS`).

        Of a data set that is divided into train, val and test its part val is taken.

        The records are checked as for training. Objects without area and boxes that reach over the edge count, as in
        COCO's own evaluation.

        Args:
            folder: where the photos lie. A record without width and height gets those of its photo; None: every
                record must have them (a VIA file has none).
            class_name, attribute: of a VIA file, as `via.read_via` takes them.
            reporter: is shown the progress where there is much to read.
            format: the name of the annotations' format; None: their content shows it.

        Raises:
            MasksegError: the file cannot be read, is of none of these formats, or holds a record that cannot be
                understood; the record is named.
        """
        path = Path(path)
        log = StrictProblemLog(path)
        images = None if folder is None else Path(folder)
        document = read_annotations(
            path, log, class_name, attribute, reporter, images=images, format=format, split="val"
        )
        entries = check_images(document["images"], images, log, trust_sizes=True, reporter=reporter)
        if not entries:
            raise MasksegError(f"In {path}: there is no image.")
        if not any(entries.values()):
            raise MasksegError(f"Not one photo of {path} can be measured.\n{summary(log.problems(), path)}")
        categories = check_categories(document["categories"], document["annotations"], path, log)
        records, wanted = document["annotations"], categories.names
        checked = check_annotations(records, entries, categories, wanted, log, need_area=False, reporter=reporter)
        # Ids are given anew: pycocotools takes an object with the id 0 for never found, and merges equal ids.
        annotations = tuple(_complete(entry, number, log) for number, entry in enumerate(checked, 1))
        return cls(
            path,
            tuple(map(_with_size, unique_images(entries))),
            annotations,
            wanted,
            _count_unmasked(annotations),
            tuple(log.problems()),
            categories.same_as,
            {identity: None if entry is None else entry.record["id"] for identity, entry in entries.items()},
        )

    def require_objects(self) -> None:
        """Checks that there is something to find.

        Raises:
            MasksegError: no object is marked, or crowds alone.
        """
        if all(annotation["iscrowd"] for annotation in self.annotations):
            details = summary(self.problems, self.path)
            raise MasksegError(f"{self.path} marks no object: there is nothing to measure.", *details)

    def select(self, image_ids: Iterable[int | str]) -> CocoDataset:
        """The same data set with these photos only."""
        wanted = set(image_ids)
        images = tuple(image for image in self.images if image["id"] in wanted)
        annotations = tuple(a for a in self.annotations if a["image_id"] in wanted)
        names = {name: own if own in wanted else None for name, own in self.image_ids.items()}
        unmasked = _count_unmasked(annotations)
        return replace(self, images=images, annotations=annotations, unmasked=unmasked, image_ids=names)

    def match_classes(self, class_names: Sequence[str]) -> dict[int, int]:
        """Which category each of a network's classes is, by name in either spelling.

        Returns:
            class index -> category id, for the classes that both have; the first of several categories that are one
            class to this network (see `merge_classes`).

        Raises:
            MasksegError: the network has none of the categories.
        """
        matches: dict[int, int] = {}
        for category, index in match_categories(self.categories, class_names, self.path).items():
            matches.setdefault(index, category)
        return matches

    def merge_classes(self, class_names: Sequence[str]) -> CocoDataset:
        """The same data set with one category for all that are one class to a network, as training takes them.

        Raises:
            MasksegError: the network has none of the categories.
        """
        first = self.match_classes(class_names)
        matches = match_categories(self.categories, class_names, self.path)
        kept = {one: first[matches[one]] if one in matches else one for one in self.categories}
        if all(one == other for one, other in kept.items()):
            return self
        log = ProblemLog()
        for one, other in kept.items():
            if one != other:
                log.add("one-class", f"{self.categories[other]!r} and {self.categories[one]!r}")
        return replace(
            self,
            annotations=tuple({**each, "category_id": kept[each["category_id"]]} for each in self.annotations),
            categories={one: name for one, name in self.categories.items() if kept[one] == one},
            problems=(*self.problems, *log.problems()),
            same_as={one: None if kind is None else kept[kind] for one, kind in self.same_as.items()},
        )


def _with_size(entry: ImageEntry) -> dict[str, Any]:
    size = {"width": entry.width, "height": entry.height}
    return entry.record if entry.record.items() >= size.items() else {**entry.record, **size}


def _complete(entry: AnnotationEntry, number: int, log: ProblemLog) -> dict[str, Any]:
    """The record with its outline as RLE, and with the box and the area where the file leaves them out."""
    own = {"id": number, "image_id": entry.image.record["id"], "category_id": entry.category}
    annotation: dict[str, Any] = {**entry.record, **own, "iscrowd": int(entry.crowd)}
    height, width = entry.image.height, entry.image.width
    rle = None if entry.outline is None else to_rle(entry.outline, height, width)
    annotation["segmentation"] = rle if rle is not None else []
    annotation["bbox"] = list(entry.box) if entry.box is not None else coco_mask.toBbox(rle).tolist()
    area = annotation.get("area")
    if not is_number(area) or not 0 <= area <= LARGEST_AREA:
        if area is not None:
            log.add("area", entry.label)
        box = annotation["bbox"]
        annotation["area"] = box[2] * box[3] if rle is None else float(coco_mask.area(rle))
    return annotation


def _count_unmasked(annotations: Iterable[Mapping[str, Any]]) -> int:
    return sum(not annotation.get("segmentation") for annotation in annotations)
