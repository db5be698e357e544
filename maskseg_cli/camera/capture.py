"""The capture thread: it reads a camera all the time and keeps exactly one frame, the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.source import CameraError, CameraSource
from maskseg_cli.errors import MasksegError

#: Seconds before the first, second, ... new try to reach a camera; the last one counts for all further.
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


@dataclass(frozen=True, eq=False)
class CapturedFrame:
    """A frame as it came.

    Attributes:
        image: BGR, uint8 (H, W, 3).
        time: of `time.monotonic()` when it was complete.
        number: frames that the camera has sent so far, this one included.
    """

    image: NDArray[np.uint8]
    time: float
    number: int


class Capture:
    """Reads a camera in a thread of its own; whoever asks gets the newest frame.

    Args:
        open_camera: opens the camera; called again to reconnect.
        reconnect: try again for ever when the camera is lost.
        from_start: try again also where the camera cannot be opened in the first place.
        stall: seconds without a picture after which the camera counts as lost.
        back_off: seconds to wait before each new try.

    Example:
        >>> capture = Capture(lambda: open_source(parse_camera("0")))            # doctest: +SKIP
        >>> with capture:                                                        # doctest: +SKIP
        ...     frame = capture.newer(0, timeout=5)
    """

    def __init__(
        self,
        open_camera: Callable[[], CameraSource],
        reconnect: bool = False,
        from_start: bool = False,
        stall: float = 10.0,
        back_off: tuple[float, ...] = BACK_OFF,
    ) -> None:
        self._open = open_camera
        self._reconnect, self._from_start = reconnect, from_start
        self._stall = stall
        self._back_off = back_off
        self._changed = threading.Condition()
        self._frame: CapturedFrame | None = None
        self._source: CameraSource | None = None
        self._released = threading.Event()
        self._closed = threading.Event()
        self._error: BaseException | None = None
        self._ended = False
        self._retry_at: float | None = None
        self._trouble = ""
        self._last = time.monotonic()
        self._connections = 0
        self._is_live = True
        # A daemon: a driver that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="maskseg-camera", daemon=True)

    def __enter__(self) -> Capture:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the thread and gives the camera free; a driver that hangs is left behind after a second."""
        self._closed.set()
        self._released.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def release(self) -> None:
        """Lets a file, which waits after its first frame, play: it begins now."""
        with self._changed:
            self._last = time.monotonic()
            if self._frame is not None and not self._released.is_set() and not self._is_live:
                self._frame = replace(self._frame, time=self._last)
        self._released.set()

    def newer(self, number: int, timeout: float) -> CapturedFrame | None:
        """The newest frame, if its number is higher.

        Args:
            number: of the frame that the caller has; 0 for none.
            timeout: seconds to wait for a newer one.

        Returns:
            None: none came in this time, or none will (see `ended`).

        Raises:
            MasksegError: the camera is lost for good, or it cannot be opened.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._frame is not None and self._frame.number > number:
                    return self._frame
                if self._error is not None:
                    raise self._error
                left = end - time.monotonic()
                if self._ended or self._closed.is_set() or left <= 0:
                    break
                self._changed.wait(left)
        self._check_stall()
        return None

    def _check_stall(self) -> None:
        """A driver that hangs cannot be woken: only the reader can notice."""
        source = self._source
        if source is None or not source.live or self._ended or self._closed.is_set():
            return
        silent = time.monotonic() - self._last
        if silent > 2 * self._stall:  # network cameras give up by themselves after one time
            raise CameraError(f"The camera gave no picture for {silent:.0f} seconds: it was unplugged, or it hangs.")

    @property
    def ended(self) -> bool:
        """Whether a file is over; its last frame can still be read."""
        return self._ended

    @property
    def frames(self) -> int:
        """Frames that came so far."""
        return self._frame.number if self._frame else 0

    @property
    def connections(self) -> int:
        """How often the camera was opened."""
        return self._connections

    @property
    def trouble(self) -> str:
        """Why the camera is being reconnected, in a sentence; "" while all is well."""
        return self._trouble

    @property
    def frame_rate(self) -> float | None:
        """Frames a second as the camera announces."""
        return self._source.frame_rate if self._source else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the camera does differently than asked."""
        return self._source.notes if self._source else ()

    @property
    def state(self) -> str:
        """ "connecting", "connected", "reconnecting", "reconnecting in 4 s" or "ended"."""
        if self._ended:
            return "ended"
        if self._retry_at is not None:
            return f"reconnecting in {max(0.0, self._retry_at - time.monotonic()):.0f} s"
        if self._source is not None:
            return "connected"
        return "reconnecting" if self._trouble else "connecting"

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            try:
                came = self._frame.number if self._frame else 0
                self._read_all()
                self._ended = True
                break
            except BaseException as error:
                if not self._may_try_again(error):
                    self._error = error
                    break
                if self._frame is not None and self._frame.number > came:
                    failures = 0  # it worked in between
                self._trouble = str(error)
                wait = self._back_off[min(failures, len(self._back_off) - 1)]
                failures += 1
                self._retry_at = time.monotonic() + wait
                self._closed.wait(wait)
                self._retry_at = None
        with self._changed:
            self._changed.notify_all()

    def _may_try_again(self, error: BaseException) -> bool:
        known = isinstance(error, MasksegError)
        return known and self._reconnect and (self._from_start or self._frame is not None)

    def _read_all(self) -> None:
        """Opens the camera and reads it until it ends.

        Raises:
            MasksegError: it cannot be opened, or it is lost.
        """
        source = self._open()
        try:
            self._last = time.monotonic()
            self._source, self._is_live = source, source.live
            self._connections += 1
            while not self._closed.is_set():
                image = source.read()
                if image is None:
                    return
                self._trouble = ""
                self._last = time.monotonic()
                with self._changed:
                    number = self._frame.number + 1 if self._frame else 1
                    self._frame = CapturedFrame(image, self._last, number)
                    self._changed.notify_all()
                if not source.live:
                    self._released.wait()
        finally:
            self._source = None
            source.close()
