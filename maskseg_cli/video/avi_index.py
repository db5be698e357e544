"""Takes the times of an AVI's packets from its index, so that a damaged part does not shorten the video."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

#: Bytes of the name and the length in front of the data of a chunk; the index has the place of the name.
_CHUNK_HEADER = 8


class AviIndexClock:
    """Changes the timestamps of packets to those that the index of an AVI gives them.

    An AVI has no timestamps: FFmpeg counts its chunks while it reads them. Where some of them are damaged, all that
    follow would come too early. The index at the end of the file also lists the chunks that are lost.

    Args:
        container: as it was opened.
    """

    def __init__(self, container: Any) -> None:
        self._streams = container.streams
        self._known: dict[int, dict[int, int]] = {}  # stream -> byte of a chunk -> its number in the index
        self._ratios: dict[int, Fraction] = {}  # stream -> steps of its index for a step of its timestamps
        self._shifts: dict[int, int] = {}  # stream -> what was added to its last timestamp

    def adjust(self, packet: Any) -> bool:
        """Changes the timestamps of the next packet; they stay as they are if the index does not know it.

        Returns:
            True: each packet counts.
        """
        if packet.dts is None or packet.pos is None or not packet.size:
            return True
        stream = packet.stream_index
        number = self._numbers(stream).get(packet.pos - _CHUNK_HEADER)
        shift = self._shifts.get(stream, 0)
        if number is not None:
            if packet.dts > 0:
                # PCM sound is counted in bytes by the index, and in samples by the timestamps.
                ratio = self._ratios.setdefault(stream, max(Fraction(1), Fraction(number, packet.dts)))
                shift = max(shift, round(number / ratio) - packet.dts)
            self._shifts[stream] = shift
        if shift:
            packet.dts += shift
            packet.pts = None if packet.pts is None else packet.pts + shift
        return True

    def _numbers(self, stream: int) -> dict[int, int]:
        if stream not in self._known:
            self._known[stream] = {entry.pos: entry.timestamp for entry in self._streams[stream].index_entries}
        return self._known[stream]
