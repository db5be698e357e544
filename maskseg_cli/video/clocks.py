"""Chooses how the timestamps of a container's packets are repaired: `clock_for`."""

from __future__ import annotations

from typing import Any, Protocol

from maskseg_cli.video.avi_index import AviIndexClock
from maskseg_cli.video.continuous_clock import ContinuousClock, may_jump
from maskseg_cli.video.truncation import appended_film


class FirstFilm:
    """Leaves out the packets of films that are appended to an MP4 of fragments; FFmpeg mixes them with the first one.

    Args:
        end: the first byte behind the first film.
    """

    def __init__(self, end: int) -> None:
        self._end = end
        self._places: dict[int, int] = {}  # stream -> byte of its last packet

    def adjust(self, packet: Any) -> bool:
        """Whether the next packet is of the first film, and did not come before."""
        if packet.pos is None or not packet.size:
            return True
        if not self._places.get(packet.stream_index, -1) < packet.pos < self._end:
            return False
        self._places[packet.stream_index] = packet.pos
        return True


class PacketClock(Protocol):
    """Repairs the timestamps of packets, which it takes in their order in the file."""

    def adjust(self, packet: Any) -> bool:
        """Changes the timestamps of the next packet; False if the packet must be left out."""


def clock_for(container: Any) -> PacketClock | None:
    """A clock for the packets of a container; None if their timestamps can be trusted."""
    if container.format.name == "avi":
        return AviIndexClock(container)
    if container.format.name.startswith("mov"):
        end = appended_film(container.name.removeprefix("file:"))
        return None if end is None else FirstFilm(end)
    return ContinuousClock(container) if may_jump(container) else None
