"""Sinks that show pictures in a window of this computer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.media.live_window import LiveWindow
from maskseg_cli.media.pixels import on_white
from maskseg_cli.media.window import Window
from maskseg_cli.sink import Sink


class PhotoWindow(Sink):
    """Shows each picture until a key is pressed; q or Esc closes the sink. Its `add` runs in the main thread only.

    Args:
        window: an open window.
    """

    def __init__(self, window: Window) -> None:
        self._window = window

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Shows the picture and waits for a key."""
        assert picture is not None
        self.closed = not self._window.show(on_white(picture) if picture.shape[2] == 4 else picture)


class VideoWindow(Sink):
    """Shows the newest picture; q, Esc or the window's close button close the sink.

    Args:
        window: an open window.
    """

    def __init__(self, window: LiveWindow) -> None:
        self._window = window
        self._newest: NDArray[np.uint8] | None = None

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Keeps the picture for `update`; any thread may call it."""
        self._newest = on_white(picture) if picture is not None and picture.shape[2] == 4 else picture

    def update(self) -> None:
        """Shows the newest picture and handles keys; called often, in the main thread."""
        picture, self._newest = self._newest, None
        self.closed |= not self._window.update(picture)
