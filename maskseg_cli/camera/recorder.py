"""Recording what is shown: each picture lasts until the next one was taken, so the film plays as things happened."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter, Written

#: Times are kept to 1/90000 s, the clock of broadcasting and of many containers.
_TICKS = 90000

#: Frame rate of a file that must have a constant one (AVI): more would only repeat pictures.
_FASTEST = 30.0


class Recorder:
    """One recording: pictures and the moments when they were taken, into one file.

    The file is opened with the first picture, whose size it has; pictures of another size, as a camera may send them
    after a reconnect, are fitted into it. Where the container can hold any time stamps (all but AVI) each picture is
    written once.

    Args:
        path: the file; the ending says the format.
        frame_rate: frames a second of the camera, or None; only AVI needs it.
        options: how it is encoded.

    Example:
        >>> recorder = Recorder(Path("out.mp4"))                                  # doctest: +SKIP
        >>> recorder.add(picture, time.monotonic())                               # doctest: +SKIP
        >>> recorder.finish(time.monotonic()).duration                            # doctest: +SKIP
        Fraction(1, 25)
    """

    def __init__(self, path: Path, frame_rate: float | None = None, options: EncodeOptions | None = None) -> None:
        self.path = path
        self._rate = Fraction(min(frame_rate or _FASTEST, _FASTEST)).limit_denominator(1001)
        self._options = options or EncodeOptions(sound=False)
        self._writer: VideoWriter | None = None
        self._waiting: tuple[NDArray[np.uint8], float] | None = None
        self._written = Fraction(0)
        self._left_over = 0.0
        self._shown = 0.0

    @property
    def seconds(self) -> float:
        """Length of the recording so far."""
        return float(self._written) + self._shown

    def add(self, image: NDArray[np.uint8], time: float) -> None:
        """Records a picture.

        Args:
            image: BGR, uint8 (H, W, 3); it must not be changed afterwards.
            time: seconds of any clock when it was taken, later than the one before.

        Raises:
            MasksegError: the file cannot be written, or the disk is full; call `finish`.
        """
        if self._writer is None:
            height, width = image.shape[:2]
            self._writer = VideoWriter(self.path, VideoInfo(str(self.path), width, height, self._rate), self._options)
        self._write_waiting(time)
        self._waiting = image, time
        self._shown = 0.0

    def tick(self, time: float) -> None:
        """Tells that the last picture is still what is shown at `time`."""
        if self._waiting is not None:
            self._shown = max(0.0, time - self._waiting[1])

    def pause(self, time: float) -> None:
        """What happens from `time` until the next `add` is cut out.

        Raises:
            MasksegError: as for `add`.
        """
        self._write_waiting(time)
        self._shown = 0.0

    def finish(self, time: float) -> Written | None:
        """Completes the file; the last picture lasts until `time`.

        Returns:
            what was written, read back from the disk; None if there was no picture.

        Raises:
            MasksegError: the file cannot be completed.
        """
        if self._writer is None:
            return None
        try:
            self._write_waiting(time)
        except MasksegError:  # the disk is full: what is there already is completed all the same
            self._waiting = None
        return self._writer.finish()

    def discard(self) -> None:
        """Throws away what is not complete yet."""
        if self._writer is not None:
            self._writer.discard()

    def _write_waiting(self, until: float) -> None:
        """Writes the picture whose end is known now."""
        if self._waiting is None:
            return
        (image, since), self._waiting = self._waiting, None
        assert self._writer is not None
        # What rounding leaves over goes into the next duration: an hour of rounded durations would drift.
        exact = until - since + self._left_over
        duration = Fraction(max(1, round(exact * _TICKS)), _TICKS)
        self._left_over = exact - float(duration)
        self._writer.write(self._fitted(image), self._written, duration)
        self._written += duration

    def _fitted(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert self._writer is not None
        return fit(image, self._writer.width, self._writer.height)


def fit(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture scaled into width x height, black at the sides where its shape is another.

    Example:
        >>> fit(np.full((10, 40, 3), 255, np.uint8), 20, 20)[:, 0, 0].tolist().count(255)
        5
    """
    if image.shape[:2] == (height, width):
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    inner_width = min(width, max(1, round(image.shape[1] * scale)))
    inner_height = min(height, max(1, round(image.shape[0] * scale)))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    whole = np.zeros((height, width, 3), np.uint8)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    whole[top : top + inner_height, left : left + inner_width] = cv2.resize(
        image, (inner_width, inner_height), interpolation=way
    )
    return whole
