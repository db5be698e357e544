"""`LiveFeed`: the newest picture with its objects, and `LiveStatus`, for any number of readers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.sink import Sink


@dataclass(frozen=True)
class LiveStatus:
    """The state of a live session.

    Attributes:
        fps: pictures shown a second, over the last seconds; 0 before the second picture.
        latency: seconds from a frame's capture until it was shown, averaged over the last pictures.
        counts: class name -> number of objects in the picture, most first.
        frames: pictures shown so far.
        dropped: frames of the camera that were not shown, because newer ones had come.
        recording: the file that is being recorded, or None.
        recorded: seconds in that file so far.
        camera: "connected", "connecting", "reconnecting in 4 s", "ended" ...
        message: the last message, such as "Snapshot saved as ..."; "" before the first.
    """

    fps: float = 0.0
    latency: float = 0.0
    counts: Mapping[str, int] = field(default_factory=dict)
    frames: int = 0
    dropped: int = 0
    recording: str | None = None
    recorded: float = 0.0
    camera: str = "connecting"
    message: str = ""


class Shown(NamedTuple):
    """What the feed holds.

    Attributes:
        number: grows by one with each picture; 0 before the first.
        image: uint8 (H, W, 3), BGR, with the objects drawn; do not write to it; None before the first.
        status: the newest status.
    """

    number: int
    image: NDArray[np.uint8] | None
    status: LiveStatus


class LiveFeed(Sink):
    """Publishes the newest picture to any number of readers, without waiting for any of them.

    A slow reader misses pictures. As a sink of any run the feed publishes each frame; the live loop, which also
    publishes between two frames, calls `publish` itself.

    Example:
        >>> feed = LiveFeed()
        >>> feed.publish(np.zeros((4, 4, 3), np.uint8), LiveStatus(frames=1))
        >>> feed.latest().number, feed.wait_newer(1, timeout=0.01) is None
        (1, True)
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shown = Shown(0, None, LiveStatus())
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the session has ended: no new picture will come."""
        return self._ended

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Publishes a frame of a run, with the number of its objects by class."""
        assert picture is not None
        status = self.latest().status
        counts = dict(Counter(detections.names).most_common())
        self.publish(picture, replace(status, counts=counts, frames=status.frames + 1, camera="connected"))

    def publish(self, image: NDArray[np.uint8], status: LiveStatus) -> None:
        """Publishes a picture, uint8 (H, W, 3), BGR; the caller must not write to it again."""
        with self._changed:
            self._shown = Shown(self._shown.number + 1, image, status)
            self._changed.notify_all()

    def publish_status(self, status: LiveStatus) -> None:
        """Replaces the status; readers that wait for a picture continue to wait."""
        with self._changed:
            self._shown = self._shown._replace(status=status)

    def latest(self) -> Shown:
        """The newest picture, its number and status, without waiting."""
        return self._shown

    def wait_newer(self, number: int, timeout: float) -> Shown | None:
        """Waits for a picture with a higher number.

        Args:
            number: of the picture that the reader has; 0 for none.
            timeout: seconds to wait at most.

        Returns:
            the newest picture; None after the timeout, or if the feed ended first.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while self._shown.number <= number and not self._ended:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return self._shown if self._shown.number > number else None

    def finish(self) -> None:
        """Ends the feed: all readers that wait return at once."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def discard(self) -> None:
        """Ends the feed, as `finish`."""
        self.finish()
