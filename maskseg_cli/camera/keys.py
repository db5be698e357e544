"""What the keys of the live window do."""

from __future__ import annotations

from maskseg_cli.camera.controls import Controls

_ESCAPE = 27

#: Keys as the help shows them, and what they do.
HELP = (
    ("q, Esc", "quit"),
    ("space", "pause"),
    ("s", "snapshot"),
    ("r", "start or stop recording"),
    ("m", "masks"),
    ("c", "contours"),
    ("b", "boxes"),
    ("t", "captions"),
    ("h", "this help"),
)

_PARTS = {"m": "masks", "c": "contours", "b": "boxes", "t": "captions"}


class Keyboard:
    """Turns keys into wishes.

    Args:
        controls: takes the wishes.

    Attributes:
        help: whether the help is to be shown.

    Example:
        >>> controls = Controls()
        >>> Keyboard(controls).press(ord("B"))
        'boxes off'
        >>> controls.drawing.boxes
        False
    """

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self.help = False

    def press(self, key: int) -> str:
        """Does what a key, as OpenCV numbers them, stands for; returns what is to be said about it, or ""."""
        sign = chr(key & 0xFF).lower()
        controls = self._controls
        if sign == "q" or key & 0xFF == _ESCAPE:
            controls.stop()
        elif sign == " ":
            controls.set_paused(not controls.paused)
        elif sign == "s":
            controls.request_snapshot()
        elif sign == "r":
            controls.set_recording(not controls.recording_wanted)
        elif sign == "h":
            self.help = not self.help
        elif sign in _PARTS:
            return f"{_PARTS[sign]} {'on' if controls.toggle(_PARTS[sign]) else 'off'}"
        return ""
