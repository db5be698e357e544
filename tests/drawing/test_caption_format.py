"""Formats of captions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.drawing.caption_format import FIELDS, CaptionFormat
from maskseg_cli.errors import UsageError

DOG = {"name": "人 犬", "class": "dog", "score": 0.876, "id": 7, "area": 12345, "width": 20, "height": 10}


def test_fields_are_filled_in() -> None:
    assert CaptionFormat("{name} {score:.0%} #{id}").fill(DOG) == "人 犬 88% #7"
    assert CaptionFormat("{{{class}}} {area:,} {width}x{height}").fill(DOG) == "{dog} 12,345 20x10"


def test_words_without_their_field_are_left_out() -> None:
    plain = {name: value for name, value in DOG.items() if name != "id"}
    assert CaptionFormat("#{id} {name} {score:.2f}").fill(plain) == "人 犬 0.88"
    assert CaptionFormat("#{id} {name} {score:.2f}").fill(DOG, without=("score",)) == "#7 人 犬"


@pytest.mark.parametrize(
    ("score", "form", "text"), [(0.9999, ".0%", "99%"), (0.99999, ".2%", "99.99%"), (1.0, "%", "100.000000%")]
)
def test_a_score_below_one_is_never_a_hundred_percent(score: float, form: str, text: str) -> None:
    assert CaptionFormat(f"{{score:{form}}}").fill({"score": score}) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{nmae}", "no field 'nmae' (did you mean name?)"),
        ("{}", "no field ''"),
        ("{name.__class__}", "no field 'name.__class__'"),
        ("{name[0]}", "no field"),
        ("{name!r}", "not possible"),
        ("{score:{id}}", "not possible"),
        ("{score:999999999f}", "not possible"),
        ("{name:.0%}", "not possible"),
        ("{score:.0%", "write {{ and }}"),
        ("}", "write {{ and }}"),
        ("x" * 201, "at most 200"),
    ],
)
def test_what_is_no_format(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        CaptionFormat(text)
    assert words in str(caught.value)


@given(st.text(alphabet="{}:!.[]%nameid score0_#", max_size=30))
def test_any_text_is_refused_or_filled_in(text: str) -> None:
    try:
        form = CaptionFormat(text)
    except UsageError:
        return
    assert len(form.fill(DOG)) < 1000
    assert form.fields <= FIELDS.keys()
