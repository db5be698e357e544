"""Makes one time line of a file whose clock jumps or starts anew: `ContinuousClock`, `is_joined`."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import av

from maskseg_cli.addresses import is_address
from maskseg_cli.video.opening import packets_of

#: FFmpeg's flag (AVFMT_TS_DISCONT) of formats whose timestamps may jump, such as MPEG transport streams.
_TS_DISCONT = 0x0200

#: Formats in which a place in the file can be sought by its byte.
_BYTE_FORMATS = {"mpegts", "mpeg"}

#: Seconds by which the clock of a track must go back, or be ahead of what is expected, for a jump.
_BACK, _AHEAD = Fraction(1, 2), Fraction(10)

#: Other formats whose clock may start anew: pieces can be appended, or a stream begins again. If it is ahead, that is a
#: pause.
_RESTARTING = {"matroska,webm", "flv"}

#: Bytes in which all packets are read.
_NEAR = 2**16

#: Places of a file at which `is_joined` looks at the clock, and packets at most that it reads after each, or compares.
_PLACES, _PACKETS = 64, 1000


class ContinuousClock:
    """Changes the timestamps of packets so that they go on where the clock of a file starts anew or jumps.

    Recordings are joined by appending one to the other, so that all tracks jump by the same time, but not at the same
    packet: some sound of the first part may come after the first pictures of the second. The first track that jumps
    goes on where it ended; the others are moved by the same time, so that pictures and sound stay in step.

    The packets of all tracks must be given, in their order in the file.

    Args:
        container: as it was opened.
    """

    def __init__(self, container: Any) -> None:
        self._has_places = container.format.name in _BYTE_FORMATS
        self._ahead: Fraction | None = _AHEAD if is_broadcast(container) else None
        self._places: dict[int, int] = {}  # stream -> byte of its last packet
        self._offsets = [Fraction(0)]  # seconds that are added in each part
        self._parts: dict[int, int] = {}  # stream -> the part in which it is
        self._ends: dict[int, tuple[Fraction, Fraction]] = {}  # stream -> time and end of its last packet, in seconds
        self._shown: dict[int, Fraction] = {}  # stream -> end of its last picture or sound, as it is shown or heard
        self._now = Fraction(0)  # time of the last packet of any track

    def adjust(self, packet: Any) -> bool:
        """Changes the timestamps of the next packet; one without a timestamp stays as it is.

        Returns:
            False for the rest of an earlier part, which comes last where its track was continued under another number.
        """
        stamp, base, stream = (
            packet.dts if packet.dts is not None else packet.pts,
            packet.time_base,
            packet.stream_index,
        )
        if stamp is None or not base:
            return True
        if self._has_places and packet.pos is not None:
            if packet.pos < self._places.get(stream, 0):
                return False
            self._places[stream] = packet.pos
        raw = stamp * base
        part = self._parts.get(stream, 0 if stream in self._ends else len(self._offsets) - 1)
        # A track that is behind may still be in the earlier part: it is where its time is nearest to the others'.
        part = min(range(part, len(self._offsets)), key=lambda number: abs(raw + self._offsets[number] - self._now))
        time = raw + self._offsets[part]
        if stream in self._ends:
            last, end = self._ends[stream]
            if self._ahead is None:  # in these formats a piece begins with a picture that is shown at once
                end = max(end, self._shown.get(stream, end))
            if time < last - _BACK or (self._ahead is not None and time > end + self._ahead):
                self._offsets.append(end - raw)
                part, time = len(self._offsets) - 1, end
        self._parts[stream], self._now = part, time
        length = (packet.duration or 0) * base
        self._ends[stream] = time, time + length
        if packet.pts is not None:
            shown = packet.pts * base + self._offsets[part] + length
            self._shown[stream] = max(shown, self._shown.get(stream, shown))
        ticks = round(self._offsets[part] / base)
        if ticks:
            packet.pts = None if packet.pts is None else packet.pts + ticks
            packet.dts = None if packet.dts is None else packet.dts + ticks
        return True


def is_broadcast(container: Any) -> bool:
    """Whether the timestamps of a container may jump ahead and back."""
    return bool(container.format.flags & _TS_DISCONT)


def may_jump(container: Any) -> bool:
    """Whether a container may hold pieces whose clocks start anew."""
    return is_broadcast(container) or container.format.name in _RESTARTING


def is_joined(source: str, container: Any, stream: Any) -> bool:
    """Whether the clock of a file jumps somewhere, so that no time can be sought in it.

    The clock is read at 64 places of the file. Where it goes back, it jumps. Where it goes on by more than 10 seconds
    between two of them, it is read in between, until the two are near to each other; then the times of all packets are
    compared.

    Args:
        source: the file; False for an address.
        container: as it was opened; it is not used further.
        stream: the track whose clock is read.
    """
    if container.format.name not in _BYTE_FORMATS or is_address(source):
        return False
    size, number, kind = container.size, stream.index, container.format.name
    try:
        with av.open(f"file:{source}", format=kind, metadata_errors="ignore") as other:
            read = [(place, _time_at(other, number, place)) for place in range(0, size, -(-size // _PLACES))]
            known = [(place, time) for place, time in read if time is not None]
            return any(_jumps(other, number, before, after) for before, after in pairwise(known))
    except (av.FFmpegError, OSError):
        return False


def _jumps(container: Any, number: int, before: tuple[int, Fraction], after: tuple[int, Fraction]) -> bool:
    """Whether the clock jumps between two places, each given with its time."""
    while after[1] - before[1] > _AHEAD and after[0] - before[0] > _NEAR:
        place = (before[0] + after[0]) // 2
        time = _time_at(container, number, place)
        if time is None:
            return False
        if not before[1] - _BACK <= time <= after[1] + _BACK:
            return True
        first = time - before[1] > after[1] - time
        before, after = (before, (place, time)) if first else ((place, time), after)
    if after[1] - before[1] < -_BACK:
        return True
    if after[1] - before[1] <= _AHEAD:
        return False
    steps = pairwise(islice(_times_from(container, number, before[0], after[1]), _PACKETS))
    return any(not -_BACK <= later - earlier <= _AHEAD for earlier, later in steps)


def _times_from(container: Any, number: int, place: int, last: Fraction | None = None) -> Iterator[Fraction]:
    """The times of a track from a byte of the file on, up to the time `last`; few if others have many packets."""
    container.seek(place, unsupported_byte_offset=True)
    since = 0
    for packet in packets_of(container, container.streams):
        since += 1
        stamp = packet.dts if packet.dts is not None else packet.pts
        if packet.stream_index == number and stamp is not None:
            yield Fraction(stamp * packet.time_base)
            since = 0
            if stamp * packet.time_base == last:
                return
        if since > _PACKETS:
            return


def _time_at(container: Any, number: int, place: int) -> Fraction | None:
    """The first time of a track after a byte of the file, in seconds."""
    return next(_times_from(container, number, place), None)
