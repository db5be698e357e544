"""Legends: what the colours and dashes in a picture mean, and the scale of a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.pages.elements import escaped
from maskseg_cli.pages.thumbnails import data_uri

#: OpenCV's colours of heat maps: dark blue is low, yellow is high, in gray prints too.
HEAT = cv2.COLORMAP_VIRIDIS


@dataclass(frozen=True)
class Key:
    """One entry of a legend.

    Attributes:
        text: what a line of this kind is.
        color: blue, green, red, as drawn.
        dashed: whether the line is dashed.
        ground: a wider line of this colour is below it, as drawn; None: there is none.
    """

    text: str
    color: tuple[int, int, int]
    dashed: bool = False
    ground: tuple[int, int, int] | None = None


def legend(keys: Sequence[Key]) -> str:
    """A list of short lines as in the picture, each with its meaning; "" without keys."""
    items = []
    for key in keys:
        dash = ' stroke-dasharray="6 5"' if key.dashed else ""
        line = "" if key.ground is None else _line(key.ground, ' style="stroke-width:5"')
        line += _line(key.color, dash)
        items.append(
            f'<li><svg class="key" viewBox="0 0 28 10" aria-hidden="true">{line}</svg>{escaped(key.text)}</li>'
        )
    return f'<ul class="legend">{"".join(items)}</ul>' if items else ""


def _line(color: tuple[int, int, int], style: str) -> str:
    blue, green, red = color
    return f'<line x1="1" x2="27" y1="5" y2="5" stroke="#{red:02x}{green:02x}{blue:02x}"{style}/>'


def heat_scale(low: str, high: str, what: str) -> str:
    """The scale of a heat map with the words for its ends.

    Args:
        low, high: the values at the ends.
        what: what is measured.
    """
    ramp = heat_picture(np.linspace(0, 1, 120)[None].repeat(12, axis=0))
    uri = data_uri(ramp, ".png", [])
    return (
        f'<p class="soft">{escaped(what)}: {escaped(low)} <img src="{uri}" width="120" height="12" alt="to"> '
        f"{escaped(high)}</p>"
    )


def heat_picture(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values (H, W), 0..1, in the colours of heat maps, uint8 (H, W, 3) BGR; values outside are cut off.

    Example:
        >>> heat_picture(np.array([[0.0, 1.0]])).shape
        (1, 2, 3)
    """
    levels = np.rint(np.nan_to_num(np.clip(values, 0, 1)) * 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(levels, HEAT), np.uint8)
