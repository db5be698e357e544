"""Legends have the colours of the picture, and heat maps rise from dark to light."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np

from maskseg_cli.pages.legends import Key, heat_picture, heat_scale, legend


def test_a_legend_has_the_colours_of_the_picture() -> None:
    made = legend([Key("a < b", (255, 128, 0)), Key("before", (0, 0, 255), dashed=True)])
    assert re.findall(r'stroke="(#\w+)"', made) == ["#0080ff", "#ff0000"]
    assert made.count("stroke-dasharray") == 1
    assert "a &lt; b" in made
    assert legend([]) == ""
    white = legend([Key("marked", (255, 255, 255), dashed=True, ground=(9, 0, 0))])
    assert re.findall(r'stroke="(#\w+)"', white) == ["#000009", "#ffffff"]
    assert white.index("stroke-width:5") < white.index("stroke-dasharray")


def test_the_scale_goes_from_the_lowest_to_the_highest_colour() -> None:
    made = heat_scale("0", "1 & more", "Score")
    [data] = re.findall(r"base64,([^\"]+)", made)
    ramp = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert (ramp[:, [0, -1]] == heat_picture(np.array([[0.0, 1.0]]))).all()
    light = cv2.cvtColor(ramp, cv2.COLOR_BGR2GRAY)[0].astype(int)
    assert (np.diff(light) >= -1).all()
    assert light[-1] - light[0] > 100
    assert "1 &amp; more" in made


def test_values_outside_are_cut_off_and_nan_is_low() -> None:
    picture = heat_picture(np.array([[-5, 0, 1, 9, np.nan]]))[0]
    assert (picture[0] == picture[1]).all()
    assert (picture[2] == picture[3]).all()
    assert (picture[4] == picture[0]).all()
