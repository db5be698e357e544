"""Boundary IoU against its definition by brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from maskseg_cli.evaluation.boundary_overlap import boundary_rle, mask_boundary
from maskseg_cli.evaluation.coco_ap import average_precision
from tests.evaluation.random_sets import random_set

masks = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1))


def near_border(mask: np.ndarray, distance: int) -> np.ndarray:
    """Pixels of the mask with something outside of it within so many steps, the outside of the picture included."""
    found = np.zeros_like(mask)
    height, width = mask.shape
    for y, x in zip(*np.nonzero(mask), strict=True):
        for v in range(y - distance, y + distance + 1):
            for u in range(x - distance, x + distance + 1):
                if not (0 <= v < height and 0 <= u < width) or not mask[v, u]:
                    found[y, x] = 1
    return found


@given(masks, st.integers(1, 4))
def test_the_boundary_is_what_is_near_the_border(mask: np.ndarray, distance: int) -> None:
    assert (mask_boundary(mask, distance) == near_border(mask, distance)).all()


@given(masks, st.floats(0.01, 0.3))
def test_the_boundary_of_an_rle(mask: np.ndarray, share: float) -> None:
    rle = coco_mask.encode(np.asfortranarray(mask))
    found = coco_mask.decode(boundary_rle(rle, share))
    assert (found == near_border(mask, max(1, round(share * float(np.hypot(*mask.shape)))))).all()


def test_boundary_ap_is_at_most_mask_ap() -> None:
    differ = 0
    for seed in range(12):
        dataset, rows = random_set(seed)
        masks_ap = average_precision(dataset, rows, "segm", dataset.categories).figures["AP"]
        near_ap = average_precision(dataset, rows, "boundary", dataset.categories).figures["AP"]
        if masks_ap is None:
            assert near_ap is None
            continue
        assert near_ap is not None
        assert near_ap <= masks_ap + 1e-9
        differ += near_ap < masks_ap
    assert differ > 5


def test_perfect_masks_are_perfect_at_the_border_too() -> None:
    dataset, _ = random_set(5)
    rows = [
        {key: one[key] for key in ("image_id", "category_id", "bbox", "segmentation")} | {"score": 0.9}
        for one in dataset.annotations
        if not one["iscrowd"]
    ]
    assert average_precision(dataset, rows, "boundary", dataset.categories).figures["AP"] == 1.0
