"""Colours by name or number, as the web writes them. Needs neither NumPy nor OpenCV."""

from __future__ import annotations

import re

from maskseg_cli.drawing.drawing_options import Color

#: Name -> red, green, blue (CSS Color Module Level 4).
_NAMES = {
    "black": 0x000000,
    "white": 0xFFFFFF,
    "gray": 0x808080,
    "grey": 0x808080,
    "silver": 0xC0C0C0,
    "red": 0xFF0000,
    "green": 0x008000,
    "blue": 0x0000FF,
    "yellow": 0xFFFF00,
    "orange": 0xFFA500,
    "purple": 0x800080,
    "pink": 0xFFC0CB,
    "brown": 0xA52A2A,
    "cyan": 0x00FFFF,
    "aqua": 0x00FFFF,
    "magenta": 0xFF00FF,
    "fuchsia": 0xFF00FF,
    "lime": 0x00FF00,
    "navy": 0x000080,
    "teal": 0x008080,
    "olive": 0x808000,
    "maroon": 0x800000,
    "beige": 0xF5F5DC,
}
NAMES = tuple(_NAMES)


def color_of(text: str) -> Color | None:
    """Blue, green, red of a colour such as "white", "#ff8800" or "#f80"; None for any other text.

    Example:
        >>> color_of("#ff8800"), color_of("Navy"), color_of("beach.jpg")
        ((0, 136, 255), (128, 0, 0), None)
    """
    word = text.strip().lower()
    number = _NAMES.get(word)
    if number is None:
        found = re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", word)
        if found is None:
            return None
        digits = found[1]
        number = int("".join(2 * digit for digit in digits) if len(digits) == 3 else digits, 16)
    return number & 255, number >> 8 & 255, number >> 16
