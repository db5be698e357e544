"""Pictures of training targets: anchors by their part in training, regions with refined boxes, mask targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.drawing.free_boxes import draw_dashed_box
from maskseg_cli.inference.molding import Molded
from maskseg_cli.inspection.data.anchor_targets import PictureTargets
from maskseg_cli.inspection.data.roi_targets import RegionTargets
from maskseg_cli.inspection.data.shown_input import (
    BLUE,
    GREEN,
    ORANGE,
    WHITE,
    beside,
    draw_frame_boxes,
    draw_window,
    enlarged,
)
from maskseg_cli.inspection.input_picture import input_picture
from maskseg_cli.inspection.photo_boxes import input_boxes
from maskseg_cli.training.rpn_targets import BACKGROUND_IOU, OBJECT_IOU

#: Boxes of one kind that are drawn at most, so that they can be told apart.
MOST_SHOWN = 25

#: Pixels of a cell of a mask target.
_CELL = 6


def drawn_window(inputs: Mapping[str, NDArray[Any]], molded: Molded, config: MaskRCNNConfig) -> NDArray[np.uint8]:
    """What the network gets, with objects (green), regions to ignore (orange), and the window (yellow, dashed)."""
    picture = input_picture(inputs["image"], config)
    colors = [GREEN if class_id > 0 else ORANGE for class_id in inputs["class_ids"].tolist()]
    draw_frame_boxes(picture, inputs["boxes"], colors, molded, config, 2)
    draw_window(picture, molded.window)
    return picture


def drawn_anchors(image: NDArray[np.float32], targets: PictureTargets, config: MaskRCNNConfig) -> NDArray[np.uint8]:
    """Twice the network's input: anchors that count as objects; and neutral and background ones.

    At the left all sampled anchors for objects (green) over the objects' boxes (white, dashed). At the right some of
    those that are neutral, with an IoU between the two limits (blue), and some of the sampled background (orange).
    """
    left, right = input_picture(image, config), input_picture(image, config)
    for box in input_boxes(targets.boxes, targets.molded, config):
        draw_dashed_box(left, box, WHITE, 2)
    draw_frame_boxes(left, targets.anchors[targets.match == 1], GREEN, targets.molded, config, _thin(left))
    background = _some(np.flatnonzero(targets.match == -1))
    between = (targets.highest >= BACKGROUND_IOU) & (targets.highest < OBJECT_IOU)
    neutral = _some(np.flatnonzero(between & (targets.match == 0)))
    draw_frame_boxes(right, targets.anchors[background], ORANGE, targets.molded, config, _thin(right))
    draw_frame_boxes(right, targets.anchors[neutral], BLUE, targets.molded, config, _thin(right))
    return beside([left, right])


def drawn_regions(
    image: NDArray[np.float32], targets: RegionTargets, molded: Molded, config: MaskRCNNConfig
) -> NDArray[np.uint8]:
    """Regions that show an object (green, dashed) and the boxes that they are refined to (white); some background."""
    picture = input_picture(image, config)
    shown = np.flatnonzero(targets.class_ids > 0)
    background = _some(np.flatnonzero(targets.class_ids == 0))
    draw_frame_boxes(picture, targets.rois[background], ORANGE, molded, config, _thin(picture))
    draw_frame_boxes(picture, targets.refined[shown], WHITE, molded, config, _thin(picture) + 1)
    for box in input_boxes(targets.rois[_some(shown)], molded, config):
        draw_dashed_box(picture, box, GREEN, _thin(picture))
    return picture


def drawn_mask_targets(
    image: NDArray[np.float32], targets: RegionTargets, molded: Molded, config: MaskRCNNConfig, count: int
) -> list[tuple[int, NDArray[np.uint8]]]:
    """Regions of different objects, each beside its mask target: class and picture.

    Args:
        image: the network's input.
        targets: of this picture.
        molded: its place in the input.
        config: of the network.
        count: at most so many regions.
    """
    picture = input_picture(image, config)
    found: list[tuple[int, NDArray[np.uint8]]] = []
    for row in _distinct(targets, count):
        x1, y1, x2, y2 = input_boxes(targets.rois[row : row + 1], molded, config)[0]
        top, left = max(0, int(np.floor(y1))), max(0, int(np.floor(x1)))
        part = picture[top : max(top + 1, int(np.ceil(y2))), left : max(left + 1, int(np.ceil(x2)))]
        if not part.size:
            continue
        side = targets.masks.shape[1] * _CELL
        region = cv2.resize(part, (side, side), interpolation=cv2.INTER_LINEAR)
        pair = beside([np.asarray(region, np.uint8), enlarged(targets.masks[row], _CELL)], 4)
        found.append((int(targets.class_ids[row]), pair))
    return found


def _thin(picture: NDArray[np.uint8]) -> int:
    """The width of a thin line that is still seen where the page shows the picture smaller."""
    return max(1, round(max(picture.shape[:2]) / 500))


def _distinct(targets: RegionTargets, count: int) -> list[int]:
    """Rows of regions that show an object, first one of each object, then others."""
    shown = np.flatnonzero(targets.class_ids > 0)
    keys = [tuple(np.round(targets.refined[row], 3).tolist()) for row in shown]
    first = [row for place, row in enumerate(shown) if keys[place] not in keys[:place]]
    return [int(row) for row in [*first, *(row for row in shown if row not in first)][:count]]


def _some(rows: Sequence[int] | NDArray[np.intp]) -> NDArray[np.intp]:
    """At most `MOST_SHOWN` of these rows, evenly spread."""
    rows = np.asarray(rows, int)
    if len(rows) <= MOST_SHOWN:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_SHOWN).astype(int)]
