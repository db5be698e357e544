"""The built-in shapes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from maskseg_cli.datasets.coco import read_coco
from maskseg_cli.datasets.example import mask_box
from maskseg_cli.datasets.shapes import ShapesSource, make_coco
from maskseg_cli.errors import UsageError


def test_pictures_are_what_their_masks_say() -> None:
    source = ShapesSource(60, (96, 128), seed=5)
    classes: Counter[int] = Counter()
    hidden = 0
    for index in range(len(source)):
        example = source[index]
        assert example.size == (96, 128)
        assert 1 <= len(example) <= 4
        covered = np.zeros(example.size, int)
        colours = []
        for mask, box in zip(example.masks, example.boxes, strict=True):
            full = mask.full(*example.size)
            covered += full
            assert mask_box(mask) == tuple(box)
            [colour] = np.unique(example.image[full], axis=0)
            colours.append(tuple(colour))
            same = (example.image == colour).all(axis=2)
            np.testing.assert_array_equal(same, full)  # nowhere else: neither hidden parts nor dropped shapes
        assert covered.max() == 1
        [background] = np.unique(example.image[covered == 0], axis=0)
        assert len({tuple(background), *colours}) == len(example) + 1
        classes.update(example.class_ids.tolist())
        squares = [m for m, c in zip(example.masks, example.class_ids, strict=True) if c == 1]
        hidden += sum(not mask.bitmap.all() for mask in squares)
    assert set(classes) == {1, 2, 3}
    assert min(classes.values()) > 15
    assert hidden > 0  # some squares lie below other shapes


def test_the_same_index_gives_the_same_picture() -> None:
    first, again, other = ShapesSource(9, 64, seed=1), ShapesSource(99, 64, seed=1), ShapesSource(9, 64, seed=2)
    np.testing.assert_array_equal(first[7].image, again[7].image)
    np.testing.assert_array_equal(first[7].boxes, again[7].boxes)
    assert (first[7].image != other[7].image).any()
    assert (first[7].image != first[6].image).any()
    with pytest.raises(IndexError):
        first[9]
    with pytest.raises(UsageError):
        ShapesSource(0)


def test_make_coco_says_the_same(tmp_path: Path) -> None:
    path = make_coco(tmp_path, 4, 64, seed=3)
    source, shapes = read_coco(path, tmp_path, strict=True), ShapesSource(4, 64, seed=3)
    assert source.class_names == shapes.class_names
    for index in range(4):
        read, drawn = source[index], shapes[index]
        np.testing.assert_array_equal(read.image, drawn.image)
        np.testing.assert_array_equal(read.boxes, drawn.boxes)
        np.testing.assert_array_equal(read.class_ids, drawn.class_ids)
        for a, b in zip(read.masks, drawn.masks, strict=True):
            np.testing.assert_array_equal(a.full(64, 64), b.full(64, 64))
