"""Silences OpenCV's own messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_opencv() -> Iterator[None]:
    """Suppresses what OpenCV writes to standard error about cameras that do not open: our own messages say it."""
    import cv2  # `devices` imports this file, and lists cameras without OpenCV on Linux

    # OpenCV's other messages stay visible.
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
