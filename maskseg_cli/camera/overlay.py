"""`Overlay`: text panels of the live window: frames a second, counts, messages and keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.feed import LiveStatus
from maskseg_cli.camera.keys import HELP
from maskseg_cli.drawing.drawing_options import Color, DrawingOptions
from maskseg_cli.drawing.text import Font, font_of_size
from maskseg_cli.messages import count_words

_WHITE: Color = (255, 255, 255)
_YELLOW: Color = (80, 220, 255)
_RED: Color = (70, 70, 255)

#: Brightness of the picture under the panels, as a part of its own, 0..1.
_DIMMED = 0.3

#: Classes that the line of counts names.
_NAMED = 6


class Overlay:
    """Draws text panels into copies of pictures; recordings and snapshots are made without them.

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
            status: shown at the top.
            message: shown at the bottom; "" for none.
            paused: show that the session is paused.
            help: show the keys.
        """
        image = image.copy()
        size = DrawingOptions().text_size_for(*image.shape[:2])
        font = self._fonts.setdefault(size, font_of_size(size))
        lines = [("paused: press space to resume", _YELLOW) if paused else (f"{status.fps:.1f} fps", _WHITE)]
        if status.counts:
            lines.append((count_words(status.counts, _NAMED), _WHITE))
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


def status_line(status: LiveStatus) -> str:
    """The status in one line, for a terminal.

    Example:
        >>> status_line(LiveStatus(fps=8, latency=0.15, counts={"dog": 1}, camera="connected"))
        '8.0 fps, 150 ms late, 1 dog'
    """
    parts = [f"{status.fps:.1f} fps, {1000 * status.latency:.0f} ms late"]
    if status.counts:
        parts.append(count_words(status.counts, _NAMED))
    if status.recording is not None:
        parts.append(f"recording {_clock(status.recorded)}")
    if status.camera not in ("connected", "ended"):
        parts.append(f"camera {status.camera}")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _panel(
    image: NDArray[np.uint8],
    font: Font,
    lines: Sequence[tuple[str, Color]],
    place: float,
    left_column: Sequence[str] = (),
    left_width: int = 0,
) -> None:
    """Writes lines on a darkened part of the picture, at the left.

    Args:
        place: 0 is the top, 1 the bottom, 0.5 the middle.
        left_column: one text a line, before the lines.
        left_width: of that column, in pixels.
    """
    height, width = image.shape[:2]
    line_height = font.ascent + font.descent
    margin = max(2, line_height // 3)
    texts = [_shortened(font, font.printable(text), width - left_width - 2 * margin) for text, _ in lines]
    panel_width = min(width, left_width + max(font.width(text) for text in texts) + 2 * margin)
    panel_height = min(height, len(lines) * line_height + 2 * margin)
    top = round((height - panel_height) * place)
    area = image[top : top + panel_height, :panel_width]
    area[:] = area * np.float32(_DIMMED)
    for number, (text, (_, color)) in enumerate(zip(texts, lines, strict=True)):
        baseline = top + margin + number * line_height + font.ascent
        if left_column:
            font.write(image, left_column[number], margin, baseline, _YELLOW)
        font.write(image, text, margin + left_width, baseline, color)


def _shortened(font: Font, text: str, max_width: int) -> str:
    """The text, cut with an ellipsis if it is wider than `max_width` pixels."""
    if font.width(text) <= max_width:
        return text
    while text and font.width(text + font.ellipsis) > max_width:
        text = text[:-1]
    return text + font.ellipsis
