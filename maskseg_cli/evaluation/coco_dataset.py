"""Annotated photos to measure with, checked once so that later code can rely on every record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from maskseg_cli.datasets.annotation_file import read_annotations
from maskseg_cli.datasets.class_matching import match_categories, object_categories
from maskseg_cli.datasets.coco_records import (
    AnnotationEntry,
    ImageEntry,
    check_annotations,
    check_categories,
    check_images,
)
from maskseg_cli.datasets.polygons_and_rle import to_rle
from maskseg_cli.datasets.problems import Problem, StrictProblemLog
from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class CocoDataset:
    """Photos and the objects that people have marked in them.

    Attributes:
        path: the annotation file.
        images: records with at least id, file_name, width and height, in the order of the file.
        annotations: records with at least id (1..), image_id, category_id, bbox, area, iscrowd (also 1 for a region
            to `ignore`) and, if `has_masks`, segmentation.
        categories: category id -> name, in the order of the file, without the background.
        unmasked: how many objects have a box but no outline.
        problems: what is wrong with the file but does not prevent measuring.
    """

    path: Path
    images: tuple[dict[str, Any], ...]
    annotations: tuple[dict[str, Any], ...]
    categories: dict[int, str]
    unmasked: int
    problems: tuple[Problem, ...] = ()

    @property
    def has_masks(self) -> bool:
        """Whether masks can be measured: every object has an outline."""
        return self.unmasked == 0

    @classmethod
    def read(
        cls,
        path: str | Path,
        folder: str | Path | None = None,
        class_name: str = "object",
        attribute: str | None = None,
    ) -> CocoDataset:
        """Reads and checks an annotation file: COCO's format (instances), or VIA's.

        The records are checked as for training. Objects without area and boxes that reach over the edge count, as in
        COCO's own evaluation.

        Args:
            folder: where the photos lie. A record without width and height gets those of its photo; None: every
                record must have them (a VIA file has none).
            class_name, attribute: of a VIA file, as `via.read_via` takes them.

        Raises:
            MasksegError: the file cannot be read, is of neither format, or holds a record that cannot be understood;
                the record is named.
        """
        path = Path(path)
        log = StrictProblemLog(path)
        document = read_annotations(path, log, class_name, attribute)
        # The log refuses every image with a problem: none is left without an entry.
        entries = check_images(document["images"], None if folder is None else Path(folder), log, trust_sizes=True)
        if not entries:
            raise MasksegError(f"In {path}: there is no image.")
        categories = check_categories(document["categories"], path)
        wanted = object_categories(categories)
        checked = check_annotations(document["annotations"], entries, categories, wanted, log, need_area=False)
        # Ids are given anew: pycocotools takes an object with the id 0 for never found, and merges equal ids.
        annotations = tuple(_complete(entry, number) for number, entry in enumerate(checked, 1))
        images = tuple(_with_size(entry) for entry in entries.values() if entry is not None)
        return cls(path, images, annotations, wanted, _count_unmasked(annotations), tuple(log.problems()))

    def select(self, image_ids: Iterable[int | str]) -> CocoDataset:
        """The same data set with these photos only."""
        wanted = set(image_ids)
        images = tuple(image for image in self.images if image["id"] in wanted)
        annotations = tuple(a for a in self.annotations if a["image_id"] in wanted)
        return replace(self, images=images, annotations=annotations, unmasked=_count_unmasked(annotations))

    def match_classes(self, class_names: Sequence[str]) -> dict[int, int]:
        """Which category each of a network's classes is, by name in either spelling.

        Returns:
            class index -> category id, for the classes that both have.

        Raises:
            MasksegError: two categories are the same class to this network, or it has none of them.
        """
        matches: dict[int, int] = {}
        for category, index in match_categories(self.categories, class_names, self.path).items():
            if index in matches:
                one, other = self.categories[matches[index]], self.categories[category]
                raise MasksegError(f"{self.path} has both {one!r} and {other!r}, which are one class.")
            matches[index] = category
        return matches


def _with_size(entry: ImageEntry) -> dict[str, Any]:
    size = {"width": entry.width, "height": entry.height}
    return entry.record if entry.record.items() >= size.items() else {**entry.record, **size}


def _complete(entry: AnnotationEntry, number: int) -> dict[str, Any]:
    """The record with its outline as RLE, and with the box and the area where the file leaves them out."""
    annotation: dict[str, Any] = {**entry.record, "id": number, "iscrowd": int(entry.crowd)}
    rle = None if entry.outline is None else to_rle(entry.outline, entry.image.height, entry.image.width)
    if rle is not None:
        annotation["segmentation"] = rle
    if entry.box is None:
        annotation["bbox"] = coco_mask.toBbox(rle).tolist()
    area = annotation.get("area")
    if not isinstance(area, (int, float)) or not math.isfinite(area):
        annotation["area"] = (
            annotation["bbox"][2] * annotation["bbox"][3] if rle is None else float(coco_mask.area(rle))
        )
    return annotation


def _count_unmasked(annotations: Iterable[Mapping[str, Any]]) -> int:
    return sum(not annotation.get("segmentation") for annotation in annotations)
