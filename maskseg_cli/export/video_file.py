"""`VideoFile`: a sink that writes the drawn frames of a video as a video file, or as numbered frames."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskseg_cli.detections import Detections
from maskseg_cli.frame import Frame
from maskseg_cli.sink import Sink
from maskseg_cli.video.details import NO_DETAILS
from maskseg_cli.video.sound import Sound
from maskseg_cli.video.video_formats import EncodeOptions
from maskseg_cli.video.video_info import SizeAndRate, VideoInfo
from maskseg_cli.video.writer import VideoWriter, Written

#: Frames per second where neither the source nor the first frame says it.
_USUAL_RATE = Fraction(25)


class VideoFile(Sink):
    """Writes one video; the file is opened with the first frame.

    Args:
        path: a video file, or a pattern of numbered frames such as "frames/%06d.png".
        info: width, height and average frame rate; None: those of the first frame.
        options: codec, quality and so on.
        sound_source: path or address of the video whose sound is kept; None: no sound.
        end: time in the source, in seconds, at which the sound ends; None: its end.
        from_first: times in the result count from the first frame; otherwise they are those of the frames.

    Attributes:
        written: what was written, after `finish`; None if there was no frame.
        cut: not all frames came; to be set before `finish`.

    Example:
        >>> with VideoFile("out.mp4") as sink:                                  # doctest: +SKIP
        ...     for frame, detections in segment_video("in.mp4"):
        ...         sink.add(frame, detections, draw(frame.image, detections))
    """

    def __init__(
        self,
        path: str | Path,
        info: SizeAndRate | None = None,
        options: EncodeOptions | None = None,
        sound_source: str | None = None,
        end: float | None = None,
        from_first: bool = False,
    ) -> None:
        self.path = Path(path)
        self.written: Written | None = None
        self.cut = False
        self._info = info
        self._options = options or EncodeOptions()
        self._sound_source = sound_source
        self._end = None if end is None else Fraction(end)
        self._from_first = from_first
        self._origin = Fraction(0)
        self._next = Fraction(0)
        self._writer: VideoWriter | None = None

    @property
    def full(self) -> bool:
        """Whether the disk was full, so that the result ends early."""
        return self._writer is not None and self._writer.full

    def add(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> None:
        """Encodes one frame. A frame without a duration is shown for 1 / frame rate, after the one before.

        Raises:
            DiskFull: the disk is full; `finish` completes what was written.
            MasksegError: the frame cannot be encoded or written.
        """
        assert picture is not None
        self._write(frame, picture)

    def prepare(self, frame: Frame, detections: Detections, picture: NDArray[np.uint8] | None) -> Callable[[], None]:
        """Converts the picture for the encoder; one thread may call it while another completes an earlier frame."""
        assert picture is not None
        ready = picture if self._writer is None else self._writer.ready(picture)
        return lambda: self._write(frame, ready)

    def _write(self, frame: Frame, picture: Any) -> None:
        if self._writer is None:
            self._writer = self._open(frame, picture)
        time, duration = frame.time - self._origin, frame.duration
        if not duration:
            time, duration = self._next, 1 / self._rate
        self._next = time + duration
        self._writer.write(picture, time, duration)

    def time_in_result(self, frame: Frame) -> Fraction:
        """The time in the result, in seconds, at which a frame is shown."""
        return frame.time - self._origin

    def finish(self) -> None:
        """Completes the file, reads it back and gives it its name; nothing happens if there was no frame.

        If `cut` is set, or the disk was full, the name is NAME.partial.EXT, and `written` says so.

        Raises:
            MasksegError: it cannot be read back.
        """
        if self._writer is not None:
            self.written = self._writer.finish(partial=True if self.cut else None)

    def discard(self) -> None:
        """Removes the file, unless it is finished."""
        if self._writer is not None and self.written is None:
            self._writer.discard()

    def _open(self, frame: Frame, picture: NDArray[np.uint8]) -> VideoWriter:
        if self._from_first:
            self._origin = frame.time
        info = self._info
        if info is None:
            height, width = picture.shape[:2]
            rate = 1 / frame.duration if frame.duration else _USUAL_RATE
            info = VideoInfo(str(self.path), width, height, rate)
        self._rate = info.frame_rate
        sound = None if self._sound_source is None else Sound(self._sound_source, self._origin, self._end)
        details = info.details.from_time(self._origin) if isinstance(info, VideoInfo) else NO_DETAILS
        return VideoWriter(self.path, info, self._options, sound, details)
