"""`AnnotatedImages`: picture files with checked records of their objects, read when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maskseg_cli.datasets.example import SAME_BOX, Example, box_overlap, filled_box, mask_box
from maskseg_cli.datasets.picture_files import check_picture_size
from maskseg_cli.datasets.polygons_and_rle import outline_mask
from maskseg_cli.datasets.problems import Problem
from maskseg_cli.detections import MaskCrop
from maskseg_cli.media.images import read_image


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One object as its file describes it, checked.

    Attributes:
        class_id: 1.., negative for a crowd.
        outline: sound polygons or RLE; None: boxed only.
        box: x1 y1 x2 y2 within the picture, half-open pixels; None: the outline's.
        weight: how much it counts.
        refused_box: x1 y1 x2 y2 as the file gives it, where that does not fit the outline and is not used; else None.
    """

    class_id: int
    outline: Any
    box: tuple[float, float, float, float] | None
    weight: float = 1.0
    refused_box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One picture file and its objects.

    Attributes:
        id: the annotation file's own.
        path: of the picture.
        height, width: of the upright picture, in pixels.
        complete_class_ids: as in `Example`.
        file_name: as the annotation file has it.
        objects: in the order of the file.
    """

    id: int | str
    path: Path
    height: int
    width: int
    complete_class_ids: frozenset[int] | None = None
    file_name: str = ""
    objects: list[ObjectRecord] = field(default_factory=list)


class AnnotatedImages:
    """A data source of picture files (see `DataSource`).

    Attributes:
        path: the annotation file.
        class_names: index -> name, background first.
        category_ids: index -> the file's own id; 0 for the background and for classes that the file does not have.
        images: the records, in the order of the file.
        problems: what was left out.

    Example:
        >>> source = read_coco("instances_train.json", "train")      # doctest: +SKIP
        >>> len(source), source[0].image.shape, source[0].class_ids  # doctest: +SKIP
        (343, (480, 640, 3), array([46, 46, 46, 50, 51, 52], dtype=int32))
    """

    def __init__(
        self,
        path: str | Path,
        class_names: Sequence[str],
        category_ids: Sequence[int],
        images: Sequence[ImageRecord],
        problems: Sequence[Problem] = (),
    ) -> None:
        self.path = Path(path)
        self.class_names = tuple(class_names)
        self.category_ids = tuple(category_ids)
        self.images = tuple(images)
        self.problems = list(problems)

    @property
    def object_count(self) -> int:
        """How many objects there are to learn: neither crowds nor of weight 0."""
        return sum(one.class_id > 0 and one.weight > 0 for record in self.images for one in record.objects)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int, /) -> Example:
        """Reads one picture and draws its masks.

        Raises:
            MasksegError: the picture cannot be read (any more), or its size has changed.
        """
        record = self.images[index]
        image = read_image(record.path)
        check_picture_size(record.path, image.shape, (record.height, record.width))
        rows = [row for one in record.objects if (row := draw_object(one, record.height, record.width)) is not None]
        return Example.of(
            image,
            [class_id for class_id, *_ in rows],
            [mask for _, mask, *_ in rows],
            [box for _, _, box, *_ in rows],  # type: ignore[arg-type]
            weights=[weight for *_, weight, _ in rows],
            has_mask=[outlined for *_, outlined in rows],
            complete_class_ids=record.complete_class_ids,
            name=record.path.name,
            id=record.id,
        )


def draw_object(one: ObjectRecord, height: int, width: int) -> tuple[int, MaskCrop, list[float], float, bool] | None:
    """Class, mask, box, weight and whether it was outlined; None where not a pixel of it is in the picture.

    Args:
        one: the object.
        height, width: of its picture.
    """
    if one.outline is not None:
        mask = outline_mask(one.outline, height, width)
        tight = mask_box(mask)
        if tight[2] > tight[0]:
            # A given box is finer: it knows fractions of a pixel, and thin tips that cover no pixel's centre.
            box = tight if one.box is None or box_overlap(one.box, tight) < SAME_BOX else one.box
            return one.class_id, mask, [float(side) for side in box], one.weight, True
    # An outline so thin that it covers no pixel's centre: its box says where it is.
    if one.box is None:
        return None
    return one.class_id, filled_box(one.box, (height, width)), list(one.box), one.weight, False
