"""Unmolding: boxes go back to where they came from, masks lie where they belong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from maskseg_cli.config import COCO, LITE, MaskRCNNConfig
from maskseg_cli.detections import MaskCrop
from maskseg_cli.inference.interpolation import bilinear_resize
from maskseg_cli.inference.molding import Molded, mold
from maskseg_cli.inference.unmolding import (
    paste_in_box,
    paste_with_border,
    unmold,
    unmold_normalized_boxes,
    unmold_pixel_boxes,
)
from maskseg_cli.model.box_frames import normalize_boxes
from tests.model.naive import sample

SQUARE = COCO.replace(image_min_dim=64, image_max_dim=128)
PAD64 = SQUARE.replace(image_resize_mode="pad64")
FIT = LITE.replace(image_min_dim=64, image_max_dim=128)

#: Height and width of a picture, and places of a box in it as shares.
SIZES = st.tuples(st.integers(2, 300), st.integers(2, 300))
SHARES = arrays(np.float64, (6, 4), elements=st.floats(0, 1))


def molded_of(size: tuple[int, int], config: MaskRCNNConfig) -> Molded:
    return mold(np.zeros((*size, 3), np.uint8), config)


def boxes_in(size: tuple[int, int], shares: NDArray[Any]) -> NDArray[np.int64]:
    """Boxes of whole pixels inside the picture, half-open, at least one pixel large."""
    extent = np.array(size)
    near = (np.minimum(shares[:, :2], shares[:, 2:]) * (extent - 1)).astype(int)
    far = np.maximum(near + 1, np.around(np.maximum(shares[:, :2], shares[:, 2:]) * extent).astype(int))
    return np.concatenate([near, far], axis=1)


@pytest.mark.parametrize("config", [SQUARE, PAD64], ids=["square", "pad64"])
@given(size=SIZES, shares=SHARES)
@settings(max_examples=40)
def test_whole_pixels_come_back_from_the_normalized_frame(
    config: MaskRCNNConfig, size: tuple[int, int], shares: NDArray[Any]
) -> None:
    """A pixel's place among the centres of the picture's pixels is its place among those of the window's."""
    molded, boxes = molded_of(size, config), boxes_in(size, shares)
    assume(min(molded.window[2] - molded.window[0], molded.window[3] - molded.window[1]) > 1)
    top, left, bottom, right = normalize_boxes(np.array([molded.window]), *molded.image.shape[:2])[0]
    place = (boxes - [0, 0, 1, 1]) / (np.tile(size, 2) - 1)
    sent = place * [bottom - top, right - left, bottom - top, right - left] + [top, left, top, left]
    found = unmold_normalized_boxes(sent.astype(np.float32), molded)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, boxes)


@given(size=SIZES, shares=SHARES)
@settings(max_examples=40)
def test_whole_pixels_come_back_from_the_frame_of_pixels(size: tuple[int, int], shares: NDArray[Any]) -> None:
    molded, boxes = molded_of(size, FIT), boxes_in(size, shares)
    height, width = molded.image.shape[:2]
    scale = np.tile([height / size[0], width / size[1]], 2)
    sent = ((boxes - [0, 0, 1, 1]) * scale).astype(np.float32)
    np.testing.assert_allclose(unmold_pixel_boxes(sent, molded), boxes, atol=1e-3)


@pytest.mark.parametrize("size", [(64, 64), (30, 50), (100, 300), (300, 100), (1, 300), (300, 1), (1, 1)])
@pytest.mark.parametrize("config", [SQUARE, PAD64], ids=["square", "pad64"])
def test_the_window_is_the_whole_picture(config: MaskRCNNConfig, size: tuple[int, int]) -> None:
    """Also of a picture one pixel high, whose window has no extent in the normalized frame."""
    molded = molded_of(size, config)
    window = normalize_boxes(np.array([molded.window]), *molded.image.shape[:2])
    with np.errstate(all="raise"):
        assert unmold_normalized_boxes(window, molded).tolist() == [[0, 0, *size]]


