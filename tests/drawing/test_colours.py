from __future__ import annotations

import colorsys
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.colours import (
    UNTRACKED,
    class_color,
    class_palette,
    instance_color,
    object_colors,
    text_color,
)
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError
from tests.drawing.scenes import detections_of, rectangle

THREE = detections_of([rectangle(9, 9, i, 0, i + 2, 3) for i in range(3)], [2, 1, 2])


def hue(color: tuple[int, int, int]) -> float:
    blue, green, red = color
    return colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)[0]


@pytest.mark.parametrize("count", [1, 2, 3, 20, 80])
def test_class_colours_are_evenly_spaced_hues(count: int) -> None:
    hues = np.sort([hue(color) for color in class_palette(count)])
    assert np.abs(hues - np.arange(count) / count).max() < 0.005
    assert len(set(class_palette(count))) == count


def test_colours_are_the_same_in_every_run_and_version() -> None:
    # Written down from a run: a change here recolours every user's pictures.
    assert [class_color(i, 80) for i in (1, 2, 80)] == [(255, 221, 31), (10, 204, 63), (10, 83, 204)]
    assert [instance_color(i) for i in (0, 1, 99)] == [(31, 31, 255), (255, 96, 31), (31, 255, 230)]


def test_class_colours_do_not_depend_on_what_else_was_found() -> None:
    by_class = DrawingOptions(color_by="class")
    colors = object_colors(THREE, by_class)
    assert colors[0] == colors[2] != colors[1]
    assert object_colors(THREE[1:2], by_class) == [colors[1]]


def test_instances_of_one_class_differ() -> None:
    assert len(set(object_colors(THREE, DrawingOptions()))) == 3
    hues = [hue(instance_color(i)) for i in range(40)]
    apart = [abs((a - b + 0.5) % 1 - 0.5) for a, b in itertools.pairwise(hues)]
    assert min(apart) > 0.3
    assert len({instance_color(i) for i in range(100)}) == 100


def test_an_identity_keeps_its_colour_wherever_it_stands() -> None:
    masks = [rectangle(9, 9, i, 0, i + 2, 3) for i in range(3)]
    first = object_colors(detections_of(masks, tracker_id=[7, 3, -1]), DrawingOptions())
    later = object_colors(detections_of(masks[:2], tracker_id=[3, 7]), DrawingOptions())
    assert later == [first[1], first[0]]
    assert first[2] == UNTRACKED


def test_given_colours() -> None:
    red, blue = (0, 0, 255), (255, 0, 0)
    assert object_colors(THREE, DrawingOptions(colors=red)) == [red] * 3
    assert object_colors(THREE, DrawingOptions(colors=[red, blue, red])) == [red, blue, red]
    assert object_colors(THREE, DrawingOptions(colors={"Zebra": red, 1: blue})) == [red, blue, red]
    plain = object_colors(THREE, DrawingOptions(color_by="class"))
    assert object_colors(THREE, DrawingOptions(color_by="class", colors={"zebra": red}))[1] == plain[1]


def test_pascals_names_colour_cocos_classes() -> None:
    one = detections_of([rectangle(9, 9, 0, 0, 2, 2)], names=("background", "motorcycle"))
    assert object_colors(one, DrawingOptions(colors={"motorbike": (1, 2, 3)})) == [(1, 2, 3)]


def test_wrong_numbers_and_unknown_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="2 colours for 3 objects"):
        object_colors(THREE, DrawingOptions(colors=[(0, 0, 0), (1, 1, 1)]))
    with pytest.raises(UsageError, match="'zebar'"):
        object_colors(THREE, DrawingOptions(colors={"zebar": (0, 0, 0)}))


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_is_readable_on_any_colour(color: tuple[int, int, int]) -> None:
    def luminance(parts: tuple[int, int, int]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(parts) / 255]
        return float(np.dot(linear, [0.0722, 0.7152, 0.2126]))

    a, b = sorted((luminance(color), luminance(text_color(color))))
    assert (b + 0.05) / (a + 0.05) >= 4.5  # WCAG's bound for body text
