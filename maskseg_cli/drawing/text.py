"""Text on a picture, with the fonts of OpenCV 4 or 5.

OpenCV 5 has outline fonts and writes Unicode; OpenCV 4 has strokes for ASCII alone, so that other characters are
transliterated there, or become question marks where that is not possible.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color

#: Letters that Unicode does not decompose into a letter of ASCII and a mark.
_LETTERS = str.maketrans(
    {
        **{"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d"},
        **{"Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ł": "l", "Ł": "L"},
        # Dotless i, curved quotation marks, dashes.
        **{"\u0131": "i", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'},
        **{"\u2013": "-", "\u2014": "-"},
    }
)


class Font(Protocol):
    """Writes one line of text at one size."""

    ascent: int
    descent: int
    ellipsis: str

    def printable(self, text: str) -> str:
        """Replaces the characters that this font does not have."""

    def width(self, text: str) -> int:
        """The width of a printable text in pixels."""

    def write(self, image: NDArray[np.uint8], text: str, left: int, baseline: int, color: Color) -> None:
        """Writes a printable text into a uint8 (H, W, 3) image, in place."""


def font_of_size(size: float) -> Font:
    """Returns the best font of the installed OpenCV; `size` is the height of a line in pixels."""
    return OutlineFont(size) if hasattr(cv2, "FontFace") else StrokeFont(size)


class OutlineFont:
    """OpenCV 5's font with Latin, Greek, Cyrillic, Chinese, Japanese and Korean characters among others.

    Of its two families this is the one whose zero has no stroke, because a small zero with one looks like an eight.
    """

    ellipsis = "…"
    _weight = 400
    #: Width in pixels at which no caption is wrapped.
    _sheet = (1 << 20, 1 << 10)

    def __init__(self, size: float) -> None:
        self._face = cv2.FontFace("uni")
        # Accents on capitals reach the font's size above the baseline, descenders 0.27 of it below.
        self._size = max(1, round(size * 0.79))
        self.descent = max(1, round(size * 0.22))
        self.ascent = max(1, round(size) - self.descent)

    def printable(self, text: str) -> str:
        return clean(text)

    def width(self, text: str) -> int:
        return int(cv2.getTextSize(self._sheet, text, (0, 0), self._face, self._size, self._weight)[2])

    def write(self, image: NDArray[np.uint8], text: str, left: int, baseline: int, color: Color) -> None:
        cv2.putText(image, text, (left, baseline), color, self._face, self._size, self._weight)


class StrokeFont:
    """The Hershey strokes of OpenCV 4: ASCII."""

    ellipsis = ".."
    _face = cv2.FONT_HERSHEY_SIMPLEX

    def __init__(self, size: float) -> None:
        # Capitals are 21 units high, descenders reach 7 below the line.
        self._scale = size / 36
        self._thickness = max(1, round(size / 16))
        self.descent = max(1, round(size * 0.26))
        self.ascent = max(1, round(size) - self.descent)

    def printable(self, text: str) -> str:
        return to_ascii(text)

    def width(self, text: str) -> int:
        return int(cv2.getTextSize(text, self._face, self._scale, self._thickness)[0][0])

    def write(self, image: NDArray[np.uint8], text: str, left: int, baseline: int, color: Color) -> None:
        cv2.putText(image, text, (left, baseline), self._face, self._scale, color, self._thickness, cv2.LINE_AA)


def clean(text: str) -> str:
    """Reduces a text to one line of visible characters.

    White space becomes single spaces, and invisible marks are removed. Lone surrogates, which Python makes of
    undecodable bytes and on which OpenCV 5 crashes, become question marks.
    """
    if text.isascii() and text.isprintable():
        return text
    signs = []
    for sign in " ".join(text.split()):
        category = unicodedata.category(sign)
        if category in ("Cc", "Cf"):
            continue
        signs.append("?" if category.startswith("C") else sign)
    return "".join(signs)


def to_ascii(text: str) -> str:
    """Converts a text to similar ASCII letters: marks are dropped; characters without a similar one become `?`.

    Example:
        >>> to_ascii("Fußgänger, łódź, 猫")
        'Fussganger, lodz, ?'
    """
    text = clean(text)
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(sign if sign.isascii() else "?" for sign in parts if not unicodedata.combining(sign))
