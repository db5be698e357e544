"""Makes one time line of a broadcast whose clock jumps: `ContinuousClock`, `is_joined`."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import av

from maskseg_cli.video.video_sources import is_address

#: FFmpeg's flag (AVFMT_TS_DISCONT) of formats whose timestamps may jump, such as MPEG transport streams.
_TS_DISCONT = 0x0200

#: Formats in which a place in the file can be sought by its byte.
_BYTE_FORMATS = {"mpegts", "mpeg"}

#: Seconds by which the clock of a track must go back, or be ahead of what is expected, for a jump.
_BACK, _AHEAD = Fraction(1, 2), Fraction(10)

#: Places of a file at which `is_joined` looks at the clock, and packets after each that it reads at most.
_PLACES, _PACKETS = 64, 200


class ContinuousClock:
    """Changes the timestamps of packets so that they go on where the clock of a broadcast starts anew or jumps.

    Recordings are joined by appending one to the other, so that all tracks jump by the same time, but not at the same
    packet: some sound of the first part may come after the first pictures of the second. The first track that jumps
    goes on where it ended; the others are moved by the same time, so that pictures and sound stay in step.

    The packets of all tracks must be given, in their order in the file.
    """

    def __init__(self) -> None:
        self._offsets = [Fraction(0)]  # seconds that are added in each part
        self._parts: dict[int, int] = {}  # stream -> the part in which it is
        self._ends: dict[int, tuple[Fraction, Fraction]] = {}  # stream -> time and end of its last packet, in seconds
        self._now = Fraction(0)  # time of the last packet of any track

    def adjust(self, packet: Any) -> None:
        """Changes the timestamps of the next packet; one without a timestamp stays as it is."""
        stamp, base, stream = (
            packet.dts if packet.dts is not None else packet.pts,
            packet.time_base,
            packet.stream_index,
        )
        if stamp is None or not base:
            return
        raw = stamp * base
        part = self._parts.get(stream, 0 if stream in self._ends else len(self._offsets) - 1)
        # A track that is behind may still be in the earlier part: it is where its time is nearest to the others'.
        part = min(range(part, len(self._offsets)), key=lambda number: abs(raw + self._offsets[number] - self._now))
        time = raw + self._offsets[part]
        if stream in self._ends:
            last, end = self._ends[stream]
            if not last - _BACK <= time <= end + _AHEAD:
                self._offsets.append(end - raw)
                part, time = len(self._offsets) - 1, end
        self._parts[stream], self._now = part, time
        self._ends[stream] = time, time + (packet.duration or 0) * base
        ticks = round(self._offsets[part] / base)
        if ticks:
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks


def is_broadcast(container: Any) -> bool:
    """Whether the timestamps of a container may jump."""
    return bool(container.format.flags & _TS_DISCONT)


def is_joined(source: str, container: Any, stream: Any) -> bool:
    """Whether the clock of a file jumps somewhere, so that no time can be sought in it.

    The clock is read at 64 places of the file; between two of them it must go on, at most 4 times as fast as on average
    (and 10 seconds).

    Args:
        source: the file; False for an address.
        container: as it was opened; it is not used further.
        stream: the track whose clock is read.
    """
    if container.format.name not in _BYTE_FORMATS or is_address(source):
        return False
    size, number, kind = container.size, stream.index, container.format.name
    times: list[Fraction] = []
    try:
        with av.open(f"file:{source}", format=kind, metadata_errors="ignore") as other:
            for place in range(_PLACES):
                other.seek(size * place // _PLACES, stream=None, unsupported_byte_offset=True)
                time = _next_time(other, number)
                if time is not None:
                    times.append(time)
    except (av.FFmpegError, OSError):
        pass  # what can be read decides
    steps = [after - before for before, after in pairwise(times)]
    if not steps:
        return False
    usual = sorted(steps)[len(steps) // 2]
    return min(steps) < -_BACK or max(steps) > 4 * usual + _AHEAD


def _next_time(container: Any, number: int) -> Fraction | None:
    for count, packet in enumerate(container.demux()):
        stamp = packet.dts if packet.dts is not None else packet.pts
        if packet.stream_index == number and stamp is not None:
            return Fraction(stamp * packet.time_base)
        if count >= _PACKETS:
            break
    return None
