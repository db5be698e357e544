"""`FileSource`: a video file that plays at its own speed, as if it were a camera."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.camera_address import CameraAddress
from maskseg_cli.camera.source import CameraError
from maskseg_cli.video.reader import open_video

#: Seconds by which decoding may be late; beyond that, playback continues from there instead of catching up.
_LATE = 0.5


class FileSource:
    """Yields each frame of a file when it is due.

    The first frame is available at once; the clock starts when the second is requested.

    Args:
        address: the file, or the network address of one.
        loop: repeat it for ever.

    Raises:
        MasksegError: it cannot be read, or is no video.
    """

    live = False

    def __init__(self, address: CameraAddress, loop: bool = False) -> None:
        self._address, self._loop = address, loop
        self._reader = open_video(address.value)
        self._frames = self._play()
        self._closed = threading.Event()
        self.frame_rate: float | None = float(self._reader.info.frame_rate)
        self.notes: tuple[str, ...] = ()

    def _play(self) -> Iterator[NDArray[np.uint8]]:
        """Yields the pictures when they are due, once or for ever."""
        start: float | None = None  # when the first frame of this repetition is due
        while True:
            first, end = None, 0.0
            for frame in self._reader:
                first = frame.time if first is None else first
                if start is not None:
                    behind = time.monotonic() - start - float(frame.time - first)
                    if behind > _LATE:
                        start += behind
                    elif self._closed.wait(-behind):
                        return
                yield frame.image
                start = time.monotonic() if start is None else start
                end = start + float(frame.time - first + frame.duration)
            if first is None:
                raise CameraError(self._reader.broken or f"{self._address.name} holds no picture that can be decoded.")
            # The last frame, too, has a duration.
            if self._closed.wait(max(0.0, end - time.monotonic())) or not self._loop:
                return
            self._reader.close()
            self._reader, start = open_video(self._address.value), end

    def read(self) -> NDArray[np.uint8] | None:
        """Waits until the next frame is due; uint8 (H, W, 3), BGR; None after the last.

        Raises:
            CameraError: nothing in the file can be decoded.
        """
        return next(self._frames, None)

    def close(self) -> None:
        """Closes the file."""
        self._closed.set()
        self._reader.close()
