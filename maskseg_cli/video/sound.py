"""Reads the sound of a source, which is opened a second time for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from maskseg_cli.addresses import is_address
from maskseg_cli.errors import MasksegError
from maskseg_cli.video.clocks import clock_for
from maskseg_cli.video.continuous_clock import is_joined
from maskseg_cli.video.opening import open_container, open_file_from, packets_of, reason
from maskseg_cli.video.tracks import default_sound

#: Seconds before the start from which packets are read: decoders need some earlier sound for a correct result.
_PREROLL = Fraction(1, 2)


@dataclass(frozen=True)
class Sound:
    """The source of an output's sound.

    Attributes:
        source: path or address of the video, opened a second time.
        start: the time in the source, in seconds as in `Frame.time`, that is 0 in the output.
        end: the time in the source, in seconds, at which the sound ends at the latest; None is its end.
    """

    source: str
    start: Fraction = Fraction(0)
    end: Fraction | None = None


@dataclass(frozen=True, eq=False)
class SoundPacket:
    """Compressed sound with its time in the output.

    Attributes:
        packet: PyAV's packet.
        time: in the output, in seconds; negative before its start.
        duration: in seconds.
    """

    packet: Any
    time: Fraction
    duration: Fraction


class SoundReader:
    """Reads the packets of a source's default sound track.

    Args:
        sound: the source and its part.

    Attributes:
        sound: as given.
        stream: the track, as PyAV opened it.
        in_avi: the source is an AVI.
        begins: time in the output at which the track begins, in seconds; negative before its start, 0 if unknown.
        broken: why reading ended before the end of the track, one sentence, else None.
        described: the track, with its sample rate and channels also where FFmpeg does not find them at the beginning of
            the file, because the sound comes later.

    Raises:
        MasksegError: it cannot be opened, or has no sound that can be decoded.
    """

    def __init__(self, sound: Sound) -> None:
        self.sound = sound
        self._later: av.container.InputContainer | None = None
        self.broken: str | None = None
        self._container, pictures = open_container(sound.source)
        try:
            # A file on a plain web server may have no known duration, but it has a size; live streams have none.
            if is_address(sound.source) and self._container.duration is None and self._container.size <= 0:
                raise MasksegError("a stream whose end is not known can be read only once")
            track: Any = default_sound(self._container)
            if track is None:
                raise MasksegError("its sound is coded in a way that is not known here")
            self.stream, self.in_avi = track, self._container.format.name == "avi"
            # Where the clock may jump, the pictures are read too: they decide with the sound how times go on.
            self._clock = clock_for(self._container)
            self._tracks = [self.stream] if self._clock is None else [pictures, self.stream]
            for other in self._container.streams:
                if other not in self._tracks:
                    other.discard = av.stream.Discard.all  # FFmpeg then skips it in the file, if possible
            origin = Fraction(self._container.start_time or 0, av.time_base)
            self._zero = origin + sound.start
            begin = self.stream.start_time
            self.begins = begin * self.stream.time_base - self._zero if begin is not None else Fraction(0)
            if sound.start > _PREROLL and not is_joined(sound.source, self._container, pictures):
                # A source that cannot seek is read from its start.
                with contextlib.suppress(av.FFmpegError):
                    self._container.seek(int((self._zero - _PREROLL) / self.stream.time_base), stream=self.stream)
        except BaseException:
            self.close()
            raise
        self._packets = self._read()
        self._peeked: SoundPacket | None = None
        self.described = self.stream if self.stream.codec_context.sample_rate else self._described()

    def peek(self) -> SoundPacket | None:
        """The first packet, which still comes first when iterating; None if there is none."""
        if self._peeked is None:
            self._peeked = next(self._packets, None)
        return self._peeked

    def __iter__(self) -> Iterator[SoundPacket]:
        """Yields all packets in order, from shortly before the start up to `end`; only once."""
        if self._peeked is not None:
            yield self._peeked
        yield from self._packets

    def _read(self) -> Iterator[SoundPacket]:
        base, last = self.stream.time_base, None
        end = None if self.sound.end is None else self.sound.end - self.sound.start
        packets = packets_of(self._container, self._tracks)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                self.broken = f"the sound breaks off: {reason(error) if isinstance(error, av.FFmpegError) else error}"
                return
            if packet is None:
                return
            if self._clock is not None and not self._clock.adjust(packet):
                continue
            if not packet.size or packet.stream_index != self.stream.index:
                continue
            if packet.pts is None:
                packet.pts = last
            if packet.pts is None:
                continue
            if packet.dts is None:
                packet.dts = packet.pts
            duration = packet.duration or 0
            last = packet.pts + duration
            time = packet.pts * base - self._zero
            if end is not None and time >= end:
                return
            yield SoundPacket(packet, time, duration * base)

    def _described(self) -> Any:
        """The track as FFmpeg finds it in the file from its first packet on."""
        first = self.peek()
        if first is None or first.packet.pos is None or is_address(self.sound.source):
            return self.stream
        try:
            self._later = open_file_from(Path(self.sound.source), first.packet.pos)
        except av.FFmpegError:
            return self.stream
        return next((track for track in self._later.streams.audio if track.id == self.stream.id), self.stream)

    def close(self) -> None:
        """Closes the source."""
        self._container.close()
        if self._later is not None:
            self._later.close()
