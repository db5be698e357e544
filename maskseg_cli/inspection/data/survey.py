"""`Survey`: every image and object of a data set as arrays; photos of annotation files are not decoded for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.annotated_images import AnnotatedImages, draw_object
from maskseg_cli.datasets.data_source import DataSource
from maskseg_cli.datasets.example import mask_box
from maskseg_cli.detections import MaskCrop
from maskseg_cli.reporter import Reporter


class SurveyedObject(NamedTuple):
    """One object while it is looked at.

    Attributes:
        image: number of its picture.
        class_id: 1.., negative for a crowd or a region to ignore.
        mask: of the picture; where `has_mask` is False the filled box.
        box: x1 y1 x2 y2 that training uses, half-open pixels.
        weight: how much it counts.
        has_mask: whether it was outlined.
        given_box: the file's box, used or not; None: the file has none.
    """

    image: int
    class_id: int
    mask: MaskCrop
    box: list[float]
    weight: float
    has_mask: bool
    given_box: tuple[float, float, float, float] | None


@dataclass(frozen=True, eq=False)
class Survey:
    """The whole data set, as training reads it.

    Attributes:
        names: I names of pictures.
        sizes: int32 (I, 2), height and width in pixels.
        image: int32 (N,), the picture of each object.
        class_ids: int32 (N,), as `Example.class_ids`.
        boxes: float32 (N, 4), the boxes that training uses, x1 y1 x2 y2.
        areas: float64 (N,), pixels of each mask.
        weights: float32 (N,).
        has_mask: bool (N,), whether the object was outlined.
        mask_boxes: float32 (N, 4), computed from the masks; NaN where `has_mask` is False.
        given_boxes: float32 (N, 4), those of the file; NaN where it has none.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int32]
    image: NDArray[np.int32]
    class_ids: NDArray[np.int32]
    boxes: NDArray[np.float32]
    areas: NDArray[np.float64]
    weights: NDArray[np.float32]
    has_mask: NDArray[np.bool_]
    mask_boxes: NDArray[np.float32]
    given_boxes: NDArray[np.float32]

    @property
    def is_object(self) -> NDArray[np.bool_]:
        """bool (N,): what is to be learnt: neither a crowd nor of weight 0."""
        return (self.class_ids > 0) & (self.weights > 0)

    def rows_of(self, image: int) -> NDArray[np.intp]:
        """The rows of one picture's objects; objects lie in the order of the pictures."""
        first, last = np.searchsorted(self.image, [image, image + 1])
        return np.arange(first, last)


def take_survey(
    source: DataSource,
    reporter: Reporter | None = None,
    visit: Callable[[int, SurveyedObject, tuple[int, int]], None] | None = None,
) -> Survey:
    """Looks at every object of a data set; it draws each mask once and keeps none.

    Args:
        source: the data set.
        reporter: is shown the progress.
        visit: called with the row, the object, and height and width of its picture.
    """
    names: list[str] = []
    sizes: list[tuple[int, int]] = []
    rows: list[tuple[int, int, float, int, bool]] = []
    boxes: list[list[float]] = []
    mask_boxes: list[tuple[float, ...]] = []
    given: list[tuple[float, ...]] = []
    nothing = (float("nan"),) * 4
    with (reporter or Reporter()).progress(len(source), "image", "objects") as show:
        for number, (name, size, objects) in enumerate(_images(source)):
            names.append(name)
            sizes.append(size)
            for one in objects:
                if visit is not None:
                    visit(len(rows), one, size)
                rows.append((number, one.class_id, one.weight, one.mask.area, one.has_mask))
                boxes.append(one.box)
                mask_boxes.append(mask_box(one.mask) if one.has_mask else nothing)
                given.append(one.given_box or nothing)
            show(number + 1)
    image, class_ids, weights, areas, has_mask = zip(*rows, strict=True) if rows else ((),) * 5
    return Survey(
        tuple(names),
        np.array(sizes, np.int32).reshape(-1, 2),
        np.array(image, np.int32),
        np.array(class_ids, np.int32),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(areas, np.float64),
        np.array(weights, np.float32),
        np.array(has_mask, bool),
        np.array(mask_boxes, np.float32).reshape(-1, 4),
        np.array(given, np.float32).reshape(-1, 4),
    )


def _images(source: DataSource) -> Iterator[tuple[str, tuple[int, int], Iterator[SurveyedObject]]]:
    """Name, (height, width) and objects of each picture."""
    if isinstance(source, AnnotatedImages):
        for number, record in enumerate(source.images):
            yield record.path.name, (record.height, record.width), _recorded(source, number)
    else:
        for number in range(len(source)):
            example = source[number]
            rows = zip(
                example.class_ids.tolist(),
                example.masks,
                example.boxes.tolist(),
                example.weights.tolist(),
                example.has_mask.tolist(),
                strict=True,
            )
            yield example.name, example.size, (SurveyedObject(number, *row, None) for row in rows)


def _recorded(source: AnnotatedImages, number: int) -> Iterator[SurveyedObject]:
    """The objects of a picture file, without the picture."""
    record = source.images[number]
    for one in record.objects:
        drawn = draw_object(one, record.height, record.width)
        if drawn is not None:
            yield SurveyedObject(number, *drawn, one.box or one.refused_box)
