"""What mini masks lose: the IoU of masks that have gone through `training.mini_masks` and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import Example
from maskseg_cli.inspection.data.statistics import mask_iou
from maskseg_cli.inspection.data.survey import Survey, SurveyedObject
from maskseg_cli.mask_crop import MaskCrop
from maskseg_cli.training.mini_masks import expand, minimize

#: At most about so many objects are measured.
MOST = 3000


class MiniMaskErrors:
    """Measures every n-th outlined object, for `survey.take_survey`.

    Args:
        shape: cells of a mini mask down and across (`config.mini_mask_shape`).
        objects: how many there are about.

    Attributes:
        rows: the rows of the survey that were measured.
        ious: the IoU of each, 0..1.
    """

    def __init__(self, shape: tuple[int, int], objects: int) -> None:
        self.shape = shape
        self.rows: list[int] = []
        self.ious: list[float] = []
        self._every = max(1, objects // MOST)

    def __call__(self, row: int, one: SurveyedObject, size: tuple[int, int]) -> None:
        """Measures an object; `size` is height and width of its picture."""
        if row % self._every == 0 and one.has_mask and one.class_id > 0 and one.mask.area:
            self.rows.append(row)
            self.ious.append(mask_iou(one.mask, restored(one.mask, one.box, size, self.shape)))


def restored(
    mask: MaskCrop, box: list[float] | NDArray[np.float32], size: tuple[int, int], shape: tuple[int, int]
) -> MaskCrop:
    """A mask after it was a mini mask: what training can know of it.

    Args:
        mask: of a picture of `size`, height and width.
        box: x1 y1 x2 y2 that training uses.
        shape: of the mini mask.
    """
    return expand(minimize(mask, box, shape), box, size)


def example_rows(errors: MiniMaskErrors, survey: Survey, count: int = 2) -> list[int]:
    """Rows of the survey that show the error well: of objects of 1,000 pixels or more the worst ones.

    Where all are alike, those that fill least of their box.

    Args:
        errors: what was measured.
        survey: of the data set.
        count: at most so many.
    """
    areas = survey.areas
    rows, ious = np.array(errors.rows, int), np.array(errors.ious)
    visible = areas[rows] >= 1000 if (areas[rows] >= 1000).any() else np.ones(len(rows), bool)
    rows, ious = rows[visible], ious[visible]
    sides = survey.boxes[rows, 2:] - survey.boxes[rows, :2]
    order = np.lexsort((areas[rows] / np.maximum(sides.prod(axis=1), 1), np.round(ious, 3)))[:count]
    return [int(row) for row in rows[order]]


def mini_of(example: Example, row: int, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The mini mask of one object, float32 `shape`, 0..1, as `training.inputs.make_input` makes it."""
    return minimize(example.masks[row], example.boxes[row], shape)
