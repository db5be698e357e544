"""A window for moving pictures: it shows the newest one and never waits."""

from __future__ import annotations

from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.window import QUIT, display_problem, fit_window, is_closed


class LiveWindow:
    """A window that is shown one picture after another; use it in a `with` block, in the main thread.

    Args:
        advice: what to do where there is no display, the end of the sentence that says so.
        title: of the window.

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
        """Shows a BGR picture, uint8 (H, W, 3); `pressed_keys` makes it visible. Nothing happens in a closed window."""
        if self.closed:
            return
        height, width = image.shape[:2]
        if self._size is None:
            cv2.namedWindow(self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        if self._size != (width, height):  # a size that the user gave to the window stays
            fit_window(self._title, width, height)
            self._size = width, height
        cv2.imshow(self._title, image)
        self._seen = self._seen or not is_closed(self._title)

    def close(self) -> None:
        """Takes the window away; nothing happens if it is gone."""
        if self._size is not None and not self.closed:
            cv2.destroyAllWindows()
        self.closed = True

    def pressed_keys(self, wait: float = 0.0) -> list[int]:
        """Lets the window work, and returns the keys that were pressed, as OpenCV numbers them.

        Args:
            wait: seconds to wait for a key; a millisecond at least.
        """
        if self._size is None or self.closed:
            return []
        pressed = []
        key = cv2.waitKey(max(1, round(wait * 1000)))
        while key != -1:
            pressed.append(key)
            key = cv2.waitKey(1)
        gone = is_closed(self._title)
        self._seen |= not gone  # on some screens a new window is not visible yet
        self.closed = gone and self._seen
        return pressed

    def update(self, image: NDArray[np.uint8] | None) -> bool:
        """Shows a picture, or goes on showing the last one, and heeds q and Esc alone.

        Returns:
            False if the user has seen enough or closed the window.
        """
        if image is not None:
            self.show(image)
        wanted = any((key & 0xFF) in QUIT for key in self.pressed_keys())
        return not wanted and not self.closed
