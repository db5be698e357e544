"""Palettes, and colours by name."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from maskseg_cli.drawing.colours import instance_color, object_colors
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.palettes import PALETTES, VIVID, color_of, palette_color
from maskseg_cli.errors import UsageError

from .scenes import detections_of

#: Linear RGB as people without red or green receptors see it (Vienot, Brettel, Mollon 1999).
PROTAN = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
DEUTAN = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


def seen(colors: list[tuple[int, int, int]], matrix: np.ndarray) -> np.ndarray:
    """The colours in CIELAB as seen by such people."""
    rgb = np.array(colors, float)[:, ::-1] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    there = np.clip(linear @ matrix.T, 0, 1)
    srgb = np.where(there <= 0.0031308, there * 12.92, 1.055 * there ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(srgb[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize("matrix", [PROTAN, DEUTAN], ids=["protan", "deutan"])
def test_colour_blind_people_tell_the_colours_apart(matrix: np.ndarray) -> None:
    def nearest(palette: str) -> float:
        colors = seen([instance_color(number, palette) for number in range(7)], matrix)
        return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(colors, 2))

    assert nearest("okabe-ito") > 10
    assert nearest("okabe-ito") > nearest(VIVID)


@pytest.mark.parametrize("palette", [name for name in PALETTES if name != VIVID])
def test_behind_the_end_the_colours_are_others(palette: str) -> None:
    colors = [palette_color(palette, number) for number in range(18)]
    assert len(set(colors)) == 18


def test_the_palette_reaches_objects_and_classes() -> None:
    masks = [np.ones((4, 4), bool)] * 3
    found = detections_of(masks)
    for color_by in ("instance", "class"):
        colors = object_colors(found, DrawingOptions(palette="okabe-ito", color_by=color_by))
        assert set(colors) <= {palette_color("okabe-ito", number) for number in range(80)}
    with pytest.raises(UsageError, match="okabe-ito"):
        DrawingOptions(palette="okabe")


def test_colours_by_name_and_in_hexadecimal_digits() -> None:
    assert color_of("#F80") == color_of("#ff8800") == (0, 0x88, 255)
    assert color_of("Sky-Blue") == (235, 206, 135)
    for wrong, words in (("orang", "did you mean orange"), ("#12345", "#ff8800"), ("", "no colour"), (7, "no colour")):
        with pytest.raises(UsageError, match=words):
            color_of(wrong)
