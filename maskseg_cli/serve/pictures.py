"""`Pictures`: the live picture as JPEG, encoded once for all viewers, and only if there is a viewer."""

from __future__ import annotations

import threading
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.camera.feed import LiveFeed
from maskseg_cli.media.images import encode_image

#: Single pixels of an outline stay visible, and files have half the size of OpenCV's default of 95.
STREAM_QUALITY = 80
SNAPSHOT_QUALITY = 95

#: Larger pictures are scaled down for the stream, because few screens show more.
LARGEST_SIDE = 1920


class Jpeg(NamedTuple):
    """One picture of the stream: its number in the feed, and the JPEG file."""

    number: int
    data: bytes


class Pictures:
    """Encodes the pictures of a `LiveFeed` for any number of viewers.

    The first thread that requests a picture encodes it; threads that request the same one meanwhile wait for it.
    Without viewers nothing is encoded.

    Attributes:
        feed: the argument.
        encoded: number of pictures encoded for the stream so far.
    """

    def __init__(self, feed: LiveFeed) -> None:
        self.feed = feed
        self.encoded = 0
        self._newest = Jpeg(0, b"")
        self._lock = threading.Lock()

    @property
    def newest(self) -> Jpeg:
        """The picture that was encoded last; number 0 before the first."""
        return self._newest

    def newer(self, number: int, timeout: float) -> Jpeg | None:
        """Waits for a picture newer than `number`.

        Returns:
            the newest picture; None if none came within `timeout` seconds.
        """
        if self.feed.wait_newer(number, timeout) is None:
            return None
        with self._lock:
            shown = self.feed.latest()  # another one may have come during the wait for the lock
            if shown.image is not None and shown.number > self._newest.number:
                self._newest = Jpeg(shown.number, encode_image(_scaled(shown.image), ".jpg", STREAM_QUALITY))
                self.encoded += 1
            return self._newest

    def snapshot(self) -> bytes | None:
        """The newest picture as a JPEG file in full size and high quality; None before the first."""
        image = self.feed.latest().image
        return None if image is None else encode_image(image, ".jpg", SNAPSHOT_QUALITY)


def _scaled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    factor = LARGEST_SIDE / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
