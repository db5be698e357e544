from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskseg_cli.drawing.text import OutlineFont, StrokeFont, clean, font_of_size, to_ascii

FONTS = [StrokeFont] + ([OutlineFont] if hasattr(cv2, "FontFace") else [])


def test_transliteration() -> None:
    assert to_ascii("Fußgänger Ærø Łódź crème “x” é") == 'Fussganger AEro Lodz creme "x" e'
    assert to_ascii("zebra 0.987") == "zebra 0.987"
    assert to_ascii("猫 кот") == "? ???"


def test_cleaning_leaves_one_line_of_visible_signs() -> None:
    assert clean("traffic\n\tlight \x07\u200f1") == "traffic light 1"
    assert clean("猫 Łódź") == "猫 Łódź"
    # Bytes that were no UTF-8; handed on, they end the process inside OpenCV 5.
    assert clean("dog\udc80") == "dog?"


@given(st.text(st.characters(), max_size=30))
def test_what_is_left_can_be_written(text: str) -> None:
    assert to_ascii(text).isascii()
    assert to_ascii(text) == "" or to_ascii(text).isprintable()
    clean(text).encode()
    assert "\n" not in clean(text)


@pytest.mark.parametrize("kind", FONTS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(), max_size=20), size=st.floats(4, 60))
def test_any_text_is_measured_and_written(kind: type[StrokeFont], text: str, size: float) -> None:
    font = kind(size)
    text = font.printable(text)
    width = font.width(text)
    assert width >= 0
    image = np.zeros((80, 60, 3), np.uint8)
    font.write(image, text, 5, 40, (255, 255, 255))


@pytest.mark.parametrize("kind", FONTS)
@pytest.mark.parametrize("size", [10, 12, 21, 40, 100])
@pytest.mark.parametrize("text", ["person 0.987", "jumping (dog) Ag|", "WWWWWW", "i"])
def test_the_ink_stays_within_the_measures(kind: type[StrokeFont], size: float, text: str) -> None:
    font = kind(size)
    image = np.zeros((300, 1200, 3), np.uint8)
    font.write(image, text, 100, 150, (255, 255, 255))
    rows, columns = np.nonzero(image[:, :, 0] > 60)
    # The margin of a caption, a fifth of the size, takes in what hangs over.
    assert columns.min() >= 100 - size // 20 - 1
    assert columns.max() <= 100 + font.width(text) + size // 20
    assert rows.min() >= 150 - font.ascent - 1
    assert rows.max() < 150 + font.descent + 1
    assert font.ascent + font.descent == size
    # And fills them: text of this size can be read.
    assert np.ptp(rows) >= 0.4 * size


def test_the_best_font_of_this_opencv_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(font_of_size(12), FONTS[-1])
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    assert isinstance(font_of_size(12), StrokeFont)


@pytest.mark.skipif(not hasattr(cv2, "FontFace"), reason="OpenCV 4 writes ASCII only")
def test_other_scripts_are_written_as_they_are() -> None:
    font = font_of_size(30)
    images = []
    for text in ("猫", "к", "é", "?"):
        image = np.zeros((60, 60, 3), np.uint8)
        font.write(image, font.printable(text), 10, 40, (255, 255, 255))
        images.append(image)
    assert all(image.any() for image in images)
    assert not any(np.array_equal(image, images[-1]) for image in images[:-1])
