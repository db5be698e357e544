"""Compressed sound passed on as it is, and whether a container takes it at all."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.video.muxing import muxer_options
from maskseg_cli.video.sound import SoundPacket, SoundReader
from maskseg_cli.video.video_formats import OutputFormat

#: Seconds to which FFmpeg rounds the start of a source.
_ROUNDING = Fraction(1, 1_000_000)

#: Packets of an AVI by which a source's clock may jitter; one that goes back by more is damaged.
_JITTER = 3


class CopiedSound:
    """Passes compressed sound on as it is; it begins and ends to within one packet (20 to 30 ms), in sync.

    Args:
        reader: the source's track.
        container: the output, before its first packet.
        early: by how many packets the first may be before 0.
        slot: where a container has no times but numbers its packets: the seconds of each; see `clock_of_copy`. What is
            before 0 is heard at 0 there.
    """

    def __init__(self, reader: SoundReader, container: Any, early: Fraction, slot: Fraction | None = None) -> None:
        self._reader, self._packets, self._early, self._slot = reader, iter(reader), early, slot
        self._stream = container.add_stream_from_template(reader.stream)
        self._unwrap = ADTSFilter(reader.stream)
        self._next: SoundPacket | None = None
        self._last_dts: int | None = None

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """See `SoundTrack`."""
        while True:
            one = self._next or next(self._packets, None)
            # The packet in which the sound ends is kept back: it is cut at the end of the pictures.
            if one is None or one.time + (0 if last else one.duration) >= until:
                self._next = one
                return
            self._next = None
            if one.time >= -self._early * one.duration - _ROUNDING:
                yield from self._copied(one, until if last else None)

    @property
    def broken(self) -> str | None:
        """See `SoundTrack`."""
        return self._reader.broken

    def close(self) -> None:
        """Closes the source."""
        self._reader.close()

    def _copied(self, one: SoundPacket, end: Fraction | None) -> Iterator[Any]:
        packet, base = one.packet, one.packet.time_base
        if self._slot is None:
            dts = round(one.time / base)
        else:
            # A packet before 0 would make FFmpeg delay the pictures, by a whole one; two in one slot it would refuse.
            base, dts = self._slot, max(0, round(one.time / self._slot))
            if self._last_dts is not None and self._last_dts - _JITTER < dts <= self._last_dts:
                dts = self._last_dts + 1
        if self._last_dts is not None and dts <= self._last_dts:
            return  # the clock of a damaged source went back; muxers refuse that
        # Sound is decoded in the order in which it is heard, though damaged sources say otherwise.
        packet.pts = packet.dts = self._last_dts = dts
        packet.time_base, packet.duration = base, max(1, round(one.duration / base))
        if end is not None and one.time + one.duration > end:
            packet.duration = max(1, round((end - one.time) / base))
        for plain in self._unwrap(packet):
            plain.stream = self._stream
            yield plain


def clock_of_copy(reader: SoundReader, output: OutputFormat) -> Fraction | None:
    """Tries whether a container takes the sound as it is: the first packet is written into memory.

    A container may know a codec, and yet not the way in which the source wraps it.

    Returns:
        the seconds of one step of the container's clock for this sound; None if it does not take it.
    """
    first = reader.peek()
    if first is None:
        return reader.stream.time_base
    try:
        container = av.open(
            io.BytesIO(), "w", format=output.container, container_options=muxer_options(output, first.packet.time_base)
        )
        with container:
            stream: Any = container.add_stream_from_template(reader.stream)
            for packet in ADTSFilter(reader.stream)(_copy(first.packet)):
                packet.stream = stream
                container.mux(packet)
        return stream.time_base
    except (av.FFmpegError, ValueError, OSError):
        return None


def _copy(packet: Any) -> Any:
    """A packet of the same sound that begins at 0."""
    copy = av.Packet(bytes(packet))
    copy.pts = copy.dts = 0
    copy.duration, copy.time_base = packet.duration or 0, packet.time_base
    return copy


class ADTSFilter:
    """Removes the ADTS headers that AAC packets of broadcasts have; files describe the coding once, for the track."""

    def __init__(self, stream: Any) -> None:
        wrapped = stream.codec_context.name == "aac" and not stream.codec_context.extradata
        self._filter = av.BitStreamFilterContext("aac_adtstoasc", stream) if wrapped else None

    def __call__(self, packet: Any) -> list[Any]:
        if self._filter is None:
            return [packet]
        with contextlib.suppress(av.FFmpegError):  # a damaged packet is only a gap in the sound
            return list(self._filter.filter(packet))
        return []
