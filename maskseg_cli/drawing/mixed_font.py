"""`MixedFont`: one line of text with several fonts, each for the characters that those before it do not have.

First comes the font that the user names, then OpenCV's own, then those of the system. OpenCV writes Arabic and Hebrew
from left to right; so these come from a font file where there is one.
"""

from __future__ import annotations

import functools
import unicodedata

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.drawing.file_fonts import FileFont, font_covers, system_font_for
from maskseg_cli.drawing.text import Font, clean, font_of_size

#: OpenCV's own font among the names of font files.
_BUILT_IN = ""


def font_for(text: str, size: float, file: str | None = None) -> Font:
    """The font for a text: OpenCV's own where that has all its characters and no other is asked for.

    Args:
        text: what will be written.
        size: height of a line in pixels.
        file: a font file that goes before all others.

    Raises:
        MasksegError: that file is no font.
    """
    if file is None and all(map(built_in_covers, text)):
        return font_of_size(size)
    return MixedFont(size, file)


class MixedFont:
    """Writes text with several fonts, as `text.Font` says; arguments as for `font_for`."""

    def __init__(self, size: float, file: str | None = None) -> None:
        self._own = font_of_size(size)
        self._size, self._file = size, file
        self.ascent, self.descent, self.ellipsis = self._own.ascent, self._own.descent, self._own.ellipsis

    def printable(self, text: str) -> str:
        return "".join(font.printable(part) for font, part in self._runs(clean(text)))

    def width(self, text: str) -> int:
        return sum(font.width(part) for font, part in self._runs(text))

    def write(self, image: NDArray[np.uint8], text: str, left: int, baseline: int, color: Color) -> None:
        for font, part in self._runs(text):
            font.write(image, part, left, baseline, color)
            left += font.width(part)

    def _runs(self, text: str) -> list[tuple[Font, str]]:
        return [(self._font(file), part) for file, part in runs(text, self._file)]

    def _font(self, file: str) -> Font:
        return self._own if file == _BUILT_IN else FileFont(file, self._size)


def runs(text: str, first: str | None = None) -> list[tuple[str, str]]:
    """Cuts a text into parts of one font each: (font file or "" for OpenCV's own, part)."""
    parts: list[tuple[str, str]] = []
    for sign in text:
        if unicodedata.category(sign).startswith("M") and parts:
            file = parts[-1][0]  # marks belong to the letter before
            if 0xFE00 <= ord(sign) <= 0xFE0F:
                continue  # says only whether a sign is wanted in colour
        elif sign == " " and parts:
            file = parts[-1][0]
        else:
            file = _file_for(sign, first)
        if parts and parts[-1][0] == file:
            parts[-1] = (file, parts[-1][1] + sign)
        else:
            # OpenCV's font writes a space between two fonts: at the end of a word from right to left it would stand
            # on the wrong side of it.
            before = parts[-1][1] if parts else ""
            spaces = before[len(before.rstrip(" ")) :]
            if spaces and parts[-1][0] != _BUILT_IN:
                parts[-1:] = [(parts[-1][0], before.rstrip(" ")), (_BUILT_IN, spaces)]
            if parts and parts[-1][0] == file:
                parts[-1] = (file, parts[-1][1] + sign)
            else:
                parts.append((file, sign))
    return parts


def _file_for(sign: str, first: str | None) -> str:
    if first is not None and font_covers(first, sign):
        return first
    if built_in_covers(sign):
        return _BUILT_IN
    return system_font_for(sign) or _BUILT_IN


def uncovered(text: str, first: str | None = None) -> str:
    """The characters of a text that no font has, each once; they are written as similar letters, or question marks.

    Example:
        >>> uncovered("dog")
        ''
    """
    signs = dict.fromkeys(sign for sign in clean(text) if not unicodedata.category(sign).startswith(("M", "Z")))
    return "".join(
        sign
        for sign in signs
        if not built_in_covers(sign)
        and _file_for(sign, first) == _BUILT_IN
        and (not hasattr(cv2, "FontFace") or _looks_unknown(sign))
    )


@functools.lru_cache(maxsize=4096)
def built_in_covers(sign: str) -> bool:
    """Whether OpenCV's own font writes the character, and in the right direction."""
    if sign.isascii():
        return True
    if not hasattr(cv2, "FontFace") or unicodedata.bidirectional(sign) in ("R", "AL"):
        return False
    return not _looks_unknown(sign)


def _looks_unknown(sign: str) -> bool:
    return _drawn(sign) == _drawn("?")


def _drawn(sign: str) -> bytes:
    image = np.zeros((40, 48, 3), np.uint8)
    font_of_size(24).write(image, clean(sign), 4, 28, (255, 255, 255))
    return image.tobytes()
