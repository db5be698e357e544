"""`WindowViewer`: the live window with its keys and text panels."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.controls import Controls
from maskseg_cli.camera.feed import LiveStatus
from maskseg_cli.camera.keys import Keyboard
from maskseg_cli.camera.overlay import Overlay
from maskseg_cli.media.live_window import LiveWindow

#: Seconds for which a message is shown.
_MESSAGE_TIME = 3.0

#: Seconds between two updates of the panels while there is no new picture.
_UPDATE_EVERY = 0.2

#: Shown before the first picture.
_DARK = np.full((360, 640, 3), 24, np.uint8)


class WindowViewer:
    """Shows pictures in a window and applies its keys to `Controls`; closing the window ends the session.

    Args:
        window: an open window.
        controls: are changed by keys.
    """

    def __init__(self, window: LiveWindow, controls: Controls) -> None:
        self._window = window
        self._controls = controls
        self._keyboard = Keyboard(controls)
        self._overlay = Overlay()
        self._message, self._until = "", 0.0
        self._updated = 0.0

    def show_message(self, sentence: str) -> None:
        """Shows a sentence at the bottom for some seconds, from the next `update` on."""
        self._message, self._until = sentence, time.monotonic() + _MESSAGE_TIME
        self.refresh()

    def refresh(self) -> None:
        """Makes the next `update` show the picture, without a wait."""
        self._updated = 0.0

    def update(self, image: NDArray[np.uint8] | None, status: LiveStatus, paused: bool) -> None:
        """Handles keys and the close button, and shows the picture if it is due; quick, to be called often.

        Args:
            image: uint8 (H, W, 3), BGR; None before the first.
            status: shown in the panels.
            paused: whether the picture stands still.
        """
        if not self._handle_keys() and time.monotonic() - self._updated < _UPDATE_EVERY:
            return
        self._updated = time.monotonic()
        message = self._message if time.monotonic() < self._until else ""
        self._window.show(
            self._overlay.draw(_DARK if image is None else image, status, message, paused, self._keyboard.help)
        )
        if self._handle_keys():
            self.refresh()

    def close(self) -> None:
        """Closes the window."""
        self._window.close()

    def _handle_keys(self) -> bool:
        """Applies keys and the close button; returns whether a key was pressed, which may change the panels."""
        keys = self._window.pressed_keys()
        for key in keys:
            message = self._keyboard.press(key)
            if message:
                self.show_message(message)
        if self._window.closed:
            self._controls.stop()
        return bool(keys)
