"""What a user may give as a background. Needs neither NumPy nor OpenCV."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.drawing.effects.color_names import NAMES, color_of
from maskseg_cli.errors import UsageError
from maskseg_cli.near_names import did_you_mean
from maskseg_cli.printable import printable

#: The words that are no colour and no file.
TRANSPARENT, BLUR = "transparent", "blur"


def background_files(text: str | None) -> list[Path]:
    """The picture or video that the text names, in a list; none for a colour and the like."""
    if text is None or text in (TRANSPARENT, BLUR) or color_of(text) is not None:
        return []
    return [Path(text)]


def check_background(text: str) -> None:
    """Checks that the text is a colour, a file, `transparent` or `blur`, without reading the file.

    Raises:
        UsageError: it is not.
    """
    if text in (TRANSPARENT, BLUR) or color_of(text) is not None:
        return
    if Path(text).is_file():
        return
    hint = did_you_mean(text, (*NAMES, TRANSPARENT, BLUR), 1)
    raise UsageError(
        "--background is a colour (white, #ff8800), a picture, a video, transparent or blur; "
        f"{printable(text)!r} is no colour and no file{hint}."
    )
