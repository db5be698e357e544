"""Masks that are fitted to the picture."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.effects.refinement import Refinement, refined
from maskseg_cli.frame import Frame
from maskseg_cli.soft_mask import SoftMaskCrop
from tests.drawing.scenes import detections_of, noise


def disc(height: int, width: int, radius: int) -> np.ndarray:
    return np.asarray(cv2.circle(np.zeros((height, width), np.uint8), (width // 2, height // 2), radius, 1, -1)) > 0


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_a_coarse_edge_moves_to_where_the_colours_change() -> None:
    truth = disc(240, 320, 80)
    picture = np.where(truth[:, :, None], np.uint8([40, 60, 200]), np.uint8([150, 140, 60])).astype(np.uint8)
    picture = cv2.add(picture, noise(240, 320) // 12)
    small = cv2.resize(truth.astype(np.float32), (32, 24), interpolation=cv2.INTER_AREA)  # cells of 10 pixels
    coarse = cv2.resize((small > 0.5).astype(np.uint8), (320, 240), interpolation=cv2.INTER_NEAREST) > 0
    mask = refined(picture, MaskCrop.from_full(coarse))
    assert isinstance(mask, SoftMaskCrop)
    wrong, still_wrong = 1 - overlap(coarse, truth), 1 - overlap(mask.full(240, 320), truth)
    assert still_wrong < 0.6 * wrong
    assert (mask.bitmap == (mask.alpha >= 128)).all()


@given(
    left=st.integers(-20, 60),
    top=st.integers(-20, 50),
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    seed=st.integers(0, 5),
)
def test_any_mask_stays_inside_the_picture_and_is_not_lost(
    left: int, top: int, width: int, height: int, seed: int
) -> None:
    full = np.zeros((64, 80), bool)
    full[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = True
    if not full.any():
        return
    mask = refined(noise(64, 80, seed), MaskCrop.from_full(full))
    assert mask.bitmap.any()
    assert mask.top >= 0
    assert mask.left >= 0
    assert mask.top + mask.bitmap.shape[0] <= 64
    assert mask.left + mask.bitmap.shape[1] <= 80


def test_a_transform_refines_all_masks_and_keeps_the_rest() -> None:
    found = detections_of([disc(60, 80, 20), np.zeros((60, 80), bool)], class_ids=[1, 3])
    after = Refinement()(Frame(noise(60, 80)), found)
    assert (after.xyxy == found.xyxy).all()
    assert isinstance(after.masks[0], SoftMaskCrop)
    assert after.masks[1] is found.masks[1]
