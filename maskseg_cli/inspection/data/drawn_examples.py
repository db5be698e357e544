"""Pictures of examples: with their masks, with both boxes of an object, after augmentation, and of mini masks."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.datasets.example import Example
from maskseg_cli.detections import Detections
from maskseg_cli.drawing.box_drawing import draw_boxes, pixel_boxes
from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.free_boxes import draw_dashed_box
from maskseg_cli.drawing.renderer import draw
from maskseg_cli.inspection.data.mini_mask_errors import mini_of, restored
from maskseg_cli.inspection.data.shown_input import GREEN, ORANGE, WHITE, beside, enlarged
from maskseg_cli.mask_crop import MaskCrop
from maskseg_cli.training.augmentation import augment
from maskseg_cli.training.inputs import resized

#: Longest side in pixels at which a photo is drawn, and to which smaller ones are enlarged.
_SIDE, _LEAST = 1000, 400

#: Height to which the surroundings of one object are enlarged.
_CLOSE = 300


def drawn_example(example: Example, class_names: Sequence[str], side: int = _SIDE) -> NDArray[np.uint8]:
    """The photo with masks, boxes and names, uint8 (H, W, 3) BGR; its longer side has 400 pixels up to `side`.

    A region to ignore says so; an object that was boxed only has the filled box for a mask.
    """
    height, width = example.size
    factor = min(max(1.0, _LEAST / max(height, width)), side / max(height, width))
    small = resized(example, max(1, round(height * factor)), max(1, round(width * factor)))
    captions = tuple(
        class_names[abs(class_id)] + (" (ignored)" if class_id < 0 else "" if outlined else " (box only)")
        for class_id, outlined in zip(example.class_ids.tolist(), example.has_mask.tolist(), strict=True)
    )
    return draw(small.image, small.to_detections(class_names), caption_texts=captions)


def close_up(example: Example, row: int, others: NDArray[np.float32] | None = None) -> tuple[int, int, int, int]:
    """y1 x1 y2 x2 of an object with its surroundings, whole pixels inside the picture.

    Args:
        example: the picture.
        row: the object.
        others: (N, 4), more boxes x1 y1 x2 y2 that must be inside.
    """
    boxes = np.concatenate([example.boxes[row : row + 1], np.zeros((0, 4)) if others is None else others])
    x1, y1 = boxes[:, :2].min(axis=0)
    x2, y2 = boxes[:, 2:].max(axis=0)
    margin = max(12.0, 0.25 * max(x2 - x1, y2 - y1))
    height, width = example.size
    top, left = (int(np.clip(np.floor(one - margin), 0, most - 1)) for one, most in ((y1, height), (x1, width)))
    bottom, right = (int(np.clip(np.ceil(one + margin), 1, most)) for one, most in ((y2, height), (x2, width)))
    return top, left, max(bottom, top + 1), max(right, left + 1)


def box_comparison(
    example: Example, row: int, computed: NDArray[np.float32], given: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """An object close up: its mask, the box computed from it (green), the file's box (orange, dashed).

    Args:
        example: the picture.
        row: the object.
        computed, given: float32 (4,), x1 y1 x2 y2.
    """
    given = np.clip(given, 0, [example.size[1], example.size[0]] * 2)
    where = close_up(example, row, np.stack([computed, given]))
    picture, factor = _enlarged_part(_masked(example, row, example.masks[row], GREEN), where)
    shift = np.array([where[1], where[0]] * 2, np.float32)
    width = 2
    draw_boxes(picture, pixel_boxes((computed[None] - shift) * factor, *picture.shape[:2]), [GREEN], width)
    draw_dashed_box(picture, ((given - shift) * factor).astype(np.float32), ORANGE, width)
    return picture


def mini_mask_comparison(example: Example, row: int, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """An object close up: its mask, its mini mask as cells, and the mask that comes back; side by side."""
    where = close_up(example, row)
    back = restored(example.masks[row], example.boxes[row], example.size, shape)
    full, factor = _enlarged_part(_masked(example, row, example.masks[row], GREEN), where)
    again, _ = _enlarged_part(_masked(example, row, back, ORANGE), where)
    corners = (example.boxes[row] - np.array([where[1], where[0]] * 2)) * factor
    for picture in (full, again):
        draw_dashed_box(picture, corners.astype(np.float32), WHITE, 1)
    cells = enlarged(mini_of(example, row, shape), max(1, _CLOSE // shape[0]))
    cv2.rectangle(cells, (0, 0), (cells.shape[1] - 1, cells.shape[0] - 1), ORANGE, 1)
    return beside([full, cells, again])


def _masked(example: Example, row: int, mask: MaskCrop, color: Color) -> NDArray[np.uint8]:
    found = Detections(
        example.boxes[row : row + 1],
        np.abs(example.class_ids[row : row + 1]),
        np.ones(1, np.float32),
        (mask,),
        example.size,
    )
    return draw(example.image, found, boxes=False, captions=False, contours=False, colors=color, alpha=0.55)


def _enlarged_part(picture: NDArray[np.uint8], where: tuple[int, int, int, int]) -> tuple[NDArray[np.uint8], float]:
    """A part of a picture at about `_CLOSE` pixels of height, and the factor; 1.5 times as wide at most."""
    top, left, bottom, right = where
    part = picture[top:bottom, left:right]
    factor = _CLOSE / max(part.shape[0], part.shape[1] / 1.5)
    size = max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor))
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=kind), np.uint8), factor


def augmented(example: Example, config: MaskRCNNConfig, count: int, seed: Sequence[int] = (0,)) -> list[Example]:
    """The same photo as training may get it in `count` turns.

    Args:
        example: the photo.
        config: where the network does not resize, changes keep the photo's size.
        count: so many.
        seed: another seed gives other changes.
    """
    changed = [augment(example, np.random.default_rng([*seed, turn])) for turn in range(count)]
    return [resized(one, *example.size) if config.image_resize_mode == "none" else one for one in changed]
