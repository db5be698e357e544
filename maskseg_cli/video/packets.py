"""Reads the packets of a video's pictures, and notes where its pictures and its sound end: `PacketReader`."""

from __future__ import annotations

import time
from fractions import Fraction

import av

from maskseg_cli.addresses import is_address
from maskseg_cli.video.clocks import clock_for
from maskseg_cli.video.damaged_parts import DamagedParts
from maskseg_cli.video.opening import packets_of, reason
from maskseg_cli.video.tracks import default_sound
from maskseg_cli.video.truncation import is_truncated

#: Formats of live cameras that send pictures without times: the time of arrival is used.
_UNTIMED = {"mpjpeg"}

_ARRIVAL_TICK = Fraction(1, 1_000_000)

#: Seconds by which a packet may be ahead of the others; one further ahead is damaged, and is no end of the source.
_AHEAD = Fraction(10)


class PacketReader:
    """The packets of a track of pictures, from the current position of a container on.

    Args:
        container: as opened.
        stream: the track.
        source, name: the file or address, and its name in messages.

    Attributes:
        broken: after the last packet: why it came too early, one sentence; else None.
        pictures_end, sound_end: seconds by the container's clock at which the pictures and the sound that were read so
            far end; None before the first.
        at_end: the last packet was read.
        place: the byte of the file behind the last packet that was read.
        unread: bytes of the file from there on.
        damage: where damage hides packets with pictures.
    """

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream, source: str, name: str) -> None:
        self.broken: str | None = None
        self.at_end = False
        self.pictures_end: Fraction | None = None
        self.sound_end: Fraction | None = None
        self.place = 0
        self.damage = DamagedParts(container, stream)
        self._size = container.size
        self._stream, self._source, self._name = stream, source, name
        self._untimed = is_untimed(container)
        self._clock = clock_for(container)
        sound = default_sound(container)
        self._sound = None if sound is None else sound.index
        # All tracks are read: what lies between two packets of the film is not damage then.
        self._packets = packets_of(container, container.streams, self.damage.break_off)

    @property
    def unread(self) -> int:
        """See above."""
        return max(0, self._size - self.place)

    def next(self) -> av.Packet | None:
        """The next packet with a picture; None at the end."""
        while True:
            try:
                packet = next(self._packets, None)
            except av.FFmpegError as error:
                self.broken = f"{self._name} broke off: {reason(error, is_address(self._source))}."
                return None
            if packet is None:
                self.at_end = True
                if not is_address(self._source) and is_truncated(self._source):
                    self.broken = f"{self._name} is cut off: its end is missing."
                return None
            if self._untimed:
                packet.time_base = _ARRIVAL_TICK
                packet.pts = packet.dts = int(time.monotonic() / _ARRIVAL_TICK)
            if self._clock is not None and not self._clock.adjust(packet):
                continue
            self.damage.note(packet)
            self._note_end(packet)
            # An empty packet with a time means "the same picture again"; the decoder would take it for the end.
            if packet.stream_index == self._stream.index and packet.size:
                return packet

    def _note_end(self, packet: av.Packet) -> None:
        if packet.pos is not None:
            self.place = max(self.place, packet.pos + packet.size)
        is_picture = packet.stream_index == self._stream.index
        if not is_picture and packet.stream_index != self._sound:
            return
        if packet.pts is None or packet.is_discard or not packet.time_base:
            return
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
        others = [known for known in (self.pictures_end, self.sound_end) if known is not None]
        if others and end > max(others) + _AHEAD:
            return
        if is_picture:
            self.pictures_end = end if self.pictures_end is None else max(self.pictures_end, end)
        elif packet.size:
            self.sound_end = end if self.sound_end is None else max(self.sound_end, end)


def is_untimed(container: av.container.InputContainer) -> bool:
    """Whether a container has no timestamps, so that the time of arrival counts."""
    return container.format.name in _UNTIMED
