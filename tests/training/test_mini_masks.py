"""Mini masks: conversion of a mask and back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.datasets.example import mask_box
from maskseg_cli.detections import MaskCrop
from maskseg_cli.training.mini_masks import expand, minimize
from tests.training.scenes import scene, seeds

SIZE = (480, 640)


def ellipse(height: float, width: float) -> MaskCrop:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    inside = ((rows - 230.3) / (height / 2)) ** 2 + ((columns - 310.7) / (width / 2)) ** 2 <= 1
    return MaskCrop.from_full(inside)


def iou(a: MaskCrop, b: MaskCrop) -> float:
    first, second = a.full(*SIZE), b.full(*SIZE)
    return float((first & second).sum() / (first | second).sum())


@pytest.mark.parametrize("height", [20, 33, 57, 150, 400])
@pytest.mark.parametrize("width", [20, 45, 210])
@pytest.mark.parametrize(("shape", "least"), [((56, 56), 0.97), ((28, 28), 0.96)])
def test_round_objects_come_back(height: int, width: int, shape: tuple[int, int], least: float) -> None:
    mask = ellipse(height, width)
    box = mask_box(mask)
    assert iou(expand(minimize(mask, box, shape), box, SIZE), mask) > least


@given(seeds, st.tuples(st.integers(1, 60), st.integers(1, 60)), st.tuples(*[st.floats(-5, 5)] * 4))
def test_cells_hold_the_covered_share(seed: int, shape: tuple[int, int], shift: tuple[float, ...]) -> None:
    example = scene(seed, objects=1)
    mask, (x1, y1, x2, y2) = example.masks[0], np.array(mask_box(example.masks[0])) + shift
    x2, y2 = max(x2, x1 + 0.5), max(y2, y1 + 0.5)
    mini = minimize(mask, (x1, y1, x2, y2), shape)
    assert mini.shape == shape
    assert mini.dtype == np.float32

    def share(start: float, end: float, pixels: int, cells: int) -> np.ndarray:
        edges = np.linspace(start, end, cells + 1)
        rows = [[max(0, min(b, p + 1) - max(a, p)) for p in range(pixels)] for a, b in itertools.pairwise(edges)]
        return np.array(rows) * cells / (end - start)

    full = mask.full(*example.size)
    wanted = share(y1, y2, full.shape[0], shape[0]) @ full @ share(x1, x2, full.shape[1], shape[1]).T
    np.testing.assert_allclose(mini, wanted, atol=2e-4)


def test_an_empty_mask() -> None:
    empty = MaskCrop(0, 0, np.zeros((0, 0), bool))
    assert not minimize(empty, (1, 1, 5, 5), (28, 28)).any()
