"""`Controls`: the state that viewers set with keys of the window and buttons of the web page."""

from __future__ import annotations

import math
import threading
from typing import Any

from maskseg_cli.drawing.drawing_options import DrawingOptions
from maskseg_cli.errors import UsageError

#: The drawing parts that viewers switch on and off.
TOGGLES = ("masks", "contours", "boxes", "captions")


class Controls:
    """The state that viewers control; any thread may set it, and the live loop applies it.

    Setting never blocks: the loop applies a change with its next picture, or earlier.

    Args:
        drawing: how objects are drawn at first.
        min_score: objects below this score are not shown, 0..1.
        recording: whether to record from the start.

    Example:
        >>> controls = Controls()
        >>> controls.toggle("masks"), controls.drawing.masks
        (False, False)
    """

    def __init__(self, drawing: DrawingOptions | None = None, min_score: float = 0.0, recording: bool = False) -> None:
        self._lock = threading.Lock()
        self._drawing = drawing or DrawingOptions()
        self._min_score = _checked_score(min_score)
        self._highest_score = 1.0
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
        """Whether the picture should stand still."""
        return self._paused

    @property
    def recording_wanted(self) -> bool:
        """Whether a recording should run; `LiveStatus.recording` says whether one does."""
        return self._recording

    @property
    def version(self) -> int:
        """A number that grows with each change of what is drawn (drawing options, lowest score)."""
        return self._version

    @property
    def stopped(self) -> bool:
        """Whether the session should end; once True, always True."""
        return self._stop.is_set()

    def set_drawing(self, **changes: Any) -> None:
        """Changes options of `DrawingOptions` by name.

        Raises:
            UsageError: an unknown option, or a value that is not possible; nothing is changed then.
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
            is_on = not getattr(self._drawing, part)
            self._drawing = self._drawing.replace(**{part: is_on})
            self._version += 1
            return is_on

    def set_min_score(self, score: float) -> None:
        """Shows only objects of at least this score, 0..1.

        Raises:
            UsageError: not a number from 0 to 1.
        """
        score = _checked_score(score)
        with self._lock:
            self._min_score = min(score, self._highest_score)
            self._version += 1

    def limit_score(self) -> None:
        """Keeps the lowest score from being raised above the present one; a higher one counts as that."""
        with self._lock:
            self._highest_score = self._min_score

    def set_paused(self, paused: bool) -> None:
        """Pauses or resumes."""
        self._paused = bool(paused)

    def set_recording(self, recording: bool) -> None:
        """Asks for a recording to start, or for the running one to end."""
        self._recording = bool(recording)

    def request_snapshot(self) -> None:
        """Asks for the next picture as a file; several requests before it count as one."""
        self._snapshot = True

    def take_snapshot_request(self) -> bool:
        """Whether a snapshot was requested since the last call; for the live loop."""
        with self._lock:
            requested, self._snapshot = self._snapshot, False
            return requested

    def stop(self) -> None:
        """Asks the session to end: the loop finishes the recording and returns."""
        self._stop.set()


def _checked_score(score: float) -> float:
    is_number = isinstance(score, (int, float)) and not isinstance(score, bool)
    if not is_number or math.isnan(score) or not 0 <= score <= 1:
        raise UsageError(f"The lowest score is a number from 0 to 1, not {score!r}.")
    return float(score)
