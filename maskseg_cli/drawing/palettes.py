"""Palettes of colours that people can tell apart, and colours by name or as #rrggbb. Neither NumPy nor OpenCV."""

from __future__ import annotations

import re
from typing import Any

from maskseg_cli.errors import UsageError
from maskseg_cli.messages import shortened
from maskseg_cli.near_names import did_you_mean

#: Blue, green, red, each 0..255.
Color = tuple[int, int, int]

#: The palette of every hue.
VIVID = "vivid"

_HEX = {
    # Masataka Okabe and Kei Ito, Color Universal Design, 2008; without black, which no dark picture shows.
    "okabe-ito": ("e69f00", "56b4e9", "009e73", "f0e442", "0072b2", "d55e00", "cc79a7"),
    # Paul Tol, Colour Schemes, 2021: "bright", without its gray, which marks objects that are not tracked.
    "tol": ("4477aa", "ee6677", "228833", "ccbb44", "66ccee", "aa3377"),
}

#: Names for `DrawingOptions.palette`.
PALETTES = (VIVID, *_HEX)

#: How far the colours of each further turn through a palette go towards white (above 0) or black (below).
_TURNS = (0.0, 0.45, -0.4)

#: The colours of CSS level 1, and a few more in everyday use.
_NAMED = {
    **{"black": "000000", "white": "ffffff", "gray": "808080", "grey": "808080", "silver": "c0c0c0"},
    **{"red": "ff0000", "maroon": "800000", "orange": "ffa500", "gold": "ffd700", "yellow": "ffff00"},
    **{"olive": "808000", "lime": "00ff00", "green": "008000", "teal": "008080", "aqua": "00ffff"},
    **{"cyan": "00ffff", "blue": "0000ff", "navy": "000080", "skyblue": "87ceeb", "purple": "800080"},
    **{"fuchsia": "ff00ff", "magenta": "ff00ff", "violet": "ee82ee", "pink": "ffc0cb", "brown": "a52a2a"},
}


def palette_color(palette: str, number: int) -> Color:
    """The n-th colour of a palette other than `VIVID`; behind its end its colours come again lighter, then darker.

    Example:
        >>> palette_color("okabe-ito", 0), palette_color("okabe-ito", 7) == palette_color("okabe-ito", 0)
        ((0, 159, 230), False)
    """
    colors = _HEX[palette]
    turn = _TURNS[number // len(colors) % len(_TURNS)]
    goal = 255 if turn > 0 else 0
    blue, green, red = (round(part + (goal - part) * abs(turn)) for part in _from_hex(colors[number % len(colors)]))
    return blue, green, red


def color_of(value: Any) -> Color:
    """A colour as people write it: "orange", "#f80", "#ff8800".

    Returns:
        blue, green, red.

    Raises:
        UsageError: no such colour; near names are listed.

    Example:
        >>> color_of("#ff8000"), color_of("Orange")
        ((0, 128, 255), (0, 165, 255))
    """
    text = value.strip().lower() if isinstance(value, str) else ""
    digits = text.removeprefix("#")
    if text.startswith("#") and re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        return _from_hex(digits if len(digits) == 6 else "".join(2 * digit for digit in digits))
    name = re.sub(r"[\s_-]+", "", text)
    if name in _NAMED:
        return _from_hex(_NAMED[name])
    near = did_you_mean(name, _NAMED) if name and not text.startswith("#") else ""
    raise UsageError(f"{shortened(repr(value))} is no colour{near}: write a name such as orange, or #ff8800.")


def _from_hex(digits: str) -> Color:
    red, green, blue = bytes.fromhex(digits)
    return blue, green, red
