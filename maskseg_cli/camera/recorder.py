"""`Recorder`: writes a video in which each picture lasts until the next one was captured, so it plays in real time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.errors import MasksegError
from maskseg_cli.media.fitting import fit
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.writer import VideoWriter, Written

#: Times are multiples of 1/90000 s, the clock of broadcasting and of many containers.
_TICKS = 90000

#: Highest frame rate of a file that needs a constant one (AVI): more would only repeat pictures.
_FASTEST = 30.0


class Recorder:
    """Records pictures with their capture times into one file.

    The file is opened with the first picture and has its size; pictures of another size, which a camera may send after
    a reconnect, are scaled into it. Where the container supports a variable frame rate (all but AVI) each picture is
    written once.

    Args:
        path: the file; its suffix chooses the format.
        frame_rate: frames a second of the camera, or None; only AVI needs it.
        options: of the encoder.

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
        self._rounding_error = 0.0
        self._shown = 0.0

    @property
    def seconds(self) -> float:
        """Length of the recording so far."""
        return float(self._written) + self._shown

    def add(self, image: NDArray[np.uint8], time: float) -> None:
        """Records a picture.

        Args:
            image: uint8 (H, W, 3), BGR; it must not be changed afterwards.
            time: of its capture, in seconds of any clock; later than the one before.

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
        """Extends `seconds`: the last picture is still shown at `time`."""
        if self._waiting is not None:
            self._shown = max(0.0, time - self._waiting[1])

    def pause(self, time: float) -> None:
        """Leaves the time from `time` until the next `add` out of the recording.

        Raises:
            MasksegError: as `add`.
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
        except MasksegError:  # the disk is full: the file is completed without this picture
            self._waiting = None
        return self._writer.finish()

    def discard(self) -> None:
        """Removes a file that is not complete."""
        if self._writer is not None:
            self._writer.discard()

    def _write_waiting(self, until: float) -> None:
        """Writes the last picture, whose end is known now."""
        if self._waiting is None:
            return
        (image, since), self._waiting = self._waiting, None
        assert self._writer is not None
        # The rounding error is added to the next duration: otherwise an hour of durations would drift.
        exact = until - since + self._rounding_error
        duration = Fraction(max(1, round(exact * _TICKS)), _TICKS)
        self._rounding_error = exact - float(duration)
        self._writer.write(fit(image, self._writer.width, self._writer.height), self._written, duration)
        self._written += duration
