"""Squares, circles and triangles, drawn on the fly: a data set of any size that every network must learn.

After Matterport's shapes example (https://github.com/matterport/Mask_RCNN, samples/shapes), with exact masks.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import Example, box_overlap, mask_box
from maskseg_cli.datasets.problems import Problem
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import UsageError
from maskseg_cli.media.atomic_file import write_atomic
from maskseg_cli.media.images import write_image
from maskseg_cli.rle import encode_rle

SHAPES = ("square", "circle", "triangle")

MOST_SHAPES = 4

#: Half a shape's size and its centre's distance from the edge, as shares of the picture's shorter side.
SMALLEST, LARGEST, MARGIN = 20 / 128, 1 / 4, 20 / 128

#: Of two shapes whose boxes overlap by more (IoU) the lower one goes, as in Matterport's example.
MOST_OVERLAP = 0.3

#: A shape of which less than this can be seen goes, too.
LEAST_VISIBLE = 0.4

#: Colours differ from each other by at least this in one channel, 0..255, so that every shape can be seen.
_CONTRAST = 48


@dataclass(frozen=True)
class Shape:
    """One shape: its kind (index of `SHAPES`), centre and half its size in pixels, and BGR colour."""

    kind: int
    x: float
    y: float
    reach: float
    colour: tuple[int, int, int]

    def mask(self, height: int, width: int) -> NDArray[np.bool_]:
        """The pixels whose centres lie inside, bool (height, width)."""
        across = np.arange(width)[None, :] + 0.5 - self.x
        down = np.arange(height)[:, None] + 0.5 - self.y
        if SHAPES[self.kind] == "square":
            return (np.abs(across) <= self.reach) & (np.abs(down) <= self.reach)
        if SHAPES[self.kind] == "circle":
            return across**2 + down**2 <= self.reach**2
        # As high as the square; its equal sides rise at 60 degrees from a base of 2 * reach * 2 / sqrt(3).
        return (np.abs(across) <= (down + self.reach) / math.sqrt(3)) & (down <= self.reach)


class ShapesSource:
    """A data source (see `DataSource`) of pictures with one to four shapes each.

    Args:
        count: how many pictures.
        size: side of the square pictures in pixels, or (height, width).
        seed: another seed gives other pictures; the same seed and index always the same picture.

    Example:
        >>> source = ShapesSource(count=500, size=128)
        >>> source[7].image.shape, source.class_names
        ((128, 128, 3), ('background', 'square', 'circle', 'triangle'))
    """

    class_names: tuple[str, ...] = ("background", *SHAPES)
    category_ids: tuple[int, ...] = (0, 1, 2, 3)

    def __init__(self, count: int = 500, size: int | tuple[int, int] = 128, seed: int = 0) -> None:
        height, width = (size, size) if isinstance(size, int) else size
        if count < 1 or min(height, width) < 16:
            raise UsageError(f"Shapes need at least 1 picture of 16 pixels, not {count} of {width} x {height}.")
        self.count, self.height, self.width, self.seed = count, height, width, seed
        self.problems: list[Problem] = []

    @property
    def object_count(self) -> int:
        """At least so many objects: each picture has one."""
        return self.count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> Example:
        if not 0 <= index < self.count:
            raise IndexError(f"there are {self.count} pictures, no number {index}")
        rng = np.random.default_rng([self.seed, index])
        background = tuple(int(value) for value in rng.integers(0, 256, 3))
        shapes, masks = self._visible(self._shapes(rng, background))
        image = np.full((self.height, self.width, 3), background, np.uint8)
        for shape, mask in zip(shapes, masks, strict=True):
            image[mask] = shape.colour
        return Example.of(
            image,
            [shape.kind + 1 for shape in shapes],
            [MaskCrop.from_full(mask) for mask in masks],
            name=f"shapes_{index:05d}.png",
            id=index + 1,
        )

    def _shapes(self, rng: np.random.Generator, background: tuple[int, ...]) -> list[Shape]:
        """One to four random shapes, the lowest first."""
        side = min(self.height, self.width)
        margin = round(side * MARGIN)
        colours = [np.array(background)]
        shapes = []
        for _ in range(int(rng.integers(1, MOST_SHAPES + 1))):
            colour = rng.integers(0, 256, 3)
            while any(np.abs(colour - other).max() < _CONTRAST for other in colours):
                colour = rng.integers(0, 256, 3)
            colours.append(colour)
            kind = int(rng.integers(len(SHAPES)))
            y = float(rng.uniform(margin, self.height - margin))
            x = float(rng.uniform(margin, self.width - margin))
            reach = float(rng.uniform(side * SMALLEST, side * LARGEST))
            shapes.append(Shape(kind, x, y, reach, (int(colour[0]), int(colour[1]), int(colour[2]))))
        return shapes

    def _visible(self, shapes: list[Shape]) -> tuple[list[Shape], list[NDArray[np.bool_]]]:
        """The shapes that stay, the lowest first, and the pixels where each can be seen."""
        kept: list[Shape] = []
        seen: list[NDArray[np.bool_]] = []
        boxes: list[tuple[int, int, int, int]] = []
        covered = np.zeros((self.height, self.width), bool)
        for shape in reversed(shapes):
            whole = shape.mask(self.height, self.width)
            visible = whole & ~covered
            box = mask_box(MaskCrop(0, 0, whole))
            if visible.sum() < LEAST_VISIBLE * whole.sum() or any(box_overlap(box, b) > MOST_OVERLAP for b in boxes):
                continue
            covered |= whole
            kept.append(shape)
            seen.append(visible)
            boxes.append(box)
        return kept[::-1], seen[::-1]


def make_coco(folder: str | Path, count: int, size: int | tuple[int, int] = 128, seed: int = 0) -> Path:
    """Writes shapes as PNG files and a COCO annotation file, as `maskseg evaluate` takes them.

    Returns:
        the annotation file, `folder`/annotations.json; its file names are relative to `folder`. It is written last,
        so that where it exists every picture does.
    """
    folder = Path(folder)
    source = ShapesSource(count, size, seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in range(count):
        example = source[index]
        height, width = example.size
        name = f"images/{example.name}"
        write_image(folder / name, example.image)
        images.append({"id": example.id, "file_name": name, "height": height, "width": width})
        for class_id, mask, box in zip(example.class_ids.tolist(), example.masks, example.boxes.tolist(), strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": example.id,
                    "category_id": class_id,
                    "segmentation": encode_rle(mask, height, width),
                    "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                    "area": mask.area,
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(SHAPES, 1)]
    path = folder / "annotations.json"
    document = {"images": images, "annotations": annotations, "categories": categories}
    write_atomic(path, json.dumps(document).encode())
    return path
