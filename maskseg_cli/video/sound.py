"""The sound of a source, read a second time beside its pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.errors import MasksegError
from maskseg_cli.video.opening import open_container, reason
from maskseg_cli.video.video_sources import is_address

#: Seconds before the wanted start from which packets are read: decoders need some sound before to come out right.
_RUN_UP = Fraction(1, 2)


@dataclass(frozen=True)
class Sound:
    """Where the sound of an output comes from.

    Attributes:
        source: path or address of the video, opened a second time.
        start: seconds of the source (as in `Frame.time`) that are 0 in the output.
        end: seconds of the source at which the sound ends at the latest; None is its end.
    """

    source: str
    start: Fraction = Fraction(0)
    end: Fraction | None = None


@dataclass(frozen=True, eq=False)
class SoundPacket:
    """Compressed sound and when it is heard.

    Attributes:
        packet: as FFmpeg read it.
        time: seconds of the output, below 0 before its start.
        duration: in seconds.
    """

    packet: Any
    time: Fraction
    duration: Fraction


class SoundReader:
    """Reads the packets of a source's default sound track.

    Args:
        sound: which source, from where to where.

    Attributes:
        stream: the track, as PyAV opened it.
        begins: seconds of the output at which the track begins, if the file says so; below 0 if it was before.
        broken: why reading ended before the end of the track, one sentence, else None.

    Raises:
        MasksegError: it cannot be opened, or has no sound that is known here.
    """

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.broken: str | None = None
        self._container, _ = open_container(sound.source)
        try:
            # A file on a plain web server may have no known duration, but it has a size, which nothing live has.
            if is_address(sound.source) and self._container.duration is None and self._container.size <= 0:
                raise MasksegError("a stream whose end is not known gives it only once")
            self.stream = _default_track(self._container)
            for other in self._container.streams:
                if other is not self.stream:
                    other.discard = av.stream.Discard.all  # FFmpeg skips it in the file, where it can
            origin = Fraction(self._container.start_time or 0, av.time_base)
            self._zero = origin + sound.start
            begin = self.stream.start_time
            self.begins = begin * self.stream.time_base - self._zero if begin is not None else Fraction(0)
            if sound.start > _RUN_UP:
                # A source that cannot jump is read from its start.
                with contextlib.suppress(av.FFmpegError):
                    self._container.seek(int((self._zero - _RUN_UP) / self.stream.time_base), stream=self.stream)
        except BaseException:
            self.close()
            raise
        self._packets = self._read()
        self._peeked: SoundPacket | None = None

    def peek(self) -> SoundPacket | None:
        """The first packet, which still comes first when iterating; None if there is none."""
        if self._peeked is None:
            self._peeked = next(self._packets, None)
        return self._peeked

    def __iter__(self) -> Iterator[SoundPacket]:
        """All packets from the start on (and a little of before), in order, up to `end`; only once."""
        if self._peeked is not None:
            yield self._peeked
        yield from self._packets

    def _read(self) -> Iterator[SoundPacket]:
        base, last = self.stream.time_base, None
        end = None if self._sound.end is None else self._sound.end - self._sound.start
        packets = self._container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                self.broken = f"the sound breaks off: {reason(error) if isinstance(error, av.FFmpegError) else error}"
                return
            if packet is None:
                return
            if not packet.size:
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

    def close(self) -> None:
        """Closes the source."""
        self._container.close()


def _default_track(container: Any) -> Any:
    tracks = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not tracks:
        raise MasksegError("its sound is coded in a way that is not known here")
    return next((track for track in tracks if track.disposition & av.stream.Disposition.default), tracks[0])
