"""A window for video: it shows the newest picture and never blocks."""

from __future__ import annotations

from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.window import QUIT_KEYS, display_problem, fit_window, is_closed


class LiveWindow:
    """Shows one picture after another without blocking; use it in a `with` block, in the main thread.

    Args:
        advice: what to do if there is no display; the end of the error message.
        title: of the window.

    Attributes:
        closed: whether the user or `close` has closed the window.

    Raises:
        MasksegError: there is no display, or this OpenCV was built without windows.

    Example:
        >>> with LiveWindow("leave out --show") as window:                        # doctest: +SKIP
        ...     while window.update(next_picture()):
        ...         pass
    """

    def __init__(self, advice: str, title: str = "maskseg") -> None:
        self._advice = advice
        self._title = title
        self._size: tuple[int, int] | None = None
        self._seen = False
        self.closed = False

    def __enter__(self) -> LiveWindow:
        problem = display_problem()
        if problem:
            raise MasksegError(f"{problem}: {self._advice}.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, image: NDArray[np.uint8]) -> None:
        """Shows a BGR picture, uint8 (H, W, 3); `pressed_keys` makes it visible. A closed window stays closed."""
        if self.closed:
            return
        height, width = image.shape[:2]
        if self._size is None:
            cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        if self._size != (width, height):  # else the user may have resized the window
            fit_window(self._title, width, height)
            self._size = width, height
        cv2.imshow(self._title, image)
        self._seen = self._seen or not is_closed(self._title)

    def close(self) -> None:
        """Closes the window; nothing happens if it is closed already."""
        if self._size is not None and not self.closed:
            cv2.destroyAllWindows()
        self.closed = True

    def pressed_keys(self, wait: float = 0.0) -> list[int]:
        """Processes the events of the window, and returns the keys that were pressed, as OpenCV's key codes.

        Args:
            wait: seconds to wait for a key, at least a millisecond.
        """
        if self._size is None or self.closed:
            return []
        pressed = []
        key = cv2.waitKey(max(1, round(wait * 1000)))
        while key != -1:
            pressed.append(key)
            key = cv2.waitKey(1)
        hidden = is_closed(self._title)
        self._seen |= not hidden  # on some screens a new window is not visible yet
        self.closed = hidden and self._seen
        return pressed

    def update(self, image: NDArray[np.uint8] | None) -> bool:
        """Shows a picture, or keeps the last one if None, and processes the events; only q and Esc count as keys.

        Returns:
            False if the user pressed q or Esc, or closed the window.
        """
        if image is not None:
            self.show(image)
        quit_pressed = any((key & 0xFF) in QUIT_KEYS for key in self.pressed_keys())
        return not quit_pressed and not self.closed
