"""What the viewers of a live picture wish for: keys of the window and buttons of the web page end up here."""

from __future__ import annotations

import math
import threading
from typing import Any

from maskseg_cli.camera.feed import LiveFeed, LiveStatus
from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError

__all__ = ["TOGGLES", "Controls", "LiveFeed", "LiveStatus"]

#: The drawing parts that viewers switch on and off.
TOGGLES = ("masks", "contours", "boxes", "captions")


class Controls:
    """CaptureSettings for the live loop, set by any thread and read by the loop once a frame.

    Nothing here waits: a wish is noted, and the loop heeds it with its next picture.

    Args:
        drawing: how objects are drawn at first.
        min_score: objects below this score are not shown, 0..1.
        recording: whether a recording is wanted from the start.

    Example:
        >>> controls = Controls()
        >>> controls.toggle("masks"), controls.drawing.masks
        (False, False)
    """

    def __init__(self, drawing: DrawingOptions | None = None, min_score: float = 0.0, recording: bool = False) -> None:
        self._lock = threading.Lock()
        self._drawing = drawing or DrawingOptions()
        self._min_score = _checked_score(min_score)
        self._paused = False
        self._recording = bool(recording)
        self._snapshot = False
        self._stop = threading.Event()
        self._version = 0

    @property
    def drawing(self) -> DrawingOptions:
        """How objects are drawn now."""
        return self._drawing

    @property
    def min_score(self) -> float:
        """Objects below this score are not shown, 0..1."""
        return self._min_score

    @property
    def paused(self) -> bool:
        """Whether the picture is to stand still."""
        return self._paused

    @property
    def recording_wanted(self) -> bool:
        """Whether a recording is to run; whether one does run is told by `LiveStatus.recording`."""
        return self._recording

    @property
    def version(self) -> int:
        """Grows with each change of how the picture looks (drawing, score)."""
        return self._version

    @property
    def stopped(self) -> bool:
        """Whether the end is wanted; once True, always True."""
        return self._stop.is_set()

    def set_drawing(self, **changes: Any) -> None:
        """Changes options of `DrawingOptions` by name.

        Raises:
            UsageError: an option that does not exist, or a value that makes no sense; nothing is changed then.
        """
        with self._lock:
            self._drawing = self._drawing.replace(**changes)
            self._version += 1

    def toggle(self, part: str) -> bool:
        """Switches "masks", "contours", "boxes" or "captions" on or off; returns whether it is on now.

        Raises:
            UsageError: any other name.
        """
        if part not in TOGGLES:
            raise UsageError(f"There is no part {part!r} to switch; the parts are {', '.join(TOGGLES)}.")
        with self._lock:
            wanted = not getattr(self._drawing, part)
            self._drawing = self._drawing.replace(**{part: wanted})
            self._version += 1
            return wanted

    def set_min_score(self, score: float) -> None:
        """Shows only objects of at least this score, 0..1.

        Raises:
            UsageError: no number from 0 to 1.
        """
        score = _checked_score(score)
        with self._lock:
            self._min_score = score
            self._version += 1

    def set_paused(self, paused: bool) -> None:
        """Lets the picture stand still, or go on."""
        self._paused = bool(paused)

    def set_recording(self, recording: bool) -> None:
        """Starts a recording, or finishes the one that runs."""
        self._recording = bool(recording)

    def request_snapshot(self) -> None:
        """CaptureSettings for the picture that is shown next as a file; several wishes before it are one."""
        self._snapshot = True

    def take_snapshot_request(self) -> bool:
        """Whether a snapshot was wished for since the last call (for the live loop)."""
        with self._lock:
            wanted, self._snapshot = self._snapshot, False
            return wanted

    def stop(self) -> None:
        """CaptureSettings for the end: the loop finishes the recording and returns."""
        self._stop.set()


def _checked_score(score: float) -> float:
    good = isinstance(score, (int, float)) and not isinstance(score, bool)
    if not good or math.isnan(score) or not 0 <= score <= 1:
        raise UsageError(f"The lowest score is a number from 0 to 1, not {score!r}.")
    return float(score)
