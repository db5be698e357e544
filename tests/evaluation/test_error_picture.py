"""Pictures of errors: dashes for what is marked, lines for what is found, captions for what is wrong."""

from __future__ import annotations

import numpy as np

from maskseg_cli.detections import MaskCrop
from maskseg_cli.evaluation.report.error_picture import FOUND, Outlined, error_picture


def colored(picture: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(picture.astype(int) - color) < 40).all(axis=2)


def test_each_kind_has_its_line() -> None:
    image = np.full((200, 300, 3), 90, np.uint8)
    mask = MaskCrop(20, 30, np.ones((60, 50), bool))
    objects = [
        Outlined((30, 20, 50, 60), mask, marked=True),
        Outlined((150, 20, 60, 60)),
        Outlined((230, 20, 40, 60), wrong=False),
    ]
    picture = error_picture(image, objects)
    assert picture.shape == image.shape
    assert (image == 90).all(), "the photo itself is not changed"
    dashes = picture[18:24, 33:77].max(axis=0).max(axis=1)
    assert 0.2 < (dashes > 110).mean() < 0.9, "dashes, half a pixel beside the rows of pixels"
    assert (picture[18:24, 33:77].min(axis=0).max(axis=1) < 60).all(), "on a dark line"
    assert picture[18:22, 155:205, 2].max(axis=0).min() > 140
    assert picture[18:22, 235:265, 0].max(axis=0).min() > 140


def test_a_large_photo_is_made_small_before_lines_are_drawn() -> None:
    objects = [Outlined((400, 400, 800, 800), caption="missed: <dog>"), Outlined((0, 0, 2000, 1000), wrong=False)]
    picture = error_picture(np.zeros((1000, 2000, 3), np.uint8), objects, side=500)
    assert picture.shape == (250, 500, 3)
    lines = colored(picture, FOUND)
    assert lines[150, 95:105].any()
    assert lines[150].sum() <= 8, "two lines of two pixels, however large the photo was"
    assert error_picture(np.zeros((40, 30, 3), np.uint8), []).shape == (40, 30, 3)
