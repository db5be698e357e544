"""The keys of the live window."""

from __future__ import annotations

from maskseg_cli.camera.controls import Controls

_ESCAPE = 27

#: Keys as the help shows them, and their meaning.
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
    """Applies keys to `Controls`.

    Args:
        controls: is changed.

    Attributes:
        help: whether the help should be shown.

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
        """Applies a key, in OpenCV's numbering; returns a message for the user, or ""."""
        letter = chr(key & 0xFF).lower()
        controls = self._controls
        if letter == "q" or key & 0xFF == _ESCAPE:
            controls.stop()
        elif letter == " ":
            controls.set_paused(not controls.paused)
        elif letter == "s":
            controls.request_snapshot()
        elif letter == "r":
            controls.set_recording(not controls.recording_wanted)
        elif letter == "h":
            self.help = not self.help
        elif letter in _PARTS:
            return f"{_PARTS[letter]} {'on' if controls.toggle(_PARTS[letter]) else 'off'}"
        return ""
