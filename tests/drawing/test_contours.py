from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from maskseg_cli.detections import MaskCrop
from maskseg_cli.drawing.contours import draw_contours
from tests.drawing.scenes import near, rectangle

WHITE = (255, 255, 255)


def contour(mask: NDArray[np.bool_], line_width: int) -> NDArray[np.uint8]:
    """White outlines on black, one channel."""
    canvas = np.zeros((*mask.shape, 3), np.uint8)
    draw_contours(canvas, [MaskCrop.from_full(mask)], [WHITE], line_width)
    assert (canvas == canvas[:, :, :1]).all()
    return canvas[:, :, 0]


@pytest.mark.parametrize("line_width", [1, 2, 3, 4, 5, 8, 13])
def test_the_line_lies_on_the_border_as_much_outside_as_inside(line_width: int) -> None:
    drawn = contour(rectangle(100, 120, 30, 40, 90, 70), line_width).astype(float)
    for profile, border in (
        (drawn[:, 60], 40),
        (drawn[::-1, 60], 30),
        (drawn[55], 30),
        (drawn[55, ::-1], 30),
    ):
        around = profile[border - 14 : border + 14] / 255
        outside, inside = around[:14][::-1], around[14:]
        if line_width <= 3:
            assert np.abs(outside - inside).max() < 0.08
        centre = ((np.arange(28) - 13.5) * around).sum() / around.sum()
        assert abs(centre) < 0.2
        # Half of the width on either side, and a soft edge of about a pixel.
        assert (outside[: line_width // 2] > 0.65).all()
        assert (outside[line_width // 2 + 2 :] < 0.08).all()
        assert line_width - 0.6 <= around.sum() <= line_width + 1.4


def test_a_line_of_two_pixels_covers_the_pixels_on_both_sides() -> None:
    drawn = contour(rectangle(20, 20, 5, 5, 15, 15), 2)
    assert (drawn[8:12, [4, 5, 14, 15]] > 220).all()
    assert (drawn[[4, 5, 14, 15], 8:12] > 220).all()
    assert (drawn[8:12, [2, 7, 12, 17]] == 0).all()


@pytest.mark.parametrize("line_width", [1, 2, 3, 6])
def test_holes_and_separate_parts_are_outlined(line_width: int) -> None:
    mask = rectangle(90, 140, 10, 10, 80, 80)
    mask[30:60, 30:60] = False
    mask |= rectangle(90, 140, 100, 20, 130, 70)
    drawn = contour(mask, line_width)
    across = drawn[45] > 120
    starts = np.flatnonzero(across[1:] & ~across[:-1])
    assert np.abs(starts - np.array([10, 30, 60, 80, 100, 130])).max() <= line_width // 2 + 2
    assert drawn[45, 45] == drawn[45, 20] == drawn[45, 90] == drawn[45, 115] == 0


def test_outlines_are_closed() -> None:
    yy, xx = np.mgrid[:80, :80]
    disc = (xx - 40.3) ** 2 + (yy - 39.6) ** 2 < 900
    for line_width in (1, 2, 3, 5):
        drawn = contour(disc, line_width) > 90
        angles = np.linspace(0, 2 * np.pi, 400)
        for angle in angles:
            ray = np.arange(20, 39, 0.5)
            hit = drawn[
                np.rint(39.6 + ray * np.sin(angle)).astype(int),
                np.rint(40.3 + ray * np.cos(angle)).astype(int),
            ]
            assert hit.any()


@pytest.mark.parametrize("line_width", [1, 2, 4])
def test_the_line_is_smooth(line_width: int) -> None:
    yy, xx = np.mgrid[:60, :60]
    drawn = contour(xx + 2 * yy < 80, line_width)
    assert len(np.unique(drawn)) > 10


@pytest.mark.parametrize("line_width", [2, 3, 5])
def test_nothing_is_cut_off_at_the_crop(line_width: int) -> None:
    mask = rectangle(40, 40, 10, 10, 30, 30)
    assert contour(mask, line_width)[9, 15:25].min() > 150


def test_an_object_at_every_border_of_the_picture_at_once() -> None:
    drawn = contour(np.ones((30, 40), dtype=bool), 2)
    for edge in (drawn[0, 5:-5], drawn[-1, 5:-5], drawn[5:-5, 0], drawn[5:-5, -1]):
        assert (edge > 220).all()
    assert (drawn[3:-3, 3:-3] == 0).all()


@pytest.mark.parametrize("line_width", [1, 2, 3, 7])
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 1), (2, 2)])
def test_the_smallest_objects_are_seen(size: tuple[int, int], line_width: int) -> None:
    height, width = size
    mask = rectangle(40, 40, 20, 20, 20 + width, 20 + height)
    drawn = contour(mask, line_width)
    assert drawn.max() > 120
    assert not drawn[~near(mask, line_width // 2 + 2)].any()


def test_the_line_stays_near_a_ragged_border() -> None:
    random = np.random.default_rng(3)
    mask = near(random.random((120, 120)) < 0.01, 3) & ~(random.random((120, 120)) < 0.05)
    mask &= rectangle(120, 120, 8, 8, 112, 112)
    for line_width in (1, 2, 3, 6):
        reach = line_width // 2 + 2
        border = near(mask, reach) & near(~mask, reach)
        drawn = contour(mask, line_width)
        assert not drawn[~border].any()
        if line_width >= 2:
            # It leaves out no pixel along the border, however ragged.
            assert drawn[mask & near(~mask, 1)].min() > 30
