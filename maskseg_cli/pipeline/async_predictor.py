"""`AsyncPredictor`: runs the network in a thread of its own, so that keys, page and recording need not wait for it."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.inference.predictor import Predictor


class AsyncPredictor:
    """Runs the network on one frame at a time; loads it with the first.

    Args:
        load: loads the network; called once, in the thread.

    Example:
        >>> predictor = AsyncPredictor(lambda: lambda image: Detections.empty(image.shape[:2]))
        >>> predictor.submit(Frame(np.zeros((4, 6, 3), np.uint8), index=3))
        >>> frame, detections = predictor.result(10)
        >>> (frame.index, len(detections), predictor.busy)
        (3, 0, False)
        >>> predictor.close()
        True
    """

    def __init__(self, load: Callable[[], Predictor]) -> None:
        self._load = load
        self._predictor: Predictor | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="maskseg-network")
        self._frame: Frame | None = None
        self._future: Future[Detections] | None = None

    @property
    def busy(self) -> bool:
        """Whether a frame was submitted and its result not yet taken."""
        return self._future is not None

    def submit(self, frame: Frame) -> None:
        """Starts the network on a frame; only when not `busy`."""
        assert not self.busy
        self._frame = frame
        self._future = self._thread.submit(self._predict, frame.image)

    def discard(self) -> None:
        """Discards the pending result: `result` will return None for it."""
        self._frame = None

    def result(self, timeout: float) -> tuple[Frame, Detections] | None:
        """Waits for the pending result and takes it.

        Args:
            timeout: seconds to wait at most.

        Returns:
            the frame and the objects in it; None after the timeout, or if the result was discarded.

        Raises:
            Exception: as raised by the network, or by loading it.
        """
        if self._future is None or not concurrent.futures.wait([self._future], timeout).done:
            return None
        (frame, future), self._frame, self._future = (self._frame, self._future), None, None
        detections = future.result()
        return None if frame is None else (frame, detections)

    def close(self, timeout: float | None = None) -> bool:
        """Ends the thread; a call of the network cannot be interrupted, and is waited for.

        Args:
            timeout: seconds to wait at most; None: until it ends.

        Returns:
            whether it has ended.
        """
        self._thread.shutdown(wait=False)
        return self._future is None or bool(concurrent.futures.wait([self._future], timeout).done)

    def _predict(self, image: NDArray[np.uint8]) -> Detections:
        if self._predictor is None:
            self._predictor = self._load()
        return self._predictor(image)
