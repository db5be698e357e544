"""`Example`: one picture with the objects that people have marked in it, before it is made ready for the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections, MaskCrop

#: A given box counts if it overlaps the outline's own by this much (IoU); otherwise the outline's does.
SAME_BOX = 0.5


@dataclass(frozen=True, eq=False)
class Example:
    """A training picture. Instances never change, and neither do their arrays.

    Attributes:
        image: uint8 array (H, W, 3), BGR, upright.
        boxes: float32 array (G, 4), x1 y1 x2 y2, half-open pixels inside the picture.
        class_ids: int32 array (G,), 1.. for objects; negative for a crowd or a region to ignore of the class -id,
            which is neither an object to find nor background.
        masks: G crops; where `has_mask` is False the filled box.
        weights: float32 array (G,), how much each object counts: 1.0, or the score of a pseudo-label.
        has_mask: bool array (G,), whether the object was outlined and not only boxed.
        complete_class_ids: the classes whose objects are all marked; None: every class. Of the others some may be in
            the picture unmarked, so that what looks like one must not count as background.
        name: the picture's file name, for messages.
        id: the picture's id in its data set.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    masks: tuple[MaskCrop, ...]
    weights: NDArray[np.float32]
    has_mask: NDArray[np.bool_]
    complete_class_ids: frozenset[int] | None = None
    name: str = ""
    id: int | str = 0

    def __post_init__(self) -> None:
        n = len(self.masks)
        for label, shape in (("boxes", (n, 4)), ("class_ids", (n,)), ("weights", (n,)), ("has_mask", (n,))):
            found = getattr(self, label).shape
            if found != shape:
                raise ValueError(f"{label} has the shape {found}, not {shape}: there are {n} masks")

    @classmethod
    def of(
        cls,
        image: NDArray[np.uint8],
        class_ids: Sequence[int],
        masks: Sequence[MaskCrop],
        boxes: NDArray[Any] | None = None,
        **fields: Any,
    ) -> Example:
        """An example of masks alone: tight boxes unless given, weights 1, every object outlined unless given."""
        n = len(masks)
        if boxes is None:
            boxes = np.array([mask_box(mask) for mask in masks])
        return cls(
            image,
            np.asarray(boxes, np.float32).reshape(n, 4),
            np.asarray(class_ids, np.int32).reshape(n),
            tuple(masks),
            np.asarray(fields.pop("weights", np.ones(n)), np.float32).reshape(n),
            np.asarray(fields.pop("has_mask", np.ones(n)), bool).reshape(n),
            **fields,
        )

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture in pixels."""
        return self.image.shape[0], self.image.shape[1]

    def select(self, rows: NDArray[Any] | Sequence[int]) -> Example:
        """The same picture with these objects only: indices, or a bool array (G,)."""
        rows = np.arange(len(self))[np.asarray(rows, dtype=None if len(rows) else int)]
        return replace(
            self,
            boxes=self.boxes[rows],
            class_ids=self.class_ids[rows],
            masks=tuple(self.masks[i] for i in rows),
            weights=self.weights[rows],
            has_mask=self.has_mask[rows],
        )

    def to_detections(self, class_names: Sequence[str] = ()) -> Detections:
        """The objects as `Detections`, for drawing; crowds appear under their class, weights as scores."""
        return Detections(
            self.boxes.copy(),
            np.abs(self.class_ids),
            self.weights.copy(),
            self.masks,
            self.size,
            tuple(class_names),
        )


def mask_box(mask: MaskCrop) -> tuple[int, int, int, int]:
    """x1 y1 x2 y2 of a mask's True pixels, half-open; all zero where there is none."""
    rows, columns = np.flatnonzero(mask.bitmap.any(axis=1)), np.flatnonzero(mask.bitmap.any(axis=0))
    if rows.size == 0:
        return 0, 0, 0, 0
    return (
        mask.left + int(columns[0]),
        mask.top + int(rows[0]),
        mask.left + int(columns[-1]) + 1,
        mask.top + int(rows[-1]) + 1,
    )


def tighten(mask: MaskCrop) -> MaskCrop:
    """The same mask cut down to its True pixels."""
    x1, y1, x2, y2 = mask_box(mask)
    bitmap = mask.bitmap[y1 - mask.top : y2 - mask.top, x1 - mask.left : x2 - mask.left] if x2 > x1 else None
    return MaskCrop(y1, x1, np.zeros((0, 0), bool) if bitmap is None else bitmap)


def filled_box(box: Sequence[float] | NDArray[Any], size: tuple[int, int]) -> MaskCrop:
    """The mask of every pixel that a box x1 y1 x2 y2 touches in a picture of (height, width)."""
    x1, y1 = (max(0, int(np.floor(side))) for side in box[:2])
    x2, y2 = min(size[1], int(np.ceil(box[2]))), min(size[0], int(np.ceil(box[3])))
    return MaskCrop(y1, x1, np.ones((max(0, y2 - y1), max(0, x2 - x1)), bool))


def box_overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes x1 y1 x2 y2, each of some area."""
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
