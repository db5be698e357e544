"""`Capture`: a thread that reads a camera all the time and keeps exactly one frame, the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from maskseg_cli.camera.source import KEY_FRAME_TIMEOUT, CameraError, CameraSource
from maskseg_cli.errors import MasksegError
from maskseg_cli.frame import Frame

#: Seconds before the first, second, ... attempt to reconnect; the last one counts for all further attempts.
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

#: Seconds with data but without a picture after which the state says what is waited for.
_USUAL_WAIT = 3.0


class Capture:
    """Reads a camera in a thread of its own; readers always get the newest frame.

    Args:
        open_source: opens the camera; called again to reconnect.
        name: of the camera, for `Frame.source`.
        reconnect: when the camera is lost, retry for ever, with exponential back-off.
        from_start: retry also where the camera cannot be opened for the first time.
        stall: seconds without a picture after which the camera counts as lost.
        back_off: seconds to wait before each attempt.

    Example:
        >>> capture = Capture(lambda: open_camera(parse_camera("0")), "camera 0")    # doctest: +SKIP
        >>> with capture:                                                            # doctest: +SKIP
        ...     frame = capture.newer(-1, timeout=5)
    """

    def __init__(
        self,
        open_source: Callable[[], CameraSource],
        name: str = "",
        reconnect: bool = False,
        from_start: bool = False,
        stall: float = 10.0,
        back_off: tuple[float, ...] = BACK_OFF,
    ) -> None:
        self._open = open_source
        self._name = name
        self._reconnect, self._from_start = reconnect, from_start
        self._stall = stall
        self._back_off = back_off
        self._changed = threading.Condition()
        self._frame: Frame | None = None
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
        """Ends the thread and releases the camera; waits for a driver that hangs one second at most."""
        self._closed.set()
        self._released.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def release(self) -> None:
        """Starts the playback of a file, which pauses after its first frame."""
        with self._changed:
            self._last = time.monotonic()
            if self._frame is not None and not self._released.is_set() and not self._is_live:
                self._frame = replace(self._frame, time=Fraction(self._last))
        self._released.set()

    def newer(self, index: int, timeout: float) -> Frame | None:
        """Waits for a frame with a higher index, and returns the newest.

        Args:
            index: of the frame that the caller has; -1 for none.
            timeout: seconds to wait at most.

        Returns:
            None: no frame came in this time, or none will (see `ended`).

        Raises:
            MasksegError: the camera is lost for good, or it cannot be opened.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._frame is not None and self._frame.index > index:
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
        """Detects a driver that hangs, which cannot be interrupted.

        Raises:
            CameraError: no picture came for too long.
        """
        source = self._source
        if source is None or not source.live or self._ended or self._closed.is_set():
            return
        if self._waits_for_key_frame:
            return
        silent = time.monotonic() - self._last
        if silent > 2 * self._stall:  # network cameras give up by themselves after `stall` seconds
            raise CameraError(f"The camera gave no picture for {silent:.0f} seconds: it was unplugged, or it hangs.")

    @property
    def _waits_for_key_frame(self) -> bool:
        """Whether data come from a network camera that has not sent a picture which can be decoded yet."""
        heard = getattr(self._source, "heard", None)
        if heard is None or heard <= self._last:
            return False
        now = time.monotonic()
        return now - heard < 2 * self._stall and now - self._last < KEY_FRAME_TIMEOUT

    @property
    def ended(self) -> bool:
        """Whether a file has been played to its end; its last frame can still be read."""
        return self._ended

    @property
    def frames(self) -> int:
        """Number of frames that came so far."""
        return self._frame.index + 1 if self._frame else 0

    @property
    def connections(self) -> int:
        """Number of times that the camera was opened."""
        return self._connections

    @property
    def trouble(self) -> str:
        """A sentence that says why the camera is being reconnected; "" while it is connected."""
        return self._trouble

    @property
    def frame_rate(self) -> float | None:
        """Frames a second as the camera announces."""
        source = self._source  # the capture thread may change it at any time
        return source.frame_rate if source else None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about settings that the camera does not follow."""
        source = self._source
        return source.notes if source else ()

    @property
    def state(self) -> str:
        """ "connecting", "connected", "reconnecting", "reconnecting in 4 s" or "ended"."""
        retry_at = self._retry_at
        if self._ended:
            return "ended"
        if retry_at is not None:
            return f"reconnecting in {max(0.0, retry_at - time.monotonic()):.0f} s"
        if self._source is not None:
            waits = self._waits_for_key_frame and time.monotonic() - self._last > _USUAL_WAIT
            return "waiting for a key frame" if waits else "connected"
        return "reconnecting" if self._trouble else "connecting"

    def _run(self) -> None:
        failures = 0
        while not self._closed.is_set():
            frames = self.frames
            try:
                self._read_all()
                self._ended = True
                break
            except BaseException as error:
                if not self._may_retry(error):
                    self._error = error
                    break
                if self.frames > frames:
                    failures = 0  # it worked in between
                self._trouble = str(error)
                wait = self._back_off[min(failures, len(self._back_off) - 1)]
                failures += 1
                self._retry_at = time.monotonic() + wait
                self._closed.wait(wait)
                self._retry_at = None
        with self._changed:
            self._changed.notify_all()

    def _may_retry(self, error: BaseException) -> bool:
        is_known = isinstance(error, MasksegError)
        return is_known and self._reconnect and (self._from_start or self._frame is not None)

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
                    self._frame = Frame(image, self.frames, Fraction(self._last), source=self._name)
                    self._changed.notify_all()
                if not source.live:
                    self._released.wait()
        finally:
            self._source = None
            source.close()
