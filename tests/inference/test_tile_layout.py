"""The tiles of a picture: where they lie, how many there are, and what the option may say."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.errors import UsageError
from maskseg_cli.inference.tile_layout import MOST, OVERLAP, SMALLEST, choose_grid, lay_tiles, parse_tiles

sides = st.integers(1, 20_000)
counts = st.integers(1, MOST)


@given(length=sides, count=counts, other=st.integers(1, 300))
def test_tiles_are_equal_cover_all_and_share_a_fifth(length: int, count: int, other: int) -> None:
    columns, _ = choose_grid((count, 1), other, length, 400)
    tiles = lay_tiles(other, length, columns, 1)
    assert len(tiles) == columns
    assert tiles[0].left == 0
    assert tiles[-1].right == length
    assert all((tile.top, tile.bottom) == (0, other) for tile in tiles)
    wide = {tile.right - tile.left for tile in tiles}
    assert len(wide) == 1
    shared = [a.right - b.left for a, b in itertools.pairwise(tiles)]
    assert all(pixels >= OVERLAP * (max(wide) - 1) for pixels in shared)
    # not much more than that either: the tiles are as small as they can be
    assert all(pixels <= OVERLAP * max(wide) + 4 for pixels in shared)


@given(height=st.integers(64, 900), width=st.integers(64, 900), columns=st.integers(1, 5), rows=st.integers(1, 5))
def test_every_pixel_is_in_a_tile(height: int, width: int, columns: int, rows: int) -> None:
    seen = np.zeros((height, width), np.uint8)
    for tile in lay_tiles(height, width, *choose_grid((columns, rows), height, width, 400)):
        assert 0 <= tile.top < tile.bottom <= height
        assert 0 <= tile.left < tile.right <= width
        seen[tile.top : tile.bottom, tile.left : tile.right] += 1
    assert seen.min() >= 1
    assert seen.max() <= 4


@given(height=sides, width=sides, side=st.integers(64, 4096))
def test_auto_is_bounded_and_leaves_small_pictures_whole(height: int, width: int, side: int) -> None:
    columns, rows = choose_grid("auto", height, width, side)
    assert 1 <= columns <= MOST
    assert 1 <= rows <= MOST
    if max(height, width) <= 1.8 * side:
        assert (columns, rows) == (1, 1)
    for tile in lay_tiles(height, width, columns, rows):
        assert min(tile.bottom - tile.top, tile.right - tile.left) >= min(SMALLEST, height, width)


def test_auto_goes_by_the_size_of_the_picture_and_of_the_network() -> None:
    assert choose_grid("auto", 480, 640, 400) == (1, 1)
    assert choose_grid("auto", 3000, 4000, 400) == (8, 6)
    assert choose_grid("auto", 3000, 4000, 1024) == (3, 2)
    assert choose_grid("auto", 8700, 11600, 400) == (MOST, MOST)
    assert choose_grid(None, 3000, 4000, 400) == (1, 1)


def test_a_picture_too_small_for_a_grid_gets_fewer_tiles() -> None:
    assert choose_grid((4, 3), 70, 200, 400) == (3, 1)


@pytest.mark.parametrize(
    "value", ["", "4", "4x", "x3", "0x2", "2x0", "17x1", "1x17", "-1x2", "4*3", "4x3x2", "AUTO ", 4, (4, 3), True]
)
def test_other_values_are_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^tiles is auto, or columns x rows from 1x1 to 16x16 such as 4x3, not .*\.$"):
        parse_tiles(value)


def test_columns_come_first() -> None:
    assert parse_tiles("4x3") == (4, 3) == parse_tiles("4X3")
    assert parse_tiles("auto") == "auto"
    assert parse_tiles(None) is None
