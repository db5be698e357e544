"""Text from strangers: harmless for a terminal and a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskseg_cli.printable import plain_cell, printable, printable_json, printable_lines, spreadsheet_cell

TEXTS = st.text() | st.text("=+-@'\t\r\n \x1b\x9b\uff1d\uff0dabc", max_size=6)


@given(TEXTS)
def test_no_character_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in shown)
    assert not any(unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF"} for character in shown)
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["köln/猫 🐈‍⬛.jpg", "שלום.png", "a\\b.jpg", "100% 'quoted'.jpg", "क्षि.jpg"])
def test_names_of_all_languages_stay(text: str) -> None:
    assert printable(text) == text


def test_escapes() -> None:
    assert printable("\x1b]0;owned\x07 a\x7f\x9bb\u202egpj.exe\n\t\udcff") == (
        r"\x1b]0;owned\x07 a\x7f\x9bb\u202egpj.exe\n\t\udcff"
    )
    assert printable_lines("one\x1b\ntwo\r") == "one\\x1b\ntwo\\r"


@given(st.dictionaries(st.text(), st.text()))
def test_json_says_the_same(value: dict[str, str]) -> None:
    text = printable_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(text) == value
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text.replace("\n", ""))


@given(TEXTS)
def test_no_cell_begins_a_formula_and_each_text_comes_back(text: str) -> None:
    cell = spreadsheet_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0d"))
    assert plain_cell(cell) == text


@pytest.mark.parametrize("before", [" ", "\u00a0", "\v", "\ufeff", "\u200b", "\u2060", "\xad \u200e"], ids=ascii)
def test_a_formula_behind_what_is_not_seen(before: str) -> None:
    assert spreadsheet_cell(f"{before}=1+1") == f"'{before}=1+1"
    assert plain_cell(spreadsheet_cell(f"{before}=1+1")) == f"{before}=1+1"
    assert spreadsheet_cell(f"{before}cat") == f"{before}cat" or before.startswith(("\t", "\r"))


def test_a_table_with_formulas_comes_back() -> None:
    stream = io.StringIO()
    csv.writer(stream).writerow(map(spreadsheet_cell, ["=1+1", "'=1", "-1.jpg", "it's.jpg"]))
    assert stream.getvalue() == "'=1,''=1,'-1.jpg,it's.jpg\r\n".replace("=1,", "=1+1,", 1)
