"""Reads a video frame by frame, with exact times: `open_video`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from maskseg_cli.errors import MasksegError, UsageError
from maskseg_cli.frame import Frame
from maskseg_cli.video.animated_webp import AnimatedWebp, is_animated_webp
from maskseg_cli.video.container import ContainerVideo
from maskseg_cli.video.lazy_frames import LazyFrame, LazyFrameSource, no_frame_message
from maskseg_cli.video.picture_sequence import PICTURE_RATE, PictureSequence
from maskseg_cli.video.video_info import VideoInfo
from maskseg_cli.video.video_sources import is_sequence

#: Seconds by which `start` and `end` may differ from a frame's time: users copy times shown in milliseconds.
_TOLERANCE = Fraction(1, 2000)

#: Seconds after the end of the pictures up to which a source may end: sound is often some packets longer.
_LATE_END = Fraction(1, 4)


def open_video(
    source: str | Path,
    start: float | None = None,
    end: float | None = None,
    max_frames: int | None = None,
    rate: Fraction | None = None,
    stream: int | None = None,
) -> VideoReader:
    """Opens a video and decodes its first frame, so that an unreadable video raises an error here.

    Args:
        source: a file of any format that FFmpeg reads, numbered pictures (`frames/%05d.png`), or an address
            (`https://`, `rtsp://`, ...).
        start: seconds from which frames are yielded.
        end: seconds before which frames are yielded.
        max_frames: the most frames that are yielded.
        rate: frames per second of numbered pictures, 25 if None; ignored for videos, which have their own.
        stream: number of the stream with the pictures, where a file has several; None chooses the film.

    Raises:
        MasksegError: it cannot be read; the message says why.
        UsageError: `start`, `end` or `max_frames` are impossible.

    Example:
        >>> with open_video("street.mp4", start=2, end=4) as video:  # doctest: +SKIP
        ...     for frame in video:
        ...         print(frame.index, float(frame.time), frame.image.shape)
    """
    if start is not None and start < 0:
        raise UsageError(f"The start must not be negative, but is {start:g} seconds.")
    if end is not None and end <= (start or 0):
        raise UsageError(f"The end ({end:g} seconds) must come after the start ({start or 0:g} seconds).")
    if max_frames is not None and max_frames < 1:
        raise UsageError(f"At least one frame must be read, not {max_frames}.")
    name = str(source)
    return VideoReader(_open_source(name, rate, stream), start, end, max_frames)


def _open_source(name: str, rate: Fraction | None, stream: int | None) -> LazyFrameSource:
    if is_sequence(name):
        if stream is not None:
            raise UsageError(f"{name} are pictures, which have no streams to choose from.")
        return PictureSequence(name, rate or PICTURE_RATE)
    if is_animated_webp(name):
        if stream:
            raise UsageError(f"{name} has no stream {stream}: its pictures are stream 0.")
        return AnimatedWebp(name)
    return ContainerVideo(name, stream)


class VideoReader:
    """The frames of a video; made by `open_video`. A context manager.

    Iterating yields `Frame`s in order of time. Each iteration begins at `start`. Only one thread at a time may iterate.

    Attributes:
        info: the properties of the whole video.
        skipped: frames so far that could not be decoded, between `start` and `end`.
        notes: after the last frame: what became of the frames, for users, besides `info.notes`.
        broken: after the last frame: why reading ended before the end of the source (the file is truncated, the
            connection was lost), as a sentence; else None.
    """

    def __init__(
        self,
        source: LazyFrameSource,
        start: float | None = None,
        end: float | None = None,
        max_frames: int | None = None,
    ) -> None:
        self.info: VideoInfo = source.info
        self.skipped = 0
        self._still: list[str] = []  # what is to say about the last picture
        self._source = source
        self._start = _seconds(start or 0)
        self._end = None if end is None else _seconds(end)
        self._end_exactly = None if self._end is None else self._end + _TOLERANCE
        self._max_frames = max_frames
        self._lock = threading.Lock()
        self._closing = False

    @property
    def notes(self) -> list[str]:
        """What became of the frames so far, for users, besides `info.notes`."""
        return [*self._source.notes, *self._still]

    @property
    def broken(self) -> str | None:
        """Why reading ended before the end of the source, as a sentence; else None."""
        return self._source.broken

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames.

        Raises:
            MasksegError: there is none between `start` and `end`.
        """
        self.skipped = count = 0
        self._still = []
        for lazy_frame, until in self._spans():
            try:
                image = lazy_frame.picture()
            except MasksegError:
                self.skipped += 1
                continue
            yield Frame(image, lazy_frame.number, lazy_frame.time, until - lazy_frame.time)
            count += 1
            if count == self._max_frames:
                return
        if not count and not self._closing:
            raise MasksegError(self._why_none())

    def _spans(self) -> Iterator[tuple[LazyFrame, Fraction]]:
        """Frames between start and end, each with the time at which it ends: when the next one begins."""
        period = 1 / self.info.frame_rate
        previous: LazyFrame | None = None
        for lazy_frame in self._steps():
            if previous is not None:
                yield previous, self._clipped(lazy_frame.time)
            if self._end is not None and lazy_frame.time >= self._end:
                return
            previous = lazy_frame
        if previous is not None and not self._closing:
            yield previous, self._clipped(self._last_until(previous, previous.duration or period))

    def _last_until(self, last: LazyFrame, duration: Fraction) -> Fraction:
        """When the last frame ends: where the pictures or the sound of the source end, if that is later."""
        until, end = last.time + duration, self._source.end
        if end is None or end <= until + max(duration, _LATE_END):
            return until
        if self._end is None or until < self._end:
            self._still.append(f"the last picture stays for {float(self._clipped(end) - last.time):.1f} s, to the end")
        return end

    def _clipped(self, until: Fraction) -> Fraction:
        return until if self._end_exactly is None else min(until, self._end_exactly)

    def _steps(self) -> Iterator[LazyFrame]:
        """Frames from start on; each step of decoding holds the lock."""
        lazy_frames = self._source.lazy_frames(self._start)
        before, previous = 0, None
        while True:
            with self._step():
                lazy_frame = None if self._closing else next(lazy_frames, None)
                end = self._source.end if lazy_frame is None and not self._closing else None
            until = end if lazy_frame is None else lazy_frame.time
            lost = self._source.skipped - before
            self.skipped += self._wanted(lost, None if previous is None else previous.time, until)
            if previous is not None and previous.time < self._start and until is not None:
                yield from self._standing(previous, until)
            if lazy_frame is None:
                return
            if lazy_frame.time >= self._start:
                yield lazy_frame
            before, previous = self._source.skipped, lazy_frame

    def _standing(self, lazy_frame: LazyFrame, until: Fraction) -> Iterator[LazyFrame]:
        """The frame before the start, from there on, if it stays for long."""
        start = self._start + _TOLERANCE
        if until - start > max(_LATE_END, 2 / self.info.frame_rate):
            yield replace(lazy_frame, time=start, duration=until - start)

    def _wanted(self, lost: int, since: Fraction | None, until: Fraction | None) -> int:
        """How many of the frames that are missing between two times are between start and end."""
        if until is None:
            return lost
        if since is None or since >= until:
            return lost if until >= self._start else 0
        last = until if self._end is None else min(until, self._end)
        return round(lost * max(Fraction(0), last - max(since, self._start)) / (until - since))

    @contextmanager
    def _step(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            finally:
                if self._closing:
                    self._source.close()

    def _why_none(self) -> str:
        name = self.info.name
        broken = no_frame_message(self._source.broken)
        if broken:
            return broken
        start, length, end = float(self._start + _TOLERANCE), self.info.duration, self._source.end
        length = length if length is None or end is None else max(length, float(end))
        if length is not None and start >= length:
            return f"{name} is {length:.1f} seconds long: there is nothing from {start:g} on."
        if start or self._end is not None:
            return f"{name} has no picture in the time that was asked for."
        return f"Not one picture of {name} can be decoded."

    def close(self) -> None:
        """Stops reading and closes the source, from any thread; does not wait for another thread that is decoding."""
        self._closing = True
        if self._lock.acquire(blocking=False):
            try:
                self._source.close()
            finally:
                self._lock.release()
        # Else the thread that is decoding closes the source after its step: FFmpeg crashes if both happen at once.

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _seconds(time: float) -> Fraction:
    """The decimal number that the user wrote, less the tolerance."""
    return Fraction(repr(float(time))) - _TOLERANCE
