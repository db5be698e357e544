"""Examples whose pictures show where each object is by its colour."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from maskseg_cli.datasets.example import Example, filled_box
from maskseg_cli.detections import MaskCrop

#: Object n has this colour times n + 1 in every channel; everything else is 0.
STEP = 40


def scene(seed: int, height: int = 48, width: int = 64, objects: int = 4, boxed: bool = False) -> Example:
    """Random disks and rectangles, later ones in front, drawn in their own grays on black.

    With `boxed` every other object has a box and no mask; boxes of others are finer than their masks.
    """
    rng = np.random.default_rng(seed)
    owner = np.zeros((height, width), int)
    rows, columns = np.mgrid[:height, :width]
    for number in range(1, objects + 1):
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        h, w = rng.uniform(2, height / 2, 2)
        if rng.random() < 0.5:
            inside = ((rows - y) / h) ** 2 + ((columns - x) / w) ** 2 <= 1
        else:
            inside = (abs(rows - y) <= h) & (abs(columns - x) <= w)
        owner[inside] = number
    numbers = [number for number in range(1, objects + 1) if (owner == number).any()]
    masks = [MaskCrop.from_full(owner == number) for number in numbers]
    image = np.repeat((owner * STEP)[..., None], 3, axis=2).astype(np.uint8)
    example = Example.of(image, numbers, masks, name=f"scene {seed}", id=seed)
    shift = rng.uniform(-0.4, 0.4, example.boxes.shape)
    boxes = np.clip(example.boxes + shift, 0, [width, height, width, height])
    has_mask = np.array([not boxed or row % 2 == 0 for row in range(len(masks))], bool)
    masks = [
        mask if outlined else filled_box(box, (height, width))
        for mask, outlined, box in zip(masks, has_mask, boxes, strict=True)
    ]
    weights = rng.uniform(0.2, 1, len(masks))
    return Example.of(image, numbers, masks, boxes, weights=weights, has_mask=has_mask, name=f"scene {seed}", id=seed)


seeds = st.integers(0, 2**32 - 1)
