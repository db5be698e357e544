"""Makes the picture of docs/inspect-data.md from scikit-image's photo of coins.

    python docs/make_inspect_data_pictures.py

Writes docs/images/inspect-data.jpg: the photo with its objects, after augmentation, and two kinds of training targets.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data, filters, measure, morphology, segmentation

from maskseg_cli import MaskCrop
from maskseg_cli.datasets.example import Example
from maskseg_cli.inspection.data.anchor_targets import empty_molded, picture_targets
from maskseg_cli.inspection.data.drawn_examples import augmented, drawn_example
from maskseg_cli.inspection.data.network import find_network, open_proposals, training_config
from maskseg_cli.inspection.data.roi_targets import region_targets
from maskseg_cli.inspection.data.target_pictures import drawn_anchors, drawn_regions
from maskseg_cli.media.images import write_image
from maskseg_cli.model.anchors import AnchorCache
from maskseg_cli.training.inputs import batch_inputs

IMAGES = Path(__file__).parent / "images"

#: Size of each of the four pictures, and the gap between them, in pixels.
WIDTH, HEIGHT, GAP = 420, 330, 6

Picture = NDArray[np.uint8]


def coins() -> Example:
    """The photo with the coins that stand apart from each other and from the dark ground, by Otsu's threshold."""
    gray = data.coins()
    bright = morphology.closing(gray > filters.threshold_otsu(gray), morphology.footprint_rectangle((3, 3)))
    labels = measure.label(segmentation.clear_border(bright))
    masks = [MaskCrop.from_full(labels == one.label) for one in measure.regionprops(labels) if one.area > 600]
    return Example.of(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), [1] * len(masks), masks, name="coins.png")


def fitted(picture: Picture) -> Picture:
    """The picture in the middle of WIDTH x HEIGHT pixels."""
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    canvas = np.full((HEIGHT, WIDTH, 3), 235, np.uint8)
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return canvas


def shown() -> Picture:
    """Four pictures of the photo."""
    example, names = coins(), ("background", "coin")
    start = find_network("lite")
    config = training_config(start, "coins.json", len(names))
    inputs = {name: array[0] for name, array in batch_inputs([example], config).items()}
    height, width = inputs["image"].shape[:2]
    anchors_of = AnchorCache(config)
    anchors = picture_targets(
        example.boxes, example.class_ids, example.weights, example.size, config, anchors_of, (0, 0)
    )
    proposals = open_proposals(start, config).of(inputs, anchors_of(height, width))
    regions = region_targets(inputs, proposals, config)
    parts = [
        drawn_example(example, names),
        drawn_example(augmented(example, config, 1, (0, 4))[0], names),
        drawn_anchors(inputs["image"], anchors, config)[:, :width],
        drawn_regions(inputs["image"], regions, empty_molded(*example.size, (height, width), config), config),
    ]
    sheet = np.full((2 * HEIGHT + GAP, 2 * WIDTH + GAP, 3), 255, np.uint8)
    for number, part in enumerate(parts):
        top, left = number // 2 * (HEIGHT + GAP), number % 2 * (WIDTH + GAP)
        sheet[top : top + HEIGHT, left : left + WIDTH] = fitted(part)
    return sheet


if __name__ == "__main__":
    write_image(IMAGES / "inspect-data.jpg", shown(), quality=85)
