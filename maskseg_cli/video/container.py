"""Reads a video in a container (MP4, MKV, ...) or from the network: packets, decoded frames, and their times."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import NamedTuple

import av
import numpy as np

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError
from maskseg_cli.video.continuous_clock import is_broadcast, is_joined, may_jump
from maskseg_cli.video.deinterlacing import Deinterlacer
from maskseg_cli.video.details_reading import read_details
from maskseg_cli.video.lazy_frames import LazyFrame, no_frame_message
from maskseg_cli.video.opening import decoder_for, open_container, reason, shown_name
from maskseg_cli.video.packets import PacketReader, is_untimed
from maskseg_cli.video.pixel_conversion import Converter
from maskseg_cli.video.probe import frame_rate, probe_video, start_time_of
from maskseg_cli.video.size_change import SizeChange
from maskseg_cli.video.timestamps import TimestampConverter, constant_rate
from maskseg_cli.video.unread_end import unread_note
from maskseg_cli.video.web_file import index_is_last

#: Seconds before the wanted time at which decoding begins, tried in turn until it begins early enough: frames
#: right after a key frame may still need others, and the index of some containers is coarse.
_MARGINS = (Fraction(1), Fraction(10), Fraction(60))

#: For MPEG program streams (VOB, MPG), where not every frame has a timestamp: the first ones after a seek are wrong.
_MPEG_MARGINS = (Fraction(5), Fraction(30))

#: Seconds up to which decoding from the start is as fast as seeking.
_NEAR = Fraction(2)

#: Formats with decoding timestamps only; the presentation timestamps that FFmpeg guesses are wrong with B-frames.
_UNSTAMPED = {"avi"}

#: Formats whose clock never goes back from packet to packet.
_ORDERED = {"mov,mp4,m4a,3gp,3g2,mj2", "avi", "nut"}

#: Seconds between two frames of a broadcast above which the timestamps have jumped.
_BROADCAST_JUMP = Fraction(10)

#: Formats whose header says how long the video is, and whose packets FFmpeg finds by reading on.
_WITH_LENGTH = {"matroska,webm", "avi", "flv", "mxf", "mxf_opatom"}

#: Pictures in a row that damage hides at least; a single one may be missing because of a coarse clock, or in an AVI.
_LEAST = 2

#: Most seconds that the picture before a damaged end stays, in case that the length in the header is wrong.
_LONGEST_GAP = 3600


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
        self._container, self._stream = open_container(source, stream)
        self._index, self._size = self._stream.index, self._container.size
        self._decoder = decoder_for(self._stream)
        try:
            self._frames = self._decode()
            first = next(self._frames, None)
            if first is None:
                raise MasksegError(self._why_nothing())
            self._converter = Converter(first, self._stream.sample_aspect_ratio, self._decoder)
            self._rate = frame_rate(self._stream)
            self._lag = self._find_lag(first)
            self._first = (self._stamp(first) or 0) * self._tick(first)
            self._origin = self._first if is_untimed(self._container) else start_time_of(self._container, self._first)
            interlaced = first.interlaced_frame
            self._joined = is_joined(source, self._container, self._stream)
            info = probe_video(self._container, self._stream, self._name, self._converter, interlaced, self._joined)
            self.info = replace(info, details=read_details(self._container, self._origin))
        except BaseException:
            self._container.close()
            raise
        self._frames = chain([first], self._frames)
        self._fresh = True
        self._timestamps = self._timestamp_converter()

    def _why_nothing(self) -> str:
        """Why there is no first picture, as a sentence."""
        if is_address(self._source) and index_is_last(self._source):
            return (
                f"{self._name} has its index at the end, and its server sends no parts of a file, so that it cannot be "
                "read from there: download it first."
            )
        return no_frame_message(self.broken) or f"Not one picture of {self._name} can be decoded."

    @property
    def broken(self) -> str | None:
        """See `LazyFrameSource`."""
        return self._packets.broken

    @property
    def notes(self) -> list[str]:
        """See `LazyFrameSource`."""
        unread = None
        if self._packets.at_end and self.broken is None and not is_address(self._source):
            damaged = self._hidden_pictures() > 0
            unread = unread_note(self._source, self._container.format.name, self._packets.place, damaged)
        return self._converter.later_notes + ([] if unread is None else [unread])

    @property
    def end(self) -> Fraction | None:
        """See `LazyFrameSource`."""
        packets = self._packets
        ends = [end for end in (packets.pictures_end, packets.sound_end) if end is not None]
        # After a jump the time of a packet is not that of a frame.
        if not ends or packets.broken is not None or self._timestamps.jumped:
            return None
        hidden = self._hidden_pictures() / self._rate
        return max(*ends, (packets.pictures_end or ends[0]) + hidden) - self._origin

    def _hidden_pictures(self) -> int:
        """How many pictures damage at the end of the file hides, by the length in its header."""
        packets, length = self._packets, self.info.duration
        known = self._container.format.name in _WITH_LENGTH and packets.at_end and packets.broken is None
        if not known or length is None or packets.pictures_end is None:
            return 0
        missing = min(Fraction(length) - (packets.pictures_end - self._origin), Fraction(_LONGEST_GAP))
        number = round(missing * self._rate)
        return number if number >= _LEAST and packets.damage.explains(packets.unread, missing) else 0

    def close(self) -> None:
        """Closes the file or connection. Must not be called while another thread iterates over `lazy_frames`."""
        self._container.close()

    def lazy_frames(self, start: Fraction) -> Iterator[LazyFrame]:
        frames, sought = self._frames_from(start)
        timestamps = self._timestamps = self._timestamp_converter()
        deinterlacer: Deinterlacer[_Label] = Deinterlacer()
        before = 0  # frames that were skipped by seeking
        last, skipped = None, 0  # time of the frame before, by the container, and what was skipped up to it
        for count, frame in enumerate(frames):
            tick = self._tick(frame)
            stamp = self._stamp(frame)
            if stamp is not None:
                self.skipped += self._missing(last, stamp * tick, self.skipped - skipped)
                last, skipped = stamp * tick if last is None else max(last, stamp * tick), self.skipped
            shown = timestamps.time_of(stamp, tick)
            duration = timestamps.duration_of(max(0, frame.duration or 0) * tick, tick)
            if sought:
                # By the time up to the first wanted frame, as some before it may be missing; then by counting.
                before = round((shown + self._origin - self._first) * self._rate) - count - self.skipped
                sought = shown < start
            for done in deinterlacer.push(frame, _Label(shown, duration, before + count + self.skipped)):
                yield self._lazy_frame(*done)
        for done in deinterlacer.flush():
            yield self._lazy_frame(*done)
        self.skipped += self._hidden_pictures()

    def _missing(self, since: Fraction | None, until: Fraction, counted: int) -> int:
        """How many pictures damage hides between two decoded ones, besides those that are counted already."""
        missing = 0 if since is None else round((until - since) * self._rate) - 1 - counted
        hidden = missing >= _LEAST and since is not None and self._packets.damage.is_between(since, until)
        return missing if hidden else 0

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
        jump = _BROADCAST_JUMP if is_broadcast(self._container) else Fraction(3600)
        # Those of the packets are in order or repaired already, but for MPEG program streams, in which not every packet
        # has one.
        name = self._container.format.name
        repaired = name in _ORDERED or (may_jump(self._container) and name != "mpeg")
        return TimestampConverter(self._origin, 1 / self._rate, grid, self._first, jump, repaired)

    def _frames_from(self, start: Fraction) -> tuple[Iterator[av.VideoFrame], bool]:
        """Frames from `start` or shortly before it, and whether frames were skipped by seeking."""
        wanted = start + self._origin
        if wanted > self._first + _NEAR and not self._joined:
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
        self.skipped = 0
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
        self.skipped = 0
        self._frames = self._decode()

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Decodes all frames from the current position; those that cannot be decoded are counted in `skipped`."""
        self._packets = PacketReader(self._container, self._stream, self._source, self._name)
        return self._decoded(self._packets)

    def _decoded(self, packets: PacketReader) -> Iterator[av.VideoFrame]:
        change = SizeChange(self._decoder.name)
        while True:
            packet = packets.next()
            if packet is not None and change.is_before(packet):
                with contextlib.suppress(av.FFmpegError):
                    yield from self._decoder.decode(None)
                self._decoder.flush_buffers()
            if packet is not None and packet.is_corrupt and not is_broadcast(self._container):
                self.skipped += 1  # truncated by the end of the file: half a picture
                continue
            try:
                yield from self._decoder.decode(packet)
            except av.error.EOFError:
                return
            except av.FFmpegError:
                self.skipped += 1
            if packet is None:
                return
