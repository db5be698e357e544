"""What the live loop publishes, and its many readers see: the newest annotated picture and how things stand."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class LiveStatus:
    """How the live view is doing.

    Attributes:
        fps: pictures shown a second, over the last seconds; 0 before the second picture.
        latency: seconds from a frame's capture until it was shown, over the last pictures.
        counts: objects in the picture by class name, most first.
        frames: pictures shown so far.
        dropped: frames of the camera that were never shown, because newer ones had come.
        recording: the file that is being recorded, or None.
        recorded: seconds in that file so far.
        camera: "connected", "connecting", "reconnecting in 4 s", "ended" ...
        message: the last event in a sentence: "Snapshot saved as ..."; "" before the first.
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


@dataclass(frozen=True)
class Summary:
    """What a session was.

    Attributes:
        seconds: how long it took.
        frames: pictures shown.
        dropped: frames of the camera that newer ones replaced.
        reconnects: how often the camera had to be connected anew.
    """

    seconds: float
    frames: int
    dropped: int
    reconnects: int


class Shown(NamedTuple):
    """One published state.

    Attributes:
        number: grows by one with each picture; 0 before the first.
        image: annotated BGR picture, uint8 (H, W, 3), never to be written to; None before the first.
        status: how things stood when last heard of.
    """

    number: int
    image: NDArray[np.uint8] | None
    status: LiveStatus


class LiveFeed:
    """The newest picture for any number of readers; publishing never waits for one of them.

    Readers that are slow miss pictures, and nothing else happens.

    Example:
        >>> import numpy as np
        >>> feed = LiveFeed()
        >>> feed.publish(np.zeros((4, 4, 3), np.uint8), LiveStatus(frames=1))
        >>> feed.latest().number, feed.wait_newer(1, timeout=0.01) is None
        (1, True)
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shown = Shown(0, None, LiveStatus())
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether the live view has ended: nothing new will come."""
        return self._closed

    def publish(self, image: NDArray[np.uint8], status: LiveStatus) -> None:
        """Hands a new BGR picture, uint8 (H, W, 3), to all readers; the caller must not write to it again."""
        with self._changed:
            self._shown = Shown(self._shown.number + 1, image, status)
            self._changed.notify_all()

    def publish_status(self, status: LiveStatus) -> None:
        """Tells how things stand while there is no new picture; wakes nobody who waits for one."""
        with self._changed:
            self._shown = self._shown._replace(status=status)

    def latest(self) -> Shown:
        """The newest picture, its number and status: at once."""
        return self._shown

    def wait_newer(self, number: int, timeout: float) -> Shown | None:
        """Waits for a picture with a higher number.

        Args:
            number: of the picture that the reader has; 0 for none.
            timeout: seconds to wait at most.

        Returns:
            the newest picture; None if the time is over or the feed was closed first.
        """
        end = time.monotonic() + timeout
        with self._changed:
            while self._shown.number <= number and not self._closed:
                left = end - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            return self._shown if self._shown.number > number else None

    def close(self) -> None:
        """Ends the feed: all who wait return at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
