"""A COCO annotation file, checked once so that nothing after it meets half a record."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.coco_records import check_categories, class_finder, is_box, read_document, some_names, to_rle
from maskseg_cli.errors import MasksegError


@dataclass(frozen=True)
class CocoDataset:
    """Photos and the objects that people have marked in them.

    Attributes:
        path: the annotation file.
        images: records with at least id, file_name, width and height, in the order of the file.
        annotations: records with at least id (1..), image_id, category_id, bbox, area, iscrowd and, if
            `has_masks`, segmentation.
        categories: category id -> name, in the order of the file.
        unmasked: how many objects have a box but no outline.
    """

    path: Path
    images: tuple[dict[str, Any], ...]
    annotations: tuple[dict[str, Any], ...]
    categories: dict[int, str]
    unmasked: int

    @property
    def has_masks(self) -> bool:
        """Whether masks can be measured: every object has an outline."""
        return self.unmasked == 0

    @classmethod
    def read(cls, path: str | Path) -> CocoDataset:
        """Reads and checks an annotation file in COCO's format (instances).

        Raises:
            MasksegError: the file cannot be read, is no such file, or holds a record that makes no sense; the
                record is named.
        """
        path = Path(path)
        document = read_document(path)
        try:
            images = _check_images(document["images"])
            categories = check_categories(document["categories"])
            annotations = _check_annotations(document["annotations"], images, categories)
        except MasksegError as error:
            raise MasksegError(f"In {path}: {error}") from None
        unmasked = sum(not annotation.get("segmentation") for annotation in annotations)
        return cls(path, tuple(images.values()), tuple(annotations), categories, unmasked)

    def select(self, image_ids: Iterable[int | str]) -> CocoDataset:
        """The same data set with these photos only."""
        wanted = set(image_ids)
        annotations = tuple(a for a in self.annotations if a["image_id"] in wanted)
        return CocoDataset(
            self.path,
            tuple(image for image in self.images if image["id"] in wanted),
            annotations,
            self.categories,
            sum(not annotation.get("segmentation") for annotation in annotations),
        )

    def match_classes(self, class_names: Sequence[str]) -> dict[int, int]:
        """Which category each of a network's classes is, by name in either spelling.

        Returns:
            class index -> category id, for the classes that both have.

        Raises:
            MasksegError: two categories are the same class to this network, or none is known to it.
        """
        find = class_finder(class_names)
        matches: dict[int, int] = {}
        for category, name in self.categories.items():
            index = find(name)
            if index is None:
                continue
            if index in matches:
                other = self.categories[matches[index]]
                raise MasksegError(f"{self.path} has both {other!r} and {name!r}, which are one class.")
            matches[index] = category
        if not matches:
            known, marked = some_names(class_names[1:]), some_names(list(self.categories.values()))
            raise MasksegError(
                f"The network and {self.path} have no class in common: one has {known}, the other {marked}; "
                "--labels gives the network's."
            )
        return matches

    def to_coco(self) -> Any:
        """The same as a `pycocotools.coco.COCO`."""
        return make_coco(self.images, self.categories, [dict(a) for a in self.annotations])


def make_coco(images: Iterable[dict[str, Any]], categories: dict[int, str], annotations: list[dict[str, Any]]) -> Any:
    """A `pycocotools.coco.COCO` of records in memory, made in silence."""
    from pycocotools.coco import COCO

    coco = COCO()
    coco.dataset = {
        "images": list(images),
        "categories": [{"id": category, "name": name} for category, name in categories.items()],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _check_images(records: list[dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    images: dict[int | str, dict[str, Any]] = {}
    for record in records:
        identity = _identity(record.get("id"), "an image")
        if identity in images:
            raise MasksegError(f"two images have the id {identity}.")
        if not isinstance(record.get("file_name"), str) or not record["file_name"]:
            raise MasksegError(f"the image {identity} has no file_name.")
        if not all(isinstance(record.get(side), int) and record[side] > 0 for side in ("width", "height")):
            raise MasksegError(f"the image {identity} has no width and height.")
        images[identity] = record
    if not images:
        raise MasksegError("there is no image.")
    if len({type(identity) for identity in images}) > 1:
        raise MasksegError("some ids of images are numbers and some are texts.")
    return images


def _check_annotations(
    records: list[dict[str, Any]], images: dict[int | str, dict[str, Any]], categories: dict[int, str]
) -> list[dict[str, Any]]:
    checked = []
    # Ids are given anew: pycocotools takes an object with the id 0 for never found, and merges equal ids.
    for number, record in enumerate(records, 1):
        label = f"the annotation {record.get('id', f'number {number}')}"
        image = images.get(_identity(record.get("image_id"), label))
        if image is None:
            raise MasksegError(f"{label} belongs to the image {record['image_id']}, which is not there.")
        if record.get("category_id") not in categories:
            raise MasksegError(f"{label} has the category {record.get('category_id')}, which is not there.")
        annotation = {**record, "id": number, "iscrowd": int(bool(record.get("iscrowd", 0)))}
        if record.get("segmentation"):
            annotation["segmentation"] = to_rle(record["segmentation"], image, label)
        _complete(annotation, label)
        checked.append(annotation)
    return checked


def _complete(annotation: dict[str, Any], label: str) -> None:
    """Fills in the box and the area where a file leaves them out."""
    from pycocotools import mask as coco_mask

    outline = annotation.get("segmentation")
    if annotation.get("bbox") is None and outline:
        annotation["bbox"] = coco_mask.toBbox(outline).tolist()
    box: Any = annotation.get("bbox")
    if not is_box(box):
        raise MasksegError(f"{label} has no bbox of four numbers.")
    if not isinstance(annotation.get("area"), (int, float)):
        annotation["area"] = float(coco_mask.area(outline)) if outline else box[2] * box[3]


def _identity(value: Any, label: str) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise MasksegError(f"{label} has the id {value!r}, which is no whole number.")
    return value