@pytest.mark.parametrize("size", [(64, 64), (30, 50), (100, 300), (300, 100), (1, 50), (50, 1), (1, 1)])
def test_the_whole_frame_of_pixels_is_the_whole_picture(size: tuple[int, int]) -> None:
    molded = molded_of(size, FIT)
    height, width = molded.image.shape[:2]
    last = np.array([[0, 0, height - 1, width - 1]], np.float32)
    found = unmold_pixel_boxes(last, molded)
    # the last pixel here begins before the original's last pixel does, or before the last ones if that is larger
    assert np.abs(found - [0, 0, *size]).max() <= max(1, 1 / molded.scale)
    assert (found[0, 2:] <= size).all()


def test_boxes_stay_inside_the_picture() -> None:
    molded = molded_of((50, 60), FIT)
    wild = np.array([[-20, -5, 500, 400]], np.float32)
    assert unmold_pixel_boxes(wild, molded).tolist() == [[0, 0, 50, 60]]


def naive_mask(mask: NDArray[Any], box: NDArray[Any], size: tuple[int, int], border: int) -> NDArray[np.float64]:
    """At each pixel's centre in the box the bilinear value among the mask's cells with zeros around them."""
    cells = np.pad(np.asarray(mask, float), border, mode="constant")[:, :, None]
    if not border:
        cells = np.pad(cells, [(1, 1), (1, 1), (0, 0)], mode="edge")
    around = max(border, 1)
    cell = (box[2] - box[0]) / mask.shape[0], (box[3] - box[1]) / mask.shape[1]
    result = np.zeros(size)
    for y, x in np.ndindex(size):
        if not (box[0] <= y + 0.5 <= box[2] and box[1] <= x + 0.5 <= box[3]):
            continue
        v = (y + 0.5 - box[0]) / cell[0] - 0.5 + around
        u = (x + 0.5 - box[1]) / cell[1] - 0.5 + around
        result[y, x] = sample(cells, v, u)[0]
    return result


def assert_pasted(crop: MaskCrop, soft: NDArray[np.float64], size: tuple[int, int], doubt: float = 0.05) -> None:
    """The crop is the soft mask cut at one half; OpenCV counts places in 32nds of a cell, hence some doubt."""
    found = crop.full(*size)
    clear = np.abs(soft - 0.5) > doubt
    np.testing.assert_array_equal(found[clear], soft[clear] >= 0.5)


BOXES = st.tuples(*[st.floats(0, 1)] * 4)


@given(shares=BOXES, mask=arrays(np.float32, (6, 5), elements=st.floats(0, 1, width=16)), border=st.integers(0, 2))
@settings(max_examples=60)
def test_a_mask_with_a_border_is_drawn_with_sub_pixel_accuracy(
    shares: tuple[float, ...], mask: NDArray[np.float32], border: int
) -> None:
    size = (17, 23)
    y, x = sorted(np.array(shares[:2]) * size[0]), sorted(np.array(shares[2:]) * size[1])
    box = np.array([y[0], x[0], max(y[1], y[0] + 1e-3), max(x[1], x[0] + 1e-3)])
    crop = paste_with_border(mask, box, size, border)
    assert_pasted(crop, naive_mask(mask, box, size, border), size)
    assert crop.top + crop.bitmap.shape[0] <= size[0]
    assert crop.left + crop.bitmap.shape[1] <= size[1]


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 17, 23),
        (0, 0, 1, 1),
        (16, 22, 17, 23),
        (0, 5.25, 0.6, 9.75),
        (3.4, 5.4, 3.6, 5.6),  # around a pixel's centre, a fifth of a pixel large
        (3.6, 5.6, 3.9, 5.9),  # between the centres
        (2.3, 0, 9.9, 23),
    ],
)
@pytest.mark.parametrize("border", [0, 1])
def test_a_full_mask_covers_its_box(box: tuple[float, ...], border: int) -> None:
    mask, size = np.ones((24, 24), np.float32), (17, 23)
    crop = paste_with_border(mask, np.array(box), size, border)
    y, x = np.indices(size) + 0.5
    inside = (y > box[0]) & (y < box[2]) & (x > box[1]) & (x < box[3])
    np.testing.assert_array_equal(crop.full(*size), inside)


def test_a_crop_is_as_large_as_its_box_whatever_the_picture() -> None:
    crop = paste_with_border(np.ones((24, 24), np.float32), np.array([100, 100, 148, 124.0]), (3000, 4000))
    assert (crop.top, crop.left, crop.bitmap.shape, crop.area) == (100, 100, (48, 24), 48 * 24)


