"""Style files: what they may hold, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maskseg_cli.classes import COCO_CLASSES
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.drawing.style_file import CLASS_KEYS, DRAWING_KEYS, read_style
from maskseg_cli.drawing.style_template import TEMPLATE
from maskseg_cli.errors import MasksegError, UsageError
from tests.documents import PROJECT, blocks


def style(folder: Path, text: str) -> Path:
    file = folder / "style.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_with_everything(tmp_path: Path) -> None:
    (tmp_path / "mine.ttf").touch()
    found = read_style(
        style(
            tmp_path,
            'palette = "tol"\nalpha = 0.2\nboxes = false\nline_width = 3\nfont = "mine.ttf"\ncaption = "{name}"\n'
            '[class.person]\nname = "人"\naliases = ["human", "Ω"]\ncolor = "#010203"\nmin_score = 0.25\n'
            "[class.aeroplane]\nshow = false\n",
        )
    )
    assert DrawingOptions(**found.drawing).replace(font=None) == DrawingOptions(
        palette="tol", alpha=0.2, boxes=False, line_width=3, caption="{name}"
    )
    assert found.drawing["font"] == str(tmp_path / "mine.ttf")
    by_class = found.by_class(COCO_CLASSES)
    assert by_class[1].name == "人"
    assert by_class[1].color == (3, 2, 1)
    assert not by_class[COCO_CLASSES.index("airplane")].show
    assert found.lowest_score == 0.25
    assert [found.network_name(word) for word in ("人", "HUMAN", "ω", "dog")] == [["person"]] * 3 + [["dog"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alhpa = 0.3", "no key 'alhpa' in a style file (did you mean alpha?)"),
        ("alpha = 30", "alpha is a number from 0 to 1, not 30 (30 % is 0.3)"),
        ('boxes = "no"', "boxes is either True or False"),
        ('palette = "okabe"', "palette is one of vivid, okabe-ito, tol"),
        ('caption = "{nmae}"', "no field 'nmae' (did you mean name?)"),
        ("font = 3", "font is the name of a font file"),
        ("class = 3", '"class" is not a table'),
        ("class.dog = 3", "class.dog is not a table: write [class.dog]"),
        ('[class.dog]\ncolour = "red"', "no key 'colour' in [class.dog] (did you mean color?)"),
        ('[class.dog]\ncolor = "orang"', "[class.dog]: 'orang' is no colour (did you mean orange?)"),
        ("[class.dog]\nname = 3", "[class.dog]: name is a text, not 3"),
        ('[class.dog]\nname = "a,b"', "no comma"),
        ('[class.dog]\nname = "a\\nb"', "no line break"),
        ('[class.dog]\naliases = "hound"', "aliases is a list"),
        ("[class.dog]\nmin_score = 30", "min_score is a number from 0 to 1, not 30 (30 % is 0.3)"),
        ("[class.dog]\nshow = 0", "show is true or false, not 0"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_style(style(tmp_path, text))
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"In {tmp_path / 'style.toml'}: ")


def test_classes_are_those_of_the_network(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no class 'persn' \(did you mean person\?\)"):
        read_style(style(tmp_path, "[class.persn]")).by_class(COCO_CLASSES)
    with pytest.raises(UsageError, match="'person' has two tables"):
        read_style(style(tmp_path, "[class.person]\n[class.people]")).by_class(COCO_CLASSES)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match="There is no file"):
        read_style(tmp_path / "none.toml")
    with pytest.raises(MasksegError, match=r"not valid TOML.*line 1"):
        read_style(style(tmp_path, "alpha = \nx = 1"))


def test_the_commented_file_has_every_key_and_every_line_of_it_counts(tmp_path: Path) -> None:
    assert read_style(style(tmp_path, TEMPLATE)).drawing == {}
    lines = re.sub(r"^# (?=\[class|\w+ = )", "", TEMPLATE, flags=re.MULTILINE)
    text = re.sub(r"^font = .*$", "", lines, flags=re.MULTILINE)
    found = read_style(style(tmp_path, text))
    assert {*found.drawing, "font"} == set(DRAWING_KEYS)
    assert "font = " in TEMPLATE
    assert all(f"# {key} = " in TEMPLATE for key in CLASS_KEYS)
    person = found.by_class(COCO_CLASSES)[1]
    assert (person.name, person.min_score, person.show) == ("人", 0.3, True)


def test_the_styles_of_the_page_can_be_read(tmp_path: Path) -> None:
    shown = blocks(PROJECT / "docs" / "style.md", "toml")
    assert len(shown) == 3
    for block in shown:
        read_style(style(tmp_path, block.code)).by_class(COCO_CLASSES)
