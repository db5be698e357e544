"""Lines, zones and scales from texts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.counting.regions import parse_line, parse_lines, parse_zone, parse_zones
from maskseg_cli.counting.scale import Scale
from maskseg_cli.errors import UsageError

fractions = st.floats(0, 1)


@given(st.tuples(fractions, fractions), st.tuples(fractions, fractions), st.integers(1, 4000), st.integers(1, 4000))
def test_fractions_are_parts_of_the_picture(a, b, height: int, width: int) -> None:
    if a == b:
        b = ((a[0] + 0.5) % 1, a[1])
    region = parse_line(f"gate={a[0]!r},{a[1]!r},{b[0]!r},{b[1]!r}")
    assert region.fractions
    for (x, y), (u, v) in zip(region.in_pixels((height, width)), (a, b), strict=True):
        assert (x, y) == (u * width, v * height)
        assert 0 <= x <= width
        assert 0 <= y <= height


def test_pixels_stay_and_names_are_kept() -> None:
    region = parse_line(" main gate = 10, 20 , 300,40")
    assert (region.name, region.points, region.fractions) == ("main gate", ((10, 20), (300, 40)), False)
    assert region.in_pixels((480, 640)) == region.points
    assert parse_zone("a=b=0,0,1,0,1,1").name == "a=b"
    assert parse_zone("0,0,1,0,1,1").fractions  # the whole picture, not one pixel
    assert [one.name for one in parse_lines(["0,0,1,1", "door=0,0,1,0", "0,1,1,0"])] == ["line 1", "door", "line 3"]
    assert [one.name for one in parse_zones("0,0,1,0,1,1")] == ["zone"]
    assert parse_line("a\x1b[2J=0,0,1,1").name == "a\\x1b[2J"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gate", "'gate' is no number"),
        ("", "'' is no number"),
        ("gate=", "'' is no number"),
        ("=0,0,1,1", "no name"),
        ("0,0,1", "each point has two"),
        ("0,0,1,1,1,0", "a line has four"),
        ("0,0,1,x", "'x' is no number"),
        ("0,0,nan,1", "no place"),
        ("0,0,inf,1", "no place"),
        ("-1,0,1,1", "no place"),
        ("0.5,0.5,0.5,0.5", "begins where it ends"),
        ("0.5,0.5,100,1", "mixes fractions and pixels"),
        ("n" * 61 + "=0,0,1,1", "longer than 60"),
    ],
)
def test_wrong_lines_get_one_sentence(text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_line(text)
    assert words in str(error.value)
    assert str(error.value).startswith("--line")
    assert "\n" not in str(error.value)


def test_wrong_zones_get_one_sentence() -> None:
    with pytest.raises(UsageError, match="at least three corners"):
        parse_zone("0,0,1,1")
    with pytest.raises(UsageError, match="no area"):
        parse_zone("0,0,0.5,0.5,1,1")
    with pytest.raises(UsageError, match="no area"):
        parse_zone("7,7,7,7,7,7")
    with pytest.raises(UsageError, match="1000 are the most"):
        parse_zone(",".join(str(number) for number in range(4000)))
    with pytest.raises(UsageError, match="Two --zone have the name 'a'"):
        parse_zones(["a=0,0,1,0,1,1", "a=0,0,1,0,1,1"])
    with pytest.raises(UsageError, match=r"'gate' lies outside the picture, which has 640 x 480"):
        parse_line("gate=700,10,900,10").in_pixels((480, 640))
    assert parse_line("600,10,900,10").in_pixels((480, 640))  # a part of it lies inside


@pytest.mark.parametrize(
    ("text", "per_pixel", "unit"),
    [
        ("12px/cm", 1 / 12, "cm"),
        ("12 px / cm", 1 / 12, "cm"),
        ("12 pixels per cm", 1 / 12, "cm"),
        ("0.05m/px", 0.05, "m"),
        (".05 meters/pixel", 0.05, "m"),
        ("1cm=12px", 1 / 12, "cm"),
        ("120px=10cm", 1 / 12, "cm"),
        ("m/px", 1, "m"),
        ("300dpi", 1 / 300, "in"),
        ("2.5um/px", 2.5, "µm"),
        ("1e-3mm/px", 1e-3, "mm"),
        ("40px/inch", 1 / 40, "in"),
        ("3ft/px", 3, "ft"),
    ],
)
def test_scales_as_users_write_them(text: str, per_pixel: float, unit: str) -> None:
    scale = Scale.parse(text)
    assert (scale.unit, scale.per_pixel) == (unit, pytest.approx(per_pixel))
    assert scale.area(100) == pytest.approx(100 * per_pixel**2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "12px",
        "cm",
        "12px/parsec",
        "12px/12px",
        "3m/cm",
        "0px/cm",
        "0cm/px",
        "-1cm/px",
        "1/2/3",
        "..px/cm",
        "x",
    ],
)
def test_wrong_scales_get_one_sentence(text: str) -> None:
    with pytest.raises(UsageError) as error:
        Scale.parse(text)
    assert str(error.value).startswith("--scale")
    assert str(error.value).count("\n") == 0


@given(st.floats(1e-3, 1e3))
def test_both_ways_to_write_a_scale_are_one(number: float) -> None:
    assert math.isclose(Scale.parse(f"{number!r}px/mm").per_pixel, 1 / number, rel_tol=1e-9)
    assert math.isclose(Scale.parse(f"{number!r}mm/px").per_pixel, number, rel_tol=1e-9)
