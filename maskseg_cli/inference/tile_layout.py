"""Tiles: how a large picture is divided into overlapping parts of equal size."""

from __future__ import annotations

import math
import re
from typing import Any, Literal, NamedTuple, TypeAlias

from maskseg_cli.errors import UsageError

#: Columns and rows of tiles, "auto" for a grid by the size of each picture, or None for no tiles.
Grid: TypeAlias = "tuple[int, int] | Literal['auto'] | None"

#: Most columns and most rows of tiles: 256 tiles in all.
MOST = 16

#: What neighbouring tiles share, as a part of a tile's side. An object up to this size lies whole in one tile at least.
OVERLAP = 0.2

#: A tile is not smaller than so many pixels a side: smaller pictures get fewer tiles.
SMALLEST = 64

#: The side of a tile of `auto`, without what it shares, in times of the side that the network scales pictures to.
_SIDES_A_TILE = 1.25


class Tile(NamedTuple):
    """A part of a picture in half-open pixels."""

    top: int
    left: int
    bottom: int
    right: int


def parse_tiles(value: Any) -> Grid:
    """The grid that an option `tiles` asks for.

    Raises:
        UsageError: neither None, "auto" nor columns x rows from 1 to 16.

    Example:
        >>> parse_tiles("4x3"), parse_tiles("auto")
        ((4, 3), 'auto')
    """
    if value is None or value == "auto":
        return value
    found = re.fullmatch(r"([0-9]{1,4})[xX]([0-9]{1,4})", value) if isinstance(value, str) else None
    grid = None if found is None else (int(found[1]), int(found[2]))
    if grid is None or not all(1 <= count <= MOST for count in grid):
        raise UsageError(f"tiles is auto, or columns x rows from 1x1 to {MOST}x{MOST} such as 4x3, not {value!r}.")
    return grid


def choose_grid(grid: Grid, height: int, width: int, side: int) -> tuple[int, int]:
    """Columns and rows for one picture; (1, 1) where it is small enough for one call of the network.

    Args:
        grid: from `parse_tiles`.
        height, width: of the picture in pixels.
        side: to which the network scales the short side of a picture.

    Example:
        >>> choose_grid("auto", 3000, 4000, 400), choose_grid((4, 2), 100, 1000, 400)
        ((8, 6), (4, 1))
    """
    if grid is None:
        return 1, 1
    if grid == "auto":
        # rounded, so that a picture a little larger than one tile is not halved
        grid = max(1, round(width / side / _SIDES_A_TILE)), max(1, round(height / side / _SIDES_A_TILE))
    columns, rows = grid
    return min(columns, MOST, max(1, width // SMALLEST)), min(rows, MOST, max(1, height // SMALLEST))


def lay_tiles(height: int, width: int, columns: int, rows: int) -> list[Tile]:
    """Tiles of equal size that cover a picture, row by row; neighbours share `OVERLAP` of a side or a little more.

    Example:
        >>> lay_tiles(100, 180, 2, 1)
        [Tile(top=0, left=0, bottom=100, right=101), Tile(top=0, left=79, bottom=100, right=180)]
    """
    tall, tops = _spread(height, rows)
    wide, lefts = _spread(width, columns)
    return [Tile(top, left, top + tall, left + wide) for top in tops for left in lefts]


def _spread(length: int, count: int) -> tuple[int, list[int]]:
    """The length of each of `count` equal parts of a line, and where they begin."""
    if count == 1:
        return length, [0]
    # part * (count - (count - 1) * OVERLAP) = length; one more pixel for the rounding of where they begin
    part = min(length, math.ceil(length / (count - (count - 1) * OVERLAP)) + 1)
    return part, [round(number * (length - part) / (count - 1)) for number in range(count)]
