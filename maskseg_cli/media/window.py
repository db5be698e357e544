"""The window of `maskseg image --show`, and helpers for all windows."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError

_TITLE = "maskseg"

#: Largest width and height of a new window, in pixels.
_LARGEST = (1280, 800)

#: OpenCV's codes of the keys that close a window.
QUIT_KEYS = {ord("q"), ord("Q"), 27}  # 27: Esc


class Window:
    """Shows one picture after another, each until a key is pressed; use it in a `with` block.

    Raises:
        MasksegError: there is no display, or this OpenCV was built without windows.
    """

    def __enter__(self) -> Window:
        problem = display_problem()
        if problem:
            raise MasksegError(f"{problem}: leave out --show; the result is written to a file all the same.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cv2.destroyAllWindows()

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Shows a BGR picture until a key is pressed or the window is closed.

        Returns:
            False if the key was q or Esc.
        """
        height, width = image.shape[:2]
        cv2.namedWindow(_TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        fit_window(_TITLE, width, height)
        cv2.imshow(_TITLE, image)
        seen = not is_closed(_TITLE)  # on some screens a new window is not visible yet
        while True:
            # Short waits, so that Ctrl-C in the terminal and the window's close button take effect.
            key = cv2.waitKey(50)
            if key != -1:
                return (key & 0xFF) not in QUIT_KEYS
            hidden = is_closed(_TITLE)
            seen |= not hidden
            if hidden and seen:
                return True


def fit_window(title: str, width: int, height: int) -> None:
    """Resizes a window to the size of a picture, in pixels, scaled down if needed to fit most screens."""
    scale = min(1.0, _LARGEST[0] / width, _LARGEST[1] / height)
    cv2.resizeWindow(title, max(1, round(width * scale)), max(1, round(height * scale)))


def is_closed(title: str) -> bool:
    """Whether the user has closed the window of this title."""
    try:
        return bool(cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1)
    except cv2.error:  # Qt shuts down with its last window
        return True


def display_problem() -> str | None:
    """Why no window can be opened here, or None.

    A window toolkit that finds no display ends the whole process, so a window is opened in another process first.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "There is no display to show pictures on"
    trial = "import cv2; cv2.namedWindow('maskseg starts', cv2.WINDOW_NORMAL); cv2.destroyAllWindows()"
    try:
        done = subprocess.run([sys.executable, "-c", trial], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "The display does not answer"
    if done.returncode == 0:
        return None
    if b"not implemented" in done.stderr:
        return "This OpenCV is built without windows (opencv-python-headless)"
    return "The display cannot be opened"
