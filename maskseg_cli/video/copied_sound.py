"""Copies compressed sound without decoding it, and tests whether a container accepts it."""

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

#: Packets of an AVI by which a source's timestamps may go back by jitter; more is damage.
_JITTER = 3


class CopiedSound:
    """Copies compressed sound without decoding; it begins and ends to within one packet (20 to 30 ms), in sync.

    Args:
        reader: the source's track.
        container: the output, before its first packet.
        early: how many packets before 0 the first may be.
        slot: seconds of each packet, for a container that numbers packets instead of storing times; see
            `time_base_for_copy`. Sound from before 0 is heard at 0 there.
    """

    def __init__(self, reader: SoundReader, container: Any, early: Fraction, slot: Fraction | None = None) -> None:
        self._reader, self._packets, self._early, self._slot = reader, iter(reader), early, slot
        self._stream = container.add_stream_from_template(reader.described)
        self._unwrap = ADTSFilter(reader.described)
        self._next: SoundPacket | None = None
        self._last_dts: int | None = None
        self._last: Any = None  # the packet before, of a container that numbers packets

    def packets(self, until: Fraction, last: bool = False) -> Iterator[Any]:
        """See `SoundTrack`."""
        while True:
            one = self._next or next(self._packets, None)
            # The packet in which the sound ends is held back: it is cut at the end of the pictures.
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
            # For a packet before 0 FFmpeg would delay the pictures by a frame; it refuses two packets in one slot.
            base, dts = self._slot, max(0, round(one.time / self._slot))
            if self._last_dts is not None and self._last_dts - _JITTER < dts <= self._last_dts:
                dts = self._last_dts + 1
        if self._last_dts is not None and dts <= self._last_dts:
            return  # the timestamps of a damaged source went back; muxers refuse that
        if self._slot is not None:
            yield from self._filled(dts, packet)
        # Sound is decoded in the order in which it is heard, whatever the timestamps of damaged sources say.
        packet.pts = packet.dts = self._last_dts = dts
        packet.time_base, packet.duration = base, max(1, round(one.duration / base))
        if end is not None and one.time + one.duration > end:
            packet.duration = max(1, round((end - one.time) / base))
        for plain in self._unwrap(packet):
            plain.stream = self._stream
            yield plain

    def _filled(self, dts: int, packet: Any) -> Iterator[Any]:
        """Silence for packets that are lost before the next one, where they would only be left out."""
        before, self._last = self._last, packet
        if before is None or self._last_dts is None:
            return
        length, silence = max(1, before.duration or 1), silent(before, self._reader.stream.codec_context.name)
        first = self._last_dts + length
        if silence is None or dts - first <= _JITTER * length:
            return
        for place in range(first, dts - length + 1, length):
            quiet = av.Packet(silence)
            quiet.pts = quiet.dts = place
            quiet.time_base, quiet.duration, quiet.stream, quiet.is_keyframe = (
                before.time_base,
                length,
                self._stream,
                True,
            )
            yield quiet


def silent(packet: Any, codec: str) -> bytes | None:
    """Data of a silent packet like another one, for MPEG sound and signed PCM; None for other codecs."""
    data = bytes(packet)
    if codec.startswith("pcm_s"):
        return bytes(len(data))
    # Behind the header of MPEG sound, zeros mean that nothing is heard in any band.
    return data[:4] + bytes(len(data) - 4) if codec.startswith(("mp3", "mp2")) and len(data) > 4 else None


def time_base_for_copy(reader: SoundReader, output: OutputFormat) -> Fraction | None:
    """Tests whether a container accepts a copy of the sound, by writing its first packet into memory.

    A container may support the codec, but not the form in which the source has it.

    Returns:
        the container's time base for this sound, in seconds; None if it does not accept the sound.
    """
    first = reader.peek()
    if first is None:
        return reader.stream.time_base
    try:
        container = av.open(
            io.BytesIO(), "w", format=output.container, container_options=muxer_options(output, first.packet.time_base)
        )
        with container:
            stream: Any = container.add_stream_from_template(reader.described)
            for packet in ADTSFilter(reader.described)(_copy(first.packet)):
                packet.stream = stream
                container.mux(packet)
        return stream.time_base
    except (av.FFmpegError, ValueError, OSError):
        return None


def _copy(packet: Any) -> Any:
    """A packet with the same data that begins at 0."""
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
