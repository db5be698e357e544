"""Finds the places of a file where damage hides packets with pictures: `DamagedParts`."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

import av

from maskseg_cli.video.transport_packets import is_whole

#: Formats whose packets follow one another without gaps; damage hides no packets of an MP4, whose index has the place
#: of each.
_DENSE = {"matroska,webm", "avi", "flv", "mxf", "nut", "mpeg", "mpegts"}

#: In a broadcast there may be padding: after so many seconds, so many bytes at most are searched for damage.
_PAUSE, _SEARCHED = Fraction(1, 8), 2**20

#: Bytes that are passed over count as damage if they are at least this share of what is usual for the missing time.
_SHARE = Fraction(1, 4)

#: Fewer bytes than these are the header of a packet, or padding.
_LEAST = 512

#: Pictures of a broadcast that may come only behind damage that lies behind them; each is given when the next begins.
_LATE = 4


class DamagedParts:
    """Finds the places of a file where damage hides packets with pictures.

    Where a part of a file is damaged, most formats pass over it in silence up to the next packet that is whole. Then
    both time and bytes are missing between two packets with pictures. Missing time alone is a pause, and missing bytes
    alone are something else, such as padding.

    Args:
        container: as opened; all of its packets must be given, in their order in the file.
        stream: the track of the pictures.
    """

    def __init__(self, container: Any, stream: Any) -> None:
        self._index = stream.index
        self._path = container.name.removeprefix("file:") if container.format.name == "mpegts" else None
        duration = container.duration or 0
        known = duration > 0 and container.size > 0 and container.format.name in _DENSE
        self._usual = Fraction(container.size * av.time_base, duration) if known else None
        self._parts: list[tuple[Fraction, Fraction]] = []  # times of the pictures before and after, in seconds
        self._after: int | None = None  # the byte behind the last packet
        self._last: Fraction | None = None  # the latest time of a picture
        # Most bytes that were passed over at once since that one, and whether there was damage; before it the same of
        # earlier ones.
        self._passed: deque[tuple[int, int]] = deque([(0, 0)], maxlen=_LATE)  # each with the byte at which it begins
        self._damaged: deque[bool] = deque([False], maxlen=_LATE)

    def note(self, packet: Any) -> None:
        """Takes the next packet of any track."""
        if not packet.size:
            return
        if packet.pos is not None and packet.pos >= 0:
            if self._after is not None:
                self._passed[-1] = max(self._passed[-1], (packet.pos - self._after, self._after))
            self._after = max(self._after or 0, packet.pos + packet.size)
        self._damaged[-1] |= packet.is_corrupt
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.stream_index != self._index or stamp is None:
            return
        time = Fraction(stamp * packet.time_base)
        last = time if self._last is None else self._last
        if any(self._damaged) or (time > last and self._is_hidden(time - last)):
            self._parts.append((min(last, time), max(last, time)))
        self._last = max(last, time)
        self._passed.append((0, 0))
        self._damaged.append(False)

    def break_off(self) -> None:
        """Notes that reading failed at this place and goes on behind it."""
        self._damaged[-1] = True

    def is_between(self, since: Fraction, until: Fraction) -> bool:
        """Whether such a place lies between two pictures that follow one another; ask for the pictures in order.

        Args:
            since, until: their times by the container's clock, in seconds.
        """
        self._parts = [part for part in self._parts if part[1] > since]
        return any(begin < until for begin, _ in self._parts)

    def _is_hidden(self, seconds: Fraction) -> bool:
        """Whether the bytes that were passed over last held pictures for so many seconds."""
        passed, begin = max(self._passed)
        if not self.explains(passed, seconds) or self._path is None:
            return self.explains(passed, seconds)
        if seconds <= _PAUSE:
            return False
        try:
            with open(self._path, "rb") as file:
                file.seek(begin)
                return not is_whole(file.read(min(passed, _SEARCHED)))
        except OSError:
            return False

    def explains(self, passed: int, seconds: Fraction) -> bool:
        """Whether so many bytes that are not read may have held pictures and sound for so many seconds."""
        return self._usual is not None and passed >= _LEAST and passed >= self._usual * seconds * _SHARE
