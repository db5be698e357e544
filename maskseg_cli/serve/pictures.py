"""The live picture as JPEG: encoded once for all viewers, and only if there is one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskseg_cli.camera.feed import LiveFeed

#: Good enough to see an outline's pixels, at half the size of OpenCV's default of 95.
STREAM_QUALITY = 80
SNAPSHOT_QUALITY = 95

#: Larger pictures are scaled down for the stream; no screen that a page is looked at on shows more of them.
LARGEST_SIDE = 1920


class Jpeg(NamedTuple):
    """One picture of the stream: the feed's number, and the JPEG file."""

    number: int
    data: bytes


class Pictures:
    """Pictures of a `LiveFeed` for any number of viewers.

    The first viewer who asks for a picture encodes it, in its own thread; those who ask for the same one in the
    meantime wait for it. Without viewers nothing is encoded.
    """

    def __init__(self, feed: LiveFeed) -> None:
        self.feed = feed
        self.encoded = 0
        self._newest = Jpeg(0, b"")
        self._lock = threading.Lock()

    def newer(self, number: int, timeout: float) -> Jpeg | None:
        """Waits for a picture newer than `number`.

        Returns:
            the newest picture there is; None if none came within `timeout` seconds.
        """
        if self.feed.wait_newer(number, timeout) is None:
            return None
        with self._lock:
            shown = self.feed.latest()  # after the wait for the lock there may be a newer one
            if shown.image is not None and shown.number > self._newest.number:
                self._newest = Jpeg(shown.number, _encode(_scaled(shown.image), STREAM_QUALITY))
                self.encoded += 1
            return self._newest

    def snapshot(self) -> bytes | None:
        """The newest picture as a JPEG file in full size and good quality; None before the first."""
        image = self.feed.latest().image
        return None if image is None else _encode(image, SNAPSHOT_QUALITY)


def _encode(image: NDArray[np.uint8], quality: int) -> bytes:
    from maskseg_cli.media.images import encode_image

    return encode_image(image, ".jpg", quality)


def _scaled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    factor = LARGEST_SIDE / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
