"""`CocoDocument`: collects pictures and objects of another format as a document in COCO's format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maskseg_cli.datasets.label_pictures import LabelObject

#: The class of objects that nothing names.
DEFAULT_CLASS = "object"


class CocoDocument:
    """Images and annotations in COCO's format, as they are found; ids count from 1."""

    def __init__(self) -> None:
        self._images: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        self._labels: list[str] = []

    def add_image(self, file_name: str, size: tuple[Any, Any] | None) -> int:
        """Adds a picture.

        Args:
            size: height and width in pixels; None, or None in it: unknown, and those of the file are taken.

        Returns:
            its id.
        """
        record: dict[str, Any] = {"id": len(self._images) + 1, "file_name": file_name}
        if size is not None:
            record |= {key: side for key, side in zip(("height", "width"), size, strict=True) if side is not None}
        self._images.append(record)
        return len(self._images)

    def add_object(
        self, image: int, label: str, segmentation: Any = None, box: Any = None, ignore: bool = False, area: Any = None
    ) -> None:
        """Adds an object; what is given is checked when the document is.

        Args:
            image: the id of its picture.
            label: its class.
            segmentation: polygons or RLE; a text for an outline that is broken; None: it is boxed only.
            box: x, y, width, height; a text for a broken one; None: the outline's.
            ignore: it is neither to be found nor background.
            area: pixels of its mask.
        """
        record = {"id": len(self._annotations) + 1, "image_id": image, "iscrowd": 0}
        given = {"segmentation": segmentation, "bbox": box, "area": area, "ignore": int(ignore) or None}
        self._annotations.append(record | {key: value for key, value in given.items() if value is not None})
        self._labels.append(label)

    def add_labels(self, image: int, label: str, found: LabelObject, box: Any = None, ignore: bool = False) -> None:
        """Adds an object of a picture of masks, with its own box or another one."""
        self.add_object(image, label, found.rle, list(found.box) if box is None else box, ignore, found.area)

    @property
    def image_count(self) -> int:
        """How many pictures there are."""
        return len(self._images)

    @property
    def object_count(self) -> int:
        """How many objects there are."""
        return len(self._annotations)

    def finish(self, names: Sequence[str] = ()) -> dict[str, Any]:
        """The document.

        Args:
            names: classes that come first, in this order, whether they occur or not; others follow in the order of
                the alphabet.
        """
        known = list(dict.fromkeys([*names, *sorted(set(self._labels))]))
        number = {name: category for category, name in enumerate(known, 1)}
        for record, label in zip(self._annotations, self._labels, strict=True):
            record["category_id"] = number[label]
        categories = [{"id": category, "name": name} for name, category in number.items()]
        return {"images": self._images, "annotations": self._annotations, "categories": categories}
