"""What the live window writes over the picture: how fast it goes, what is in it, and which keys there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.feed import LiveStatus
from maskseg_cli.camera.keys import HELP
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.drawing.text import Font, font_of_size
from maskseg_cli.export.messages import plural

_WHITE: Color = (255, 255, 255)
_YELLOW: Color = (80, 220, 255)
_RED: Color = (70, 70, 255)

#: How much of the picture still shows through the panels, 0..1.
_THROUGH = 0.3

#: Kinds of objects that the line of counts names at most.
_NAMED = 6


class Overlay:
    """Writes panels of text into copies of pictures; recordings and snapshots never see them.

    Example:
        >>> picture = np.zeros((90, 160, 3), np.uint8)
        >>> written = Overlay().draw(picture, LiveStatus(fps=9.5, counts={"dog": 2}))
        >>> bool(written.any()), bool(picture.any())
        (True, False)
    """

    def __init__(self) -> None:
        self._fonts: dict[float, Font] = {}

    def draw(
        self, image: NDArray[np.uint8], status: LiveStatus, message: str = "", paused: bool = False, help: bool = False
    ) -> NDArray[np.uint8]:
        """A copy of the picture with panels.

        Args:
            image: BGR, uint8 (H, W, 3).
            status: what is written at the top.
            message: what has just happened, written at the bottom; "" for nothing.
            paused: say that the picture stands still.
            help: show the keys.
        """
        image = image.copy()
        size = DrawingOptions().text_size_for(*image.shape[:2])
        font = self._fonts.setdefault(size, font_of_size(size))
        lines = [("paused: space goes on", _YELLOW) if paused else (f"{status.fps:.1f} fps", _WHITE)]
        if status.counts:
            lines.append((counts_in_words(status.counts), _WHITE))
        if status.recording is not None:
            lines.append((f"REC {_clock(status.recorded)}", _RED))
        if status.camera not in ("connected", "ended"):
            lines.append((f"camera: {status.camera}", _YELLOW))
        _panel(image, font, lines, 0)
        if message:
            _panel(image, font, [(message, _YELLOW)], 1)
        if help:
            width = max(font.width(key) for key, _ in HELP) + round(size)
            _panel(image, font, [(meaning, _WHITE) for _, meaning in HELP], 0.5, [key for key, _ in HELP], width)
        return image


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Counts in English, the most first.

    Example:
        >>> counts_in_words({"person": 2, "dog": 1})
        '2 persons, 1 dog'
    """
    words = [f"{count} {name if count == 1 else plural(name)}" for name, count in counts.items()]
    return ", ".join(words[:_NAMED]) + (", ..." if len(words) > _NAMED else "")


def status_in_words(status: LiveStatus) -> str:
    """One line for a terminal.

    Example:
        >>> status_in_words(LiveStatus(fps=8, latency=0.15, counts={"dog": 1}, camera="connected"))
        '8.0 fps, 150 ms late, 1 dog'
    """
    parts = [f"{status.fps:.1f} fps, {1000 * status.latency:.0f} ms late", counts_in_words(status.counts)]
    if status.recording is not None:
        parts.append(f"recording {_clock(status.recorded)}")
    if status.camera not in ("connected", "ended"):
        parts.append(f"camera {status.camera}")
    return ", ".join(part for part in parts if part)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _panel(
    image: NDArray[np.uint8],
    font: Font,
    lines: Sequence[tuple[str, Color]],
    place: float,
    firsts: Sequence[str] = (),
    indent: int = 0,
) -> None:
    """Writes lines on a dark ground at the left.

    Args:
        place: 0 is the top, 1 the bottom, 0.5 the middle.
        firsts: a first column, one text a line.
        indent: its width.
    """
    height, width = image.shape[:2]
    line_height = font.ascent + font.descent
    space = max(2, line_height // 3)
    texts = [_shortened(font, font.printable(text), width - indent - 2 * space) for text, _ in lines]
    panel_width = min(width, indent + max(font.width(text) for text in texts) + 2 * space)
    panel_height = min(height, len(lines) * line_height + 2 * space)
    top = round((height - panel_height) * place)
    ground = image[top : top + panel_height, :panel_width]
    ground[:] = ground * np.float32(_THROUGH)
    for number, (text, (_, color)) in enumerate(zip(texts, lines, strict=True)):
        baseline = top + space + number * line_height + font.ascent
        if firsts:
            font.write(image, firsts[number], space, baseline, _YELLOW)
        font.write(image, text, space + indent, baseline, color)


def _shortened(font: Font, text: str, room: int) -> str:
    if font.width(text) <= room:
        return text
    while text and font.width(text + font.ellipsis) > room:
        text = text[:-1]
    return text + font.ellipsis
