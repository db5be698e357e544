"""`FileFont`: text with a font file, by Pillow, which shapes Arabic and Indian scripts too; fonts of the system."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.drawing.drawing_options import Color
from maskseg_cli.errors import MasksegError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

#: Fonts of Linux, macOS and Windows, those with many scripts first; Pillow finds them in the system's own folders.
_USUAL_FONTS = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf", "Arial.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc", "NotoSansJP-Regular.otf", "wqy-microhei.ttc", "DroidSansFallbackFull.ttf",
    "msyh.ttc", "meiryo.ttc", "malgun.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc",
    "NotoSansArabic-Regular.ttf", "NotoNaskhArabic-Regular.ttf", "GeezaPro.ttc",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf", "Lohit-Devanagari.ttf", "Nirmala.ttc", "Nirmala.ttf", "Kohinoor.ttc",
    "Devanagari Sangam MN.ttc", "NotoSansBengali-Regular.ttf", "NotoSansTamil-Regular.ttf",
    "NotoSansThai-Regular.ttf", "Loma.ttf", "leelawui.ttf", "Thonburi.ttc",
    "NotoSansGeorgian-Regular.ttf", "NotoSansArmenian-Regular.ttf", "NotoSansEthiopic-Regular.ttf",
    "NotoEmoji-Regular.ttf", "seguiemj.ttf", "Symbola.ttf", "seguisym.ttf", "FreeSans.ttf",
    "unifont.ttf", "unifont.otf",
)  # fmt: skip

#: Share of a line's height that is the font's size.
_EM = 0.76
#: No font has a character here.
_NO_CHARACTER = "\U0010ffff"
_TEST_SIZE = 24


class FileFont:
    """Writes text with a font file at one size, as `text.Font` says.

    Args:
        file: path of a TrueType or OpenType font, or the name of one in the system's folders.
        size: height of a line in pixels.

    Raises:
        MasksegError: there is no such font, or it cannot be used.

    Example:
        >>> FileFont("DejaVuSans.ttf", 20).width("dog") > 10        # doctest: +SKIP
        True
    """

    ellipsis = "…"

    def __init__(self, file: str, size: float) -> None:
        self._font = load_font(file, max(4, round(size * _EM)))
        self.descent = max(1, round(size * 0.22))
        self.ascent = max(1, round(size) - self.descent)

    def printable(self, text: str) -> str:
        return text

    def width(self, text: str) -> int:
        return math.ceil(self._font.getlength(text))

    def write(self, image: NDArray[np.uint8], text: str, left: int, baseline: int, color: Color) -> None:
        mask, (right, down) = self._font.getmask2(text, "L", anchor="ls")
        width, height = mask.size
        if not width or not height:
            return
        cover: NDArray[Any] = np.array(mask, np.uint16).reshape(height, width, 1)
        x, y = left + right, baseline + down
        # What lies outside of the picture is cut.
        x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + width, image.shape[1]), min(y + height, image.shape[0])
        if x1 >= x2 or y1 >= y2:
            return
        cover = cover[y1 - y : y2 - y, x1 - x : x2 - x]
        area = image[y1:y2, x1:x2]
        area[:] = (area * (255 - cover) + np.array(color, np.uint16) * cover + 127) // 255


@functools.lru_cache(maxsize=64)
def load_font(file: str, size: int) -> FreeTypeFont:
    """A font of Pillow.

    Raises:
        MasksegError: there is no such font, or it cannot be used.
    """
    from PIL import ImageFont  # only where a caption needs it

    try:
        return ImageFont.truetype(file, size)
    except OSError as error:
        if not Path(file).is_file():
            raise MasksegError(f"There is no font {file}.") from None
        raise MasksegError(f"{file} is no font that can be used ({error}).") from None


@functools.lru_cache(maxsize=4096)
def font_covers(file: str, sign: str) -> bool:
    """Whether a font file has a character: it does not look like one that no font has."""
    font = load_font(file, _TEST_SIZE)
    mask, absent = font.getmask(sign), font.getmask(_NO_CHARACTER)
    return bool(mask.size != absent.size or bytes(mask) != bytes(absent))


@functools.lru_cache(maxsize=1)
def system_fonts() -> tuple[str, ...]:
    """The usual fonts that this computer has."""
    found = []
    for name in _USUAL_FONTS:
        try:
            load_font(name, _TEST_SIZE)
        except MasksegError:
            continue
        found.append(name)
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def system_font_for(sign: str) -> str | None:
    """A font of this computer that has the character; None: none has."""
    return next((file for file in system_fonts() if font_covers(file, sign)), None)
