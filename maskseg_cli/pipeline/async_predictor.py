"""The network in a thread of its own, so that keys, the page and the recording need not wait for its turns."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.capture import CapturedFrame
from maskseg_cli.detections import Detections

#: A BGR picture, uint8 (H, W, 3), to what is in it.
Segment = Callable[[NDArray[np.uint8]], Detections]


class AsyncPredictor:
    """Looks at one frame at a time; the network is loaded with the first.

    Args:
        load: makes the network; called once, in the thread.

    Example:
        >>> looker = AsyncPredictor(lambda: lambda image: Detections.empty(image.shape[:2]))
        >>> looker.begin(CapturedFrame(np.zeros((4, 6, 3), np.uint8), time=0.0, number=1))
        >>> frame, found = looker.wait(10)
        >>> (frame.number, len(found), looker.busy)
        (1, 0, False)
        >>> looker.close()
        True
    """

    def __init__(self, load: Callable[[], Segment]) -> None:
        self._load = load
        self._segment: Segment | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="maskseg-looker")
        self._frame: CapturedFrame | None = None
        self._future: Future[Detections] | None = None

    @property
    def busy(self) -> bool:
        """Whether a frame is being looked at, or its result waits to be taken."""
        return self._future is not None

    def begin(self, frame: CapturedFrame) -> None:
        """Starts to look at a frame; only when not `busy`."""
        assert not self.busy
        self._frame = frame
        self._future = self._thread.submit(self._look, frame.image)

    def forget(self) -> None:
        """Nobody wants to know any more what is in the frame that is being looked at."""
        self._frame = None

    def wait(self, timeout: float) -> tuple[CapturedFrame, Detections] | None:
        """Waits for the result.

        Returns:
            the frame and what is in it; None if it is not known in so many seconds, or was to be forgotten.

        Raises:
            Exception: whatever the network raised.
        """
        if self._future is None or not concurrent.futures.wait([self._future], timeout).done:
            return None
        (frame, future), self._frame, self._future = (self._frame, self._future), None, None
        found = future.result()
        return None if frame is None else (frame, found)

    def close(self, timeout: float | None = None) -> bool:
        """Waits for the end of the present turn, which cannot be broken off, so many seconds at most.

        Returns:
            whether it is over.
        """
        self._thread.shutdown(wait=False)
        return self._future is None or bool(concurrent.futures.wait([self._future], timeout).done)

    def _look(self, image: NDArray[np.uint8]) -> Detections:
        if self._segment is None:
            self._segment = self._load()
        return self._segment(image)
