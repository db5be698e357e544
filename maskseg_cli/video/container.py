"""Reads a video in a container (MP4, MKV, ...) or from the network: packets, decoded frames, and their times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import NamedTuple

import av
import numpy as np

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.deinterlacing import Deinterlacer
from maskseg_cli.video.lazy_frames import LazyFrame, no_frame_message
from maskseg_cli.video.opening import decoder_for, open_container, reason, shown_name
from maskseg_cli.video.pixel_conversion import Converter
from maskseg_cli.video.probe import frame_rate, probe_video, start_time_of
from maskseg_cli.video.timestamps import TimestampConverter, constant_rate
from maskseg_cli.video.truncation import is_truncated
from maskseg_cli.video.video_sources import is_address

#: Seconds before the wanted time at which decoding begins, tried in turn until it begins early enough: frames
#: right after a key frame may still need others, and the index of some containers is coarse.
_MARGINS = (Fraction(1), Fraction(10), Fraction(60))

#: For MPEG program streams (VOB, MPG), where not every frame has a timestamp: the first ones after a seek are wrong.
_MPEG_MARGINS = (Fraction(5), Fraction(30))

#: Seconds up to which decoding from the start is as fast as seeking.
_NEAR = Fraction(2)

#: Formats with decoding timestamps only; the presentation timestamps that FFmpeg guesses are wrong with B-frames.
_UNSTAMPED = {"avi"}

#: Formats of live cameras that send pictures without times: the time of arrival is used.
_UNTIMED = {"mpjpeg"}

_ARRIVAL_TICK = Fraction(1, 1_000_000)

#: FFmpeg's flag (AVFMT_TS_DISCONT) of formats whose timestamps may jump, such as MPEG transport streams.
_TS_DISCONT = 0x0200

#: Seconds between two frames of a broadcast above which the timestamps have jumped.
_BROADCAST_JUMP = Fraction(10)


class _Label(NamedTuple):
    """What `LazyFrame` says of a frame; it passes the deinterlacer together with the frame."""

    time: Fraction
    duration: Fraction
    number: int


class ContainerVideo:
    """A video as FFmpeg reads it, as `LazyFrameSource`.

    The first frame is decoded at once: it has the orientation, and shows whether the codec works.

    Args:
        source: a file or an address.
        stream: number of the stream with its pictures; None chooses, see `choose_track`.

    Raises:
        MasksegError: see `open_container`; or no frame can be decoded.
    """

    def __init__(self, source: str, stream: int | None = None) -> None:
        self._source, self._name = source, shown_name(source)
        self.skipped = 0
        self.broken: str | None = None
        self._container, self._stream = open_container(source, stream)
        self._index = self._stream.index
        self._decoder = decoder_for(self._stream)
        try:
            self._frames = self._decode()
            first = next(self._frames, None)
            if first is None:
                raise MasksegError(no_frame_message(self.broken) or f"Not one picture of {self._name} can be decoded.")
            self._converter = Converter(first, self._stream.sample_aspect_ratio)
            self._rate = frame_rate(self._stream)
            self._lag = self._find_lag(first)
            self._first = (self._stamp(first) or 0) * self._tick(first)
            self._origin = self._first if self._is_untimed() else start_time_of(self._container, self._first)
            interlaced = first.interlaced_frame
            self.info = probe_video(self._container, self._stream, self._name, self._converter, interlaced)
        except BaseException:
            self._container.close()
            raise
        self._frames = chain([first], self._frames)
        self._fresh = True

    def close(self) -> None:
        """Closes the file or connection. Must not be called while another thread iterates over `lazy_frames`."""
        self._container.close()

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        frames, sought = self._frames_from(start)
        timestamps = self._timestamp_converter()
        deinterlacer: Deinterlacer[_Label] = Deinterlacer()
        before = 0  # frames that were skipped by seeking
        for count, frame in enumerate(frames):
            tick = self._tick(frame)
            shown = timestamps.time_of(self._stamp(frame), tick)
            duration = timestamps.duration_of(max(0, frame.duration or 0) * tick, tick)
            if sought:
                # By the time up to the first wanted frame, as some before it may be missing; then by counting.
                before = round((shown + self._origin - self._first) * self._rate) - count - self.skipped
                sought = shown < start
            for done in deinterlacer.push(frame, _Label(shown, duration, before + count + self.skipped)):
                yield self._lazy_frame(*done)
        for done in deinterlacer.flush():
            yield self._lazy_frame(*done)

    def _stamp(self, frame: av.VideoFrame) -> int | None:
        if self._container.format.name in _UNSTAMPED:
            return None if frame.dts is None else frame.dts - self._lag
        return frame.pts if frame.pts is not None else frame.dts

    def _find_lag(self, first: av.VideoFrame) -> int:
        """By how many frames decoding precedes display: a frame has the timestamp of the packet that completed it."""
        if first.dts is None or self._stream.start_time is None:
            return 0
        return max(0, min(first.dts - self._stream.start_time, self._decoder.reorder_depth))

    def _tick(self, frame: av.VideoFrame) -> Fraction:
        return Fraction(frame.time_base or self._stream.time_base or 1)

    def _lazy_frame(self, frame: av.VideoFrame, label: _Label) -> LazyFrame:
        return LazyFrame(label.time, label.duration, label.number, partial(self._picture, frame))

    def _picture(self, frame: av.VideoFrame) -> np.ndarray:
        try:
            return self._converter(frame)
        except av.FFmpegError as error:
            raise MasksegError(f"A picture of {self._name} cannot be converted: {reason(error)}.") from error

    def _timestamp_converter(self) -> TimestampConverter:
        tick = self._stream.time_base or Fraction(1)
        grid = constant_rate([self._stream.average_rate, self._stream.base_rate], tick)
        # Broadcasts consist of pieces with unrelated timestamps.
        jump = _BROADCAST_JUMP if self._is_broadcast() else Fraction(3600)
        return TimestampConverter(self._origin, 1 / self._rate, grid, self._first, jump)

    def _frames_from(self, start: Fraction) -> tuple[Iterator[av.VideoFrame], bool]:
        """Frames from `start` or shortly before it, and whether frames were skipped by seeking."""
        wanted = start + self._origin
        if wanted > self._first + _NEAR:
            for margin in _MPEG_MARGINS if self._container.format.name == "mpeg" else _MARGINS:
                frames = self._seek(wanted - margin)
                first = next(frames, None) if frames is not None else None
                stamp = self._stamp(first) if first is not None else None
                if frames is None or first is None or stamp is None:
                    break
                begins = stamp * self._tick(first)
                if begins <= wanted:
                    self._fresh = False
                    return chain([first], frames), True
        if not self._fresh:
            self._reopen()
        self._fresh = False
        return self._frames, False

    def _seek(self, wanted: Fraction) -> Iterator[av.VideoFrame] | None:
        if wanted <= self._first:
            return None
        self._fresh = False
        self.skipped, self.broken = 0, None
        try:
            self._container.seek(int(wanted / (self._stream.time_base or 1)), stream=self._stream)
        except av.FFmpegError:  # some formats and servers cannot seek
            return None
        self._decoder.flush_buffers()
        return self._decode()

    def _reopen(self) -> None:
        self._container.close()
        self._container, self._stream = open_container(self._source, self._index)
        self._decoder = decoder_for(self._stream)
        self.skipped, self.broken = 0, None
        self._frames = self._decode()

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Decodes all frames from the current position; those that cannot be decoded are counted in `skipped`."""
        packets = self._container.demux(self._stream)
        while True:
            packet = self._next_packet(packets)
            if packet is not None and not packet.size and packet.pts is not None:
                continue  # means "the same picture again"; the decoder would take it for the end
            if packet is not None and packet.is_corrupt and not self._is_broadcast():
                self.skipped += 1  # truncated by the end of the file: half a picture
                continue
            try:
                yield from self._decoder.decode(packet)
            except av.error.EOFError:
                break
            except av.FFmpegError:
                self.skipped += 1
            if packet is None or not packet.size:
                break

    def _next_packet(self, packets: Iterator[av.Packet]) -> av.Packet | None:
        """The next packet, an empty one or None at the end; sets `broken` if the end came too early."""
        try:
            packet = next(packets, None)
        except av.FFmpegError as error:
            self.broken = f"{self._name} broke off: {reason(error, is_address(self._source))}."
            return None
        if packet is None or (not packet.size and packet.pts is None):
            if not is_address(self._source) and is_truncated(self._source):
                self.broken = f"{self._name} is cut off: its end is missing."
            return packet
        if self._is_untimed():
            packet.time_base = _ARRIVAL_TICK
            packet.pts = packet.dts = int(time.monotonic() / _ARRIVAL_TICK)
        return packet

    def _is_broadcast(self) -> bool:
        return bool(self._container.format.flags & _TS_DISCONT)

    def _is_untimed(self) -> bool:
        return self._container.format.name in _UNTIMED
