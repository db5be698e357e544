"""Boundary IoU against its definition by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from maskseg_cli.evaluation import coco_ap
from maskseg_cli.evaluation.boundary_overlap import BoundaryEvaluation, boundary_rle, mask_boundary
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


def brute_overlap(found: np.ndarray, marked: np.ndarray, crowd: bool, distance: int) -> float:
    """The smaller one of mask IoU and boundary IoU, by counting pixels; of a crowd the share of `found` in it."""
    if crowd:
        return float((found & marked).sum() / found.sum())
    pairs = [(found, marked), (near_border(found, distance), near_border(marked, distance))]
    return min(float((one & other).sum() / (one | other).sum()) for one, other in pairs)


def test_overlaps_are_those_of_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluations: list[BoundaryEvaluation] = []

    def remembered(*arguments: Any) -> BoundaryEvaluation:
        evaluations.append(BoundaryEvaluation(*arguments))
        return evaluations[-1]

    monkeypatch.setattr(coco_ap, "BoundaryEvaluation", remembered)
    compared = crowds = 0
    for seed in range(3):
        dataset, rows = random_set(seed, photos=40)
        average_precision(dataset, rows, "boundary", dataset.categories)
        evaluation = evaluations[-1]
        for key, overlaps in evaluation.ious.items():
            objects, found = evaluation._gts[key], sorted(evaluation._dts[key], key=lambda row: -row["score"])
            for row in range(len(found) if objects else 0):
                for column, one in enumerate(objects):
                    pixels = [coco_mask.decode(record["segmentation"]) for record in (found[row], one)]
                    expected = brute_overlap(
                        *pixels, bool(one["iscrowd"]), max(1, round(0.02 * float(np.hypot(40, 40))))
                    )
                    if expected >= 0.5 or overlaps[row, column] >= 0.5:
                        assert overlaps[row, column] == pytest.approx(expected)
                        compared += 1
                        crowds += one["iscrowd"]
    assert compared >= 25
    assert crowds > 0


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
