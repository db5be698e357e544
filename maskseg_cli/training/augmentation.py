"""Augmentation: random changes of a picture and its objects: zoom, cut, mirror image, colours.

Nothing here resamples a picture: it is cut, placed on a larger canvas, flipped and recoloured. Molding, which resizes
it anyway, turns the cuts into changes of scale. Masks are therefore exact. Zooming in and out is large-scale jitter as
in SSD (https://arxiv.org/abs/1512.02325, section 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.datasets.example import Example, filled_box, mask_box, tighten
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import UsageError

#: Number of windows that are tried; if each of them loses every object, the picture stays whole.
_TRIES = 8


@dataclass(frozen=True)
class Augmentation:
    """How far pictures may be changed; 0 (for `scale`: (1, 1)) turns a change off.

    Attributes:
        flip: probability of a mirror image.
        scale: smallest and largest zoom; below 1 the picture is placed on a canvas of its mean colour.
        crop: probability that a part is cut out, beyond what the zoom cuts.
        min_crop: the least share of each side that a cut keeps.
        min_visible: an object of which a smaller share remains becomes a region to ignore; one without pixels is
            dropped.
        brightness: largest change, as a share of 255.
        contrast, saturation: largest change of the factor, so 0.3 is 0.7 to 1.3.
        hue: largest rotation, as a share of the colour circle.

    Raises:
        UsageError: a value out of its range.
    """

    flip: float = 0.5
    scale: tuple[float, float] = (0.7, 1.5)
    crop: float = 0.3
    min_crop: float = 0.6
    min_visible: float = 0.2
    brightness: float = 0.15
    contrast: float = 0.25
    saturation: float = 0.3
    hue: float = 0.02

    def __post_init__(self) -> None:
        for name in ("flip", "crop", "min_visible", "brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} lies between 0 and 1, not {getattr(self, name)}.")
        if not 0 <= self.hue <= 0.5:
            raise UsageError(f"hue lies between 0 and 0.5, not {self.hue}.")
        if not 0 < self.min_crop <= 1:
            raise UsageError(f"min_crop lies above 0 and up to 1, not {self.min_crop}.")
        if not 0.1 <= self.scale[0] <= self.scale[1] <= 10:
            raise UsageError(f"scale is a smallest and a largest zoom between 0.1 and 10, not {self.scale}.")


def augment(example: Example, rng: np.random.Generator, options: Augmentation | None = None) -> Example:
    """Returns a randomly changed copy; the same state of the generator gives the same copy.

    The picture's size changes with zoom and cut. An object that is not cut keeps the example's box; the box of a cut
    object follows its mask.

    Example:
        >>> changed = augment(source[0], np.random.default_rng([seed, step]), Augmentation(hue=0))  # doctest: +SKIP
    """
    options = options or Augmentation()
    example = random_window(example, rng, options)
    if rng.random() < options.flip:
        example = flip(example)
    return recolour(example, rng, options)


def flip(example: Example) -> Example:
    """Returns the mirror image, with left and right exchanged."""
    width = example.size[1]
    boxes = example.boxes.copy()
    boxes[:, [0, 2]] = width - example.boxes[:, [2, 0]]
    masks = tuple(
        MaskCrop(mask.top, width - mask.left - mask.bitmap.shape[1], mask.bitmap[:, ::-1]) for mask in example.masks
    )
    return replace(example, image=np.ascontiguousarray(example.image[:, ::-1]), boxes=boxes, masks=masks)


def random_window(example: Example, rng: np.random.Generator, options: Augmentation) -> Example:
    """Returns a random part of the picture, or the picture on a larger canvas; see `scale` and `crop`.

    A window that loses every object of a picture is drawn again; after several tries the picture stays whole.
    """
    height, width = example.size
    has_objects = bool((example.class_ids > 0).any())
    for _ in range(_TRIES):
        zoom = float(np.exp(rng.uniform(*np.log(options.scale))))
        kept = rng.uniform(options.min_crop, 1, 2) if rng.random() < options.crop else np.ones(2)
        h, w = (max(1, round(side * share / zoom)) for side, share in zip((height, width), kept, strict=True))
        top = int(rng.integers(min(0, height - h), max(0, height - h) + 1))
        left = int(rng.integers(min(0, width - w), max(0, width - w) + 1))
        if (top, left, h, w) == (0, 0, height, width):
            return example
        cut = window(example, top, left, h, w, options.min_visible)
        if not has_objects or (cut.class_ids > 0).any():
            return cut
    return example


def window(example: Example, top: int, left: int, height: int, width: int, min_visible: float = 0.0) -> Example:
    """Cuts a window of height x width pixels whose first pixel is (top, left) out of a picture; it may reach outside.

    Pixels outside the picture get its mean colour. Objects without a remaining pixel are dropped; those of which a
    share below `min_visible` remains (of the mask's pixels) become regions to ignore.
    """
    source_h, source_w = example.size
    y1, x1 = max(0, top), max(0, left)
    y2, x2 = max(y1, min(source_h, top + height)), max(x1, min(source_w, left + width))
    if (y2 - y1, x2 - x1) == (height, width):
        image = example.image[y1:y2, x1:x2].copy()
    else:
        image = np.empty((height, width, 3), np.uint8)
        image[:] = np.round(cv2.mean(example.image)[:3]).astype(np.uint8)
        image[y1 - top : y2 - top, x1 - left : x2 - left] = example.image[y1:y2, x1:x2]

    rows, masks, boxes, class_ids = [], [], [], example.class_ids.copy()
    for row, mask in enumerate(example.masks):
        cut, remains = _cut_mask(mask, y1, x1, y2, x2)
        box, whole = _cut_box(example.boxes[row], mask, cut, bool(example.has_mask[row]), (y1, x1, y2, x2))
        if not remains or box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
            continue
        if not example.has_mask[row]:
            cut = filled_box(box, (y2, x2))
            remains = float((box[2] - box[0]) * (box[3] - box[1]) / whole)
        if remains < min_visible:
            class_ids[row] = -abs(class_ids[row])
        rows.append(row)
        masks.append(MaskCrop(cut.top - top, cut.left - left, cut.bitmap))
        boxes.append(box - [left, top, left, top])
    kept = replace(example, class_ids=class_ids).select(np.array(rows, int))
    return replace(
        kept,
        image=image,
        masks=tuple(masks),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
    )


def _cut_mask(mask: MaskCrop, y1: int, x1: int, y2: int, x2: int) -> tuple[MaskCrop, float]:
    """The part of a mask between these rows and columns, and its share of the mask's pixels."""
    h, w = mask.bitmap.shape
    if mask.top >= y1 and mask.left >= x1 and mask.top + h <= y2 and mask.left + w <= x2:
        return mask, 1.0 if h and w else 0.0
    top, left = max(mask.top, y1), max(mask.left, x1)
    part = mask.bitmap[top - mask.top : max(top, y2) - mask.top, left - mask.left : max(left, x2) - mask.left]
    cut = tighten(MaskCrop(top, left, part))
    return cut, cut.area / max(1, mask.area)


def _cut_box(
    box: NDArray[np.float32], mask: MaskCrop, cut: MaskCrop, has_mask: bool, edges: tuple[int, int, int, int]
) -> tuple[NDArray[np.float64], float]:
    """The box of what remains, and the area of the whole box.

    A side is unchanged, to a fraction of a pixel, if the mask still reaches as far as before; else it is the mask's.
    """
    y1, x1, y2, x2 = edges
    sides = box.astype(np.float64)
    area = float((sides[2] - sides[0]) * (sides[3] - sides[1]))
    if has_mask and cut is not mask:
        before, after = mask_box(mask), mask_box(cut)
        sides = np.where(np.equal(before, after), sides, after)
    return np.clip(sides, [x1, y1, x1, y1], [x2, y2, x2, y2]), area


def recolour(example: Example, rng: np.random.Generator, options: Augmentation) -> Example:
    """Changes brightness, contrast, saturation and hue of the whole picture at random."""
    brightness = 255 * rng.uniform(-options.brightness, options.brightness)
    contrast = 1 + rng.uniform(-options.contrast, options.contrast)
    saturation = 1 + rng.uniform(-options.saturation, options.saturation)
    rotation = 180 * rng.uniform(-options.hue, options.hue)  # OpenCV's circle has 180 steps
    image = example.image
    levels = np.arange(256, dtype=np.float64)
    if options.brightness or options.contrast:
        middle = float(np.mean(cv2.mean(image)[:3]))
        image = _apply(image, (levels - middle) * contrast + middle + brightness)
    if options.saturation or options.hue:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        tables = np.stack([np.round(levels + rotation) % 180, np.clip(levels * saturation, 0, 255), levels], axis=-1)
        hsv = cv2.LUT(hsv, np.round(tables).astype(np.uint8)[None])
        image = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)
    return replace(example, image=image)


def _apply(image: NDArray[np.uint8], table: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(cv2.LUT(image, np.clip(np.round(table), 0, 255).astype(np.uint8)), np.uint8)
