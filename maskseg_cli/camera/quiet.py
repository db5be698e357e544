"""Keeps the libraries behind the pictures from writing to the user's terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """OpenCV warns on stderr about each camera that does not open; what counts is said by our own messages."""
    import cv2

    # Only for a moment: what OpenCV says elsewhere is for the user.
    logging = getattr(getattr(cv2, "utils", None), "logging", None)
    if logging is None:
        yield
        return
    before = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(before)
