"""Augmentation moves masks, boxes and pixels together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.datasets.example import Example, mask_box
from maskseg_cli.detections import MaskCrop
from maskseg_cli.errors import UsageError
from maskseg_cli.training.augmentation import Augmentation, augment, flip, recolour, window
from tests.training.scenes import STEP, scene, seeds

PLACES = Augmentation(flip=0.5, scale=(0.4, 3), crop=0.7, min_crop=0.3, brightness=0, contrast=0, saturation=0, hue=0)
STILL = Augmentation(flip=0, scale=(1, 1), crop=0, brightness=0, contrast=0, saturation=0, hue=0)


def equal(a: Example, b: Example) -> None:
    np.testing.assert_array_equal(a.image, b.image)
    np.testing.assert_allclose(a.boxes, b.boxes, atol=1e-4)
    for field in ("class_ids", "weights", "has_mask"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
    for mask, other in zip(a.masks, b.masks, strict=True):
        np.testing.assert_array_equal(mask.full(*a.size), other.full(*b.size))


@given(seeds, seeds)
def test_masks_stay_on_their_objects(seed: int, draw: int) -> None:
    example = scene(seed)
    changed = augment(example, np.random.default_rng(draw), PLACES)
    height, width = changed.size
    assert (changed.boxes >= 0).all()
    assert (changed.boxes <= [width, height, width, height]).all()
    weights = dict(zip(example.class_ids.tolist(), example.weights.tolist(), strict=True))
    for class_id, mask, box, weight in zip(
        changed.class_ids.tolist(), changed.masks, changed.boxes, changed.weights.tolist(), strict=True
    ):
        object_pixels = mask.full(height, width)
        assert (changed.image[object_pixels] == STEP * abs(class_id)).all()
        assert mask.area == object_pixels.sum() > 0
        assert np.abs(np.array(mask_box(mask)) - box).max() <= 0.5
        assert weight == weights[abs(class_id)]


@given(seeds)
def test_flipped_twice_is_the_same(seed: int) -> None:
    example = scene(seed, boxed=True)
    equal(flip(flip(example)), example)


@given(seeds)
def test_a_flip_is_a_mirror(seed: int) -> None:
    example = scene(seed)
    mirrored = flip(example)
    np.testing.assert_array_equal(mirrored.image, example.image[:, ::-1])
    for mask, other in zip(mirrored.masks, example.masks, strict=True):
        np.testing.assert_array_equal(mask.full(*example.size), other.full(*example.size)[:, ::-1])
    np.testing.assert_allclose(mirrored.boxes[:, 0] + example.boxes[:, 2], example.size[1], atol=1e-4)


@given(seeds, st.integers(-30, 40), st.integers(-30, 40), st.integers(5, 90), st.integers(5, 90))
def test_a_window_is_a_cut(seed: int, top: int, left: int, height: int, width: int) -> None:
    example = scene(seed, boxed=True)
    if top + height <= 0 or left + width <= 0 or top >= example.size[0] or left >= example.size[1]:
        return
    cut = window(example, top, left, height, width)
    assert cut.image.shape == (height, width, 3)
    big = np.full((200, 200), -1)
    big[60 : 60 + example.size[0], 60 : 60 + example.size[1]] = example.image[..., 0]
    wanted = big[60 + top : 60 + top + height, 60 + left : 60 + left + width]
    np.testing.assert_array_equal(cut.image[..., 0][wanted >= 0], wanted[wanted >= 0])
    left_over = {abs(int(class_id)): row for row, class_id in enumerate(cut.class_ids)}
    for row, class_id in enumerate(example.class_ids.tolist()):
        full = np.zeros((200, 200), bool)
        full[60 : 60 + example.size[0], 60 : 60 + example.size[1]] = example.masks[row].full(*example.size)
        full = full[60 + top : 60 + top + height, 60 + left : 60 + left + width]
        if example.has_mask[row]:
            assert full.any() == (class_id in left_over)
            if class_id in left_over:
                np.testing.assert_array_equal(cut.masks[left_over[class_id]].full(height, width), full)
        elif class_id in left_over:
            x1, y1, x2, y2 = example.boxes[row] - [left, top, left, top]
            y_low, y_high = max(0, -top), min(height, example.size[0] - top)
            x_low, x_high = max(0, -left), min(width, example.size[1] - left)
            wanted_box = [max(x1, x_low), max(y1, y_low), min(x2, x_high), min(y2, y_high)]
            np.testing.assert_allclose(cut.boxes[left_over[class_id]], wanted_box, atol=1e-4)


def square(has_mask: bool = True) -> Example:
    """One object, rows 10..29 and columns 20..39 of 48 x 64, boxed a quarter of a pixel wider."""
    example = scene(0, objects=0)
    mask = np.zeros(example.size, bool)
    mask[10:30, 20:40] = True
    box = np.array([[19.75, 9.75, 40.25, 30.25]])
    return Example.of(example.image, [1], [MaskCrop.from_full(mask)], box, has_mask=[has_mask])


def test_a_box_stays_fine_where_nothing_is_cut() -> None:
    cut = window(square(), 0, 30, 48, 34)
    np.testing.assert_allclose(cut.boxes, [[0, 9.75, 10.25, 30.25]])
    cut = window(square(), 5, 15, 30, 30)
    np.testing.assert_allclose(cut.boxes, [[4.75, 4.75, 25.25, 25.25]])


@pytest.mark.parametrize("has_mask", [True, False])
def test_objects_cut_away(has_mask: bool) -> None:
    example = square(has_mask)
    assert window(example, 0, 25, 48, 39, 0.5).class_ids.tolist() == [1]
    assert window(example, 0, 35, 48, 29, 0.5).class_ids.tolist() == [-1]  # a quarter is left: neither object nor not
    gone = window(example, 0, 50, 48, 14)
    assert len(gone) == 0
    assert gone.boxes.shape == (0, 4)


def test_a_crowd_stays_a_crowd() -> None:
    crowd = replace(square(), class_ids=np.array([-1], np.int32))
    assert window(crowd, 0, 0, 48, 64, 1.0).class_ids.tolist() == [-1]
    assert window(crowd, 0, 35, 48, 29, 0.5).class_ids.tolist() == [-1]


@given(seeds)
def test_some_object_always_remains(seed: int) -> None:
    changed = augment(square(), np.random.default_rng(seed), replace(PLACES, scale=(3, 6)))
    assert changed.class_ids.tolist() == [1]


@given(seeds)
def test_the_same_generator_gives_the_same(seed: int) -> None:
    example, options = scene(seed, boxed=True), Augmentation()
    before = (example.image.copy(), example.boxes.copy())
    equal(
        augment(example, np.random.default_rng(seed), options), augment(example, np.random.default_rng(seed), options)
    )
    np.testing.assert_array_equal(example.image, before[0])  # the example itself is not touched
    np.testing.assert_array_equal(example.boxes, before[1])


def test_everything_off_changes_nothing() -> None:
    example = scene(3, boxed=True)
    equal(augment(example, np.random.default_rng(0), STILL), example)


def test_a_picture_without_objects() -> None:
    example = scene(0, objects=0)
    for seed in range(20):
        assert len(augment(example, np.random.default_rng(seed))) == 0


def test_zoomed_out_the_canvas_has_the_mean_colour() -> None:
    example = replace(scene(1), image=np.full((48, 64, 3), (10, 20, 30), np.uint8))
    out = window(example, -10, -10, 100, 100)
    assert (out.image == (10, 20, 30)).all()


@pytest.mark.parametrize(
    "options",
    [{"brightness": 0.5}, {"contrast": 0.9}, {"saturation": 0.9}, {"hue": 0.3}],
)
@settings(max_examples=20)
@given(seed=seeds)
def test_each_colour_change_is_what_it_says(options: dict[str, Any], seed: int) -> None:
    import cv2

    rng = np.random.default_rng(seed)
    image = rng.integers(60, 190, (20, 20, 3), np.uint8)
    example = Example.of(image, [], [])
    found = recolour(example, rng, replace(STILL, **options)).image
    before, after = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(int), cv2.cvtColor(found, cv2.COLOR_BGR2HSV)
    if "brightness" in options:
        change = found.astype(int) - image
        inside = (found > 0) & (found < 255)
        assert np.ptp(change[inside]) <= 1 if inside.any() else True
    if "contrast" in options:
        inside = (found > 0) & (found < 255)
        factor = np.polyfit(image[inside], found[inside], 1)[0]
        assert 0.05 <= factor <= 1.95
    if "saturation" in options or "hue" in options:
        assert np.abs(after[..., 2].astype(int) - before[..., 2]).max() <= 1  # value, HSV's V, stays
    if "hue" in options:
        vivid = before[..., 1] > 120
        turns = (after[..., 0].astype(int) - before[..., 0])[vivid] % 180
        if vivid.any():
            middle = np.median(turns)
            assert (np.abs((turns - middle + 90) % 180 - 90) <= 3).all()


@pytest.mark.parametrize(
    "options",
    [{"flip": 2}, {"scale": (2, 1)}, {"scale": (0, 1)}, {"min_crop": 0}, {"hue": 0.7}, {"crop": float("nan")}],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Augmentation(**options)
