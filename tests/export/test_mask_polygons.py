"""Masks to polygons and back, by pycocotools and by `cv2.fillPoly`."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskseg_cli import MaskCrop
from maskseg_cli.export.mask_polygons import coco_polygons, mask_parts, one_ring
from maskseg_cli.export.voc import centre_rings
from tests.export.samples import masks, ring_and_disc


def rasterized(polygons: list[list[float]], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of COCO's polygons, as pycocotools sees them."""
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(polygons, height, width))).astype(bool)


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


@settings(max_examples=50)
@given(masks())
def test_polygons_give_back_masks(mask: NDArray[np.bool_]) -> None:
    parts = mask_parts(MaskCrop.from_full(mask))
    for polygons in (coco_polygons(parts), [one_ring(parts).ravel().tolist()]):
        again = rasterized(polygons, *mask.shape)
        if mask.sum() < 500:
            assert (again == mask).all()
        else:
            assert iou(again, mask) >= 0.99


def test_holes_and_parts_are_kept_apart() -> None:
    mask = ring_and_disc()
    parts = mask_parts(MaskCrop.from_full(mask))
    assert [len(part.holes) for part in parts] == [1, 0, 0]
    assert len(coco_polygons(parts)) == 3
    # Fewer corners than steps along the border.
    assert len(parts[0].outer) < 100
    assert mask_parts(MaskCrop(0, 0, np.zeros((0, 0), bool))) == []
    assert one_ring([]).shape == (0, 2)


def test_an_object_in_the_corner_reaches_the_picture_s_edge() -> None:
    [part] = mask_parts(MaskCrop(0, 0, np.ones((30, 40), bool)))
    assert part.outer.min(axis=0).tolist() == [0, 0]
    assert part.outer.max(axis=0).tolist() == [40, 30]


@given(masks(30))
def test_rings_through_centres_fill_masks_again(mask: NDArray[np.bool_]) -> None:
    again = np.zeros(mask.shape, np.uint8)
    for ring in centre_rings(MaskCrop.from_full(mask)):
        part = np.zeros_like(again)
        cv2.fillPoly(part, [ring], (1,))
        again |= part
    assert not (mask & ~again.astype(bool)).any()
    # A line to a hole may pass over another hole.
    assert (again.astype(bool) & ~mask).sum() <= 0.02 * mask.size + 2
