"""Which names are suggested for one that is unknown."""

from __future__ import annotations

import pytest

from maskseg_cli.near_names import did_you_mean, near_names


@pytest.mark.parametrize(
    ("wrong", "names", "found"),
    [
        ("dgo", ["cat", "dog"], ["dog"]),
        ("people", ["apple", "person"], []),
        ("hat", ["cat"], []),
        ("epoch", ["epochs", "batch"], ["epochs"]),
        ("colour", ["min_colour_score"], []),
    ],
)
def test_near_is_a_matter_of_few_letters(wrong: str, names: list[str], found: list[str]) -> None:
    assert near_names(wrong, names) == found


@pytest.mark.parametrize(
    ("wrong", "names", "sentence"),
    [
        ("IMAGE_MIN_DIN", ["image_min_dim", "size"], " (did you mean image_min_dim?)"),
        ("Heads", ["HEADS", "5+"], " (did you mean HEADS?)"),
        ("people", ["apple"], ""),
        ("tape", ["tops", "plate"], ""),
        ("min dim", ["image_min_dim", "min_score"], " (did you mean image_min_dim?)"),
        ("x", ["a_x", "size"], ""),
        ("a.b", [], ""),
    ],
)
def test_did_you_mean(wrong: str, names: list[str], sentence: str) -> None:
    assert did_you_mean(wrong, names) == sentence


def test_at_most_so_many() -> None:
    names = ["size_a", "size_b", "size_c", "size_d"]
    assert did_you_mean("size", names) == " (did you mean size_a or size_b or size_c?)"
    assert did_you_mean("size_x", names, most=1) == " (did you mean size_a?)"
