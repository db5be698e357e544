"""Text with several fonts: which font writes what, and what nobody has."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from maskseg_cli.drawing import file_fonts
from maskseg_cli.drawing.captions import draw_captions
from maskseg_cli.drawing.file_fonts import FileFont, font_covers, load_font, system_fonts
from maskseg_cli.drawing.mixed_font import MixedFont, built_in_covers, font_for, runs, uncovered
from maskseg_cli.drawing.text import font_of_size
from maskseg_cli.errors import MasksegError

ARABIC = "كلب"
OUTLINES = hasattr(cv2, "FontFace")


@pytest.fixture
def dejavu() -> str:
    if "DejaVuSans.ttf" not in system_fonts():
        pytest.skip("this computer has no font DejaVuSans.ttf")
    return "DejaVuSans.ttf"


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_fonts, "system_fonts", lambda: ())
    file_fonts.system_font_for.cache_clear()
    yield
    file_fonts.system_font_for.cache_clear()


def ink(text: str, size: float = 30, file: str | None = None) -> np.ndarray:
    """Where a text is written, bool (60, 400)."""
    canvas = np.zeros((60, 400, 3), np.uint8)
    font = font_for(text, size, file)
    font.write(canvas, font.printable(text), 10, 40, (255, 255, 255))
    return canvas.max(axis=2) > 100


def test_plain_text_has_opencvs_own_font() -> None:
    assert type(font_for("dog 96%", 20)) is type(font_of_size(20))
    assert all(map(built_in_covers, "dog 96%"))
    assert not built_in_covers("ب")


def test_arabic_is_shaped_and_runs_from_right_to_left(dejavu: str) -> None:
    assert runs(f"{ARABIC} 96%") == [(dejavu, ARABIC), ("", " 96%")]
    written = ink(ARABIC)
    assert written.any()
    # The letters are joined: one piece of ink along the line, where single letters leave gaps.
    columns = np.flatnonzero(written.any(axis=0))
    single = MixedFont(30).width(ARABIC[0]) + MixedFont(30).width(ARABIC[1]) + MixedFont(30).width(ARABIC[2])
    assert columns[-1] - columns[0] < single
    # The last letter, with its dot below, stands at the left.
    below = np.flatnonzero(written[43:].any(axis=0))
    assert below.mean() < columns.mean()


def test_a_space_between_two_fonts_is_opencvs(dejavu: str) -> None:
    assert runs(f"a {ARABIC} b") == [("", "a "), (dejavu, ARABIC), ("", " b")]
    assert runs(f"{ARABIC} {ARABIC}") == [(dejavu, f"{ARABIC} {ARABIC}")]
    assert "".join(part for _, part in runs("☃\ufe0f é")) == "☃ é"


def test_the_width_is_that_of_what_is_written(dejavu: str) -> None:
    for text in (ARABIC, "☃ 87%", f"dog {ARABIC}", "é"):
        columns = np.flatnonzero(ink(text).any(axis=0))
        width = font_for(text, 30).width(text)
        assert columns[0] >= 8
        assert columns[-1] <= 10 + width + 2
        assert columns[-1] - columns[0] > 0.6 * width


def test_a_font_of_the_user_goes_first(dejavu: str) -> None:
    assert runs("dog", dejavu) == [(dejavu, "dog")]
    assert (ink("dog", file=dejavu) != ink("dog")).any()
    assert font_covers(dejavu, "a")
    assert not font_covers(dejavu, "人")


def test_what_no_font_has(no_fonts: None) -> None:
    assert uncovered("dog é") == ""
    assert uncovered("कुत्ता dog ก") == "कतก"
    # It is written all the same, as far as that is possible.
    assert ink("ก").any()
    assert ink(ARABIC).any()


def test_text_at_the_edges_is_cut(dejavu: str) -> None:
    canvas = np.zeros((20, 30, 3), np.uint8)
    for left, baseline in ((-15, 10), (25, 10), (5, -30), (5, 60), (100, 10)):
        FileFont(dejavu, 40).write(canvas, ARABIC, left, baseline, (255, 0, 0))
    FileFont(dejavu, 40).write(canvas, " ", 0, 10, (255, 0, 0))
    assert (canvas[:, :, 1:] == 0).all()
    assert canvas[:, :, 0].any()


def test_captions_hold_any_script() -> None:
    canvas = np.full((120, 300, 3), 90, np.uint8)
    texts = ["人 96%", f"{ARABIC} 5%", "कुत्ता", "😀👩\u200d👩", "\u202eabc", "\ud800"]
    boxes = [(10, 15 * i + 20, 100, 15 * i + 30) for i in range(len(texts))]
    areas = draw_captions(canvas, boxes, texts, [(0, 200, 255)] * len(texts), 14)
    assert all(area is not None for area in areas)


def test_fonts_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(MasksegError, match=r"There is no font .*none\.ttf"):
        load_font(str(tmp_path / "none.ttf"), 12)
    (tmp_path / "text.ttf").write_text("no font")
    with pytest.raises(MasksegError, match="is no font that can be used"):
        load_font(str(tmp_path / "text.ttf"), 12)


@pytest.mark.skipif(not OUTLINES, reason="the font of OpenCV 4 has ASCII alone")
def test_opencv_5_writes_chinese_without_other_fonts(no_fonts: None) -> None:
    assert runs("人 犬") == [("", "人 犬")]
    assert (ink("人") != ink("犬")).any()
