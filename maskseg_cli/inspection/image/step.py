"""`Step`: one step of a photo's way through the network, with its pictures and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.messages import counted
from maskseg_cli.pages.legends import Key


@dataclass(frozen=True)
class Panel:
    """A picture of a step.

    Attributes:
        name: of its file, without number and suffix: letters, digits and hyphens.
        picture: uint8 (H, W, 3) BGR.
        caption: what it shows, with numbers and units.
        keys: what the lines in it mean.
        lossless: a PNG, for flat colours and small grids; otherwise a JPEG.
    """

    name: str
    picture: NDArray[np.uint8]
    caption: str
    keys: tuple[Key, ...] = ()
    lossless: bool = False


@dataclass(frozen=True)
class Step:
    """A step as the page shows it.

    Attributes:
        name: short, for file names and `trace.json`.
        title: over its section.
        sentence: explains it; plain text.
        panels: its pictures.
        content: HTML below the pictures: tables and charts.
        figures: for `trace.json`: counts, and the boxes that are shown.
        columns: the most pictures side by side, 1 or 2.
    """

    name: str
    title: str
    sentence: str
    panels: tuple[Panel, ...] = ()
    content: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    columns: int = 1


def some_of(shown: int, total: int, noun: str) -> str:
    """How many are shown of how many.

    Example:
        >>> some_of(60, 1000, "proposal"), some_of(3, 3, "proposal")
        ('60 of 1,000 proposals', '3 proposals')
    """
    words = counted(total, noun, ",")
    return words if shown == total else f"{shown:,} of {words}"


def numbers(values: Sequence[Any] | NDArray[Any], digits: int = 2) -> list[Any]:
    """Rounded numbers, or lists of them, for `trace.json`; what is not finite becomes None.

    Example:
        >>> numbers([[0.123, float("inf")]])
        [[0.12, None]]
    """
    array = np.asarray(values, np.float64)
    if array.ndim > 1:
        return [numbers(row, digits) for row in array]
    return [round(value, digits) if np.isfinite(value) else None for value in array.tolist()]