def test_a_mask_fades_towards_its_border_only_where_there_is_one() -> None:
    mask, box = np.full((4, 4), 0.6, np.float32), np.array([0, 0, 40, 40.0])
    assert paste_with_border(mask, box, (40, 40), border=0).area == 40 * 40
    faded = paste_with_border(mask, box, (40, 40), border=1).bitmap
    assert faded[5:-5, 5:-5].all()
    assert not faded[:3].any()
    assert not faded[:, -3:].any()


@given(shares=BOXES, mask=arrays(np.float32, (7, 7), elements=st.floats(0, 1, width=16)), shift=st.integers(-10, 10))
@settings(max_examples=40)
def test_a_mask_in_its_box_is_matterports(shares: tuple[float, ...], mask: NDArray[np.float32], shift: int) -> None:
    """Resized to the box's whole pixels and pasted; what lies outside the picture is cut off."""
    size = (20, 30)
    box = boxes_in(size, np.array([shares]))[0] + shift
    canvas = np.zeros((60, 70), bool)
    y1, x1, y2, x2 = box + 20
    canvas[y1:y2, x1:x2] = bilinear_resize(mask, y2 - y1, x2 - x1).astype(np.float32) >= 0.5
    found = paste_in_box(mask, box, size)
    np.testing.assert_array_equal(found.full(*size), canvas[20:40, 20:50])


def answer(boxes: list[list[float]], side: int) -> tuple[Any, ...]:
    n = len(boxes)
    masks = np.ones((n, side, side), np.float32)
    return np.array(boxes, np.float32).reshape(-1, 4), np.arange(1, n + 1), np.linspace(0.9, 0.5, n), masks


@pytest.mark.parametrize(("config", "side"), [(SQUARE, 28), (FIT, 24)], ids=["square", "fit"])
def test_detections_of_a_picture(config: MaskRCNNConfig, side: int) -> None:
    molded = molded_of((64, 128), config)
    if config.box_frame == "pixels":
        boxes = [[0, 0, 63, 63], [10, 20, 19, 39]]
    else:
        boxes = normalize_boxes(np.array([[32, 0, 96, 64], [42, 20, 52, 40]]), 128, 128).tolist()
    found = unmold(*answer(boxes, side), molded, config, ("background", "cup", "spoon"))
    np.testing.assert_allclose(found.xyxy, [[0, 0, 64, 64], [20, 10, 40, 20]], atol=1e-4)
    assert found.names == ["cup", "spoon"]
    np.testing.assert_allclose(found.confidence, [0.9, 0.5])
    assert (found.xyxy.dtype, found.class_id.dtype, found.confidence.dtype) == (np.float32, np.int32, np.float32)
    assert found.image_size == (64, 128)
    full = found.mask
    assert full.shape == (2, 64, 128)
    for mask, (x1, y1, x2, y2) in zip(full, found.xyxy.astype(int), strict=True):
        assert not mask[:y1].any()
        assert not mask[:, x2:].any()
        assert mask[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].all()


@pytest.mark.parametrize(("config", "side"), [(SQUARE, 28), (FIT, 24)], ids=["square", "fit"])
def test_no_detection(config: MaskRCNNConfig, side: int) -> None:
    found = unmold(*answer([], side), molded_of((64, 128), config), config)
    assert len(found) == 0
    assert found.image_size == (64, 128)
    assert found.mask.shape == (0, 64, 128)


def test_boxes_of_no_pixel_are_left_out_and_others_keep_their_own_masks() -> None:
    """In the picture's frame a box can vanish only where rounding meets an exact half."""
    molded = molded_of((9, 9), SQUARE.replace(image_resize_mode="pad64", image_min_dim=64))
    boxes, labels, scores, masks = answer([[0.0, 0, 1, 1]] * 3, 28)
    boxes[1, 2] = boxes[1, 0] - 0.2  # y2 before y1
    masks[2] = 0
    found = unmold(boxes, labels, scores, masks, molded, SQUARE)
    assert found.class_id.tolist() == [1, 3]
    assert [mask.area > 0 for mask in found.masks] == [True, False]
