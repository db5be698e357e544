"""The live window with its keys and panels."""

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
_MESSAGE = 3.0

#: Before the first picture there is a dark one.
_NOTHING = np.full((360, 640, 3), 24, np.uint8)


class WindowViewer:
    """Shows pictures in a window and turns its keys into wishes; closing the window is a wish for the end.

    Args:
        window: an open window.
        controls: takes the wishes.
    """

    def __init__(self, window: LiveWindow, controls: Controls) -> None:
        self._window = window
        self._controls = controls
        self._keyboard = Keyboard(controls)
        self._overlay = Overlay()
        self._message, self._until = "", 0.0

    def tell(self, sentence: str) -> None:
        """Writes a sentence into the window for some seconds."""
        self._message, self._until = sentence, time.monotonic() + _MESSAGE

    def show(self, image: NDArray[np.uint8] | None, status: LiveStatus, paused: bool) -> None:
        """Shows a BGR picture, uint8 (H, W, 3), and heeds the keys.

        Args:
            image: None before the first.
            status: what the panels tell.
            paused: whether the picture stands still.
        """
        message = self._message if time.monotonic() < self._until else ""
        self._window.show(
            self._overlay.draw(_NOTHING if image is None else image, status, message, paused, self._keyboard.help)
        )
        self.heed()

    def close(self) -> None:
        """Takes the window away."""
        self._window.close()

    def heed(self) -> bool:
        """Heeds the keys and the close button; quick, so that it may be called often.

        Returns:
            whether a key was pressed, so that the panels may have to tell something else.
        """
        keys = self._window.pressed_keys()
        for key in keys:
            said = self._keyboard.press(key)
            if said:
                self.tell(said)
        if self._window.closed:
            self._controls.stop()
        return bool(keys)
